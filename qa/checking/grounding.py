"""Check a statement against the very text it cites: a guard on facts, then a score for the rest."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from index.embedding.embedders import Embedder
from qa.checking.figures import missing_dates, missing_figures
from qa.checking.names import missing_names, missing_quotations, together
from qa.checking.support import shipped, signals
from qa.language.terms import figures, fold, names, terms
from qa.models import Support
from qa.prompting.evidence import EvidenceSentence

_MIN_CLAIM_TERMS = 4

Findings = dict[str, list[str]]


class Verdict(NamedTuple):
    """Whether the cited text bears a statement out, and if not, why."""

    support: Support
    problems: tuple[str, ...] = ()


class Grounder:
    """Judges statements; needs an embedder for what words alone do not show."""

    def __init__(self, embedder: Embedder) -> None:
        """Use `embedder` for the similarity of texts; the score is fitted to the bundled one."""
        self._embedder = embedder

    def judge(self, statement: str, cited: Sequence[EvidenceSentence]) -> Verdict:
        """Return the verdict on a statement, given without markers, against the sentences it cites."""
        if not cited:
            if _claims_nothing(statement):
                return Verdict(Support.NO_CLAIM)
            return Verdict(Support.UNSUPPORTED, ("It cites no sentence of the articles.",))
        if _is_verbatim(statement, cited):
            return Verdict(Support.SUPPORTED)
        found = _found(statement, cited)
        if problems := tuple(_problems(found)):
            return Verdict(Support.UNSUPPORTED, problems)
        score = self._score(statement, cited, found)
        if score >= shipped().supported:
            return Verdict(Support.SUPPORTED)
        problem = ("The cited text says only a part of this.", "The cited text does not say this.")
        partly = score >= shipped().partly
        return Verdict(Support.PARTLY, problem[:1]) if partly else Verdict(Support.UNSUPPORTED, problem[1:])

    def score(self, statement: str, cited: Sequence[EvidenceSentence]) -> float:
        """Return the likelihood, from 0 to 1, that the cited sentences, one at least, bear a statement out."""
        return 1.0 if _is_verbatim(statement, cited) else self._score(statement, cited, _found(statement, cited))

    def _score(self, statement: str, cited: Sequence[EvidenceSentence], found: Findings) -> float:
        sentences = [sentence.text for sentence in cited]
        return shipped().score(signals(statement, sentences, counted(found), self._embedder))


def guard(statement: str, cited: Sequence[Sequence[str]], about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return a problem for each fact of a statement that its cited sentences do not hold.

    For the parameters see `findings`.
    """
    return _problems(findings(statement, cited, about, published))


def findings(
    statement: str,
    cited: Sequence[Sequence[str]],
    about: str = "",
    published: Sequence[date] = (),
    around: Sequence[str] = (),
) -> Findings:
    """Return what the guard finds amiss with a statement, sentences of the problems by kind.

    Facts are figures, dates, names and quotations. `cited` are the sentences, those that follow one another in their
    article together. `about` is what is known of the articles (headline, outlet, author); `published` are their dates,
    against which weekdays and words such as "yesterday" are reckoned; `around` are the passages that the sentences
    stand in: they say whom "he" means, and a name may stand anywhere in them.
    """
    text = together(" ".join(run) for run in cited)
    quoted = [f"“{found}”" for found in missing_quotations(statement, text)]
    return {
        "figures": _not_in(missing_figures(statement, text, about, published), "cited text"),
        "dates": _not_in(missing_dates(statement, text, about, published), "cited text"),
        "names": _not_in(missing_names(statement, " . ".join((text, about, *around))), "cited passages"),
        "quotations": _not_in(quoted, "cited text, word for word"),
    }


def counted(found: Findings) -> dict[str, int]:
    """Return how many problems there are of each kind."""
    return {kind: len(problems) for kind, problems in found.items()}


def _problems(found: Findings) -> list[str]:
    return list(dict.fromkeys(problem for problems in found.values() for problem in problems))


def _not_in(found: Sequence[str], where: str) -> list[str]:
    return [f"{one} is not in the {where}." for one in found]


def _found(statement: str, cited: Sequence[EvidenceSentence]) -> Findings:
    return findings(statement, _runs(cited), _about(cited), _dates(cited), [one.passage.text for one in cited])


def _normal(text: str) -> str:
    return " ".join(fold(text).split())


def _claims_nothing(statement: str) -> bool:
    return not figures(statement) and not names(statement) and len(terms(statement)) < _MIN_CLAIM_TERMS


def _is_verbatim(statement: str, cited: Sequence[EvidenceSentence]) -> bool:
    """Whether a statement stands in the cited text as it is, and is not cut off inside a figure."""
    texts = [" ".join(run) for run in _runs(cited)]
    return any(_normal(statement) in _normal(text) and not missing_figures(statement, text) for text in texts)


def _runs(cited: Sequence[EvidenceSentence]) -> list[list[str]]:
    """Return the sentences in groups that follow one another in their article."""
    found: list[list[str]] = []
    last: EvidenceSentence | None = None
    for sentence in cited:
        if last and last.passage.id == sentence.passage.id and sentence.number == last.number + 1:
            found[-1].append(sentence.text)
        else:
            found.append([sentence.text])
        last = sentence
    return found


def _about(cited: Sequence[EvidenceSentence]) -> str:
    hits = [sentence.hit for sentence in cited]
    return " . ".join(part for hit in hits for part in (hit.headline, hit.outlet, hit.author) if part)


def _dates(cited: Sequence[EvidenceSentence]) -> list[date]:
    return [sentence.hit.published for sentence in cited if sentence.hit.published]
