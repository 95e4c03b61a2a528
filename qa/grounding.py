"""Check a statement against the very text it cites: a guard on facts, then a score for the rest."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from index.embedding import Embedder
from qa.evidence import EvidenceSentence
from qa.facts import missing_dates, missing_figures
from qa.flips import flips
from qa.models import Support
from qa.named import missing_names, missing_quotations, together
from qa.terms import figures, fold, names, terms

_SUPPORTED = 0.6
_PARTLY = 0.4
_SIMILARITY_WEIGHT = 0.5
_MIN_CLAIM_TERMS = 4


class Verdict(NamedTuple):
    """Whether the cited text bears a statement out, and if not, why."""

    support: Support
    problems: tuple[str, ...] = ()


class Grounder:
    """Judges statements; needs an embedder for what words alone do not show."""

    def __init__(self, embedder: Embedder) -> None:
        """Use `embedder` for the similarity of a statement and its cited text."""
        self._embedder = embedder

    def judge(self, statement: str, cited: Sequence[EvidenceSentence]) -> Verdict:
        """Return the verdict on a statement, given without markers, against the sentences it cites."""
        if not cited:
            if _claims_nothing(statement):
                return Verdict(Support.NO_CLAIM)
            return Verdict(Support.UNSUPPORTED, ("It cites no sentence of the articles.",))
        runs = _runs(cited)
        if any(_is_verbatim(statement, " ".join(run)) for run in runs):
            return Verdict(Support.SUPPORTED)
        if problems := tuple(guard(statement, runs, _about(cited), _dates(cited))):
            return Verdict(Support.UNSUPPORTED, problems)
        score = self._likeness(statement, _text(runs))
        if score >= _SUPPORTED:
            return Verdict(Support.SUPPORTED)
        problem = ("The cited text says only a part of this.", "The cited text does not say this.")
        return Verdict(Support.PARTLY, problem[:1]) if score >= _PARTLY else Verdict(Support.UNSUPPORTED, problem[1:])

    def score(self, statement: str, cited: Sequence[EvidenceSentence]) -> float:
        """Return how well the cited text bears a statement out, from 0 to 1; 0 with a fact that it does not hold."""
        runs = _runs(cited)
        if guard(statement, runs, _about(cited), _dates(cited)):
            return 0.0
        return max(0.0, min(1.0, self._likeness(statement, _text(runs))))

    def _likeness(self, statement: str, text: str) -> float:
        wanted, held = set(terms(statement)), set(terms(text))
        recall = len(wanted & held) / len(wanted) if wanted else 1.0
        one, other = self._embedder.embed([statement, text])
        return (1 - _SIMILARITY_WEIGHT) * recall + _SIMILARITY_WEIGHT * float(one @ other)


def guard(statement: str, cited: Sequence[Sequence[str]], about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return a problem for each fact of a statement that its cited sentences do not hold, else for what it turns round.

    Facts are figures, dates, names and quotations. `cited` are the sentences, those that follow one another in their
    article together. `about` is what is known of the articles (headline, outlet, author); `published` are their dates,
    against which weekdays and words such as "yesterday" are reckoned.
    """
    text = _text(cited)
    return [
        *(_not_in(found, "cited text") for found in missing_figures(statement, text, about, published)),
        *(_not_in(found, "cited text") for found in missing_dates(statement, text, about, published)),
        *(_not_in(found, "cited text") for found in missing_names(statement, f"{text} . {about}")),
        *(_not_in(f"“{found}”", "cited text, word for word") for found in missing_quotations(statement, text)),
    ] or flips(statement, [sentence for run in cited for sentence in run])


def _not_in(found: str, where: str) -> str:
    return f"{found} is not in the {where}."


def _normal(text: str) -> str:
    return " ".join(fold(text).split())


def _claims_nothing(statement: str) -> bool:
    return not figures(statement) and not names(statement) and len(terms(statement)) < _MIN_CLAIM_TERMS


def _is_verbatim(statement: str, text: str) -> bool:
    """Whether a statement stands in a text as it is, and is not cut off inside a figure."""
    return _normal(statement) in _normal(text) and not missing_figures(statement, text)


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


def _text(runs: Sequence[Sequence[str]]) -> str:
    return together(" ".join(run) for run in runs)


def _about(cited: Sequence[EvidenceSentence]) -> str:
    hits = [sentence.hit for sentence in cited]
    return " . ".join(part for hit in hits for part in (hit.headline, hit.outlet, hit.author) if part)


def _dates(cited: Sequence[EvidenceSentence]) -> list[date]:
    return [sentence.hit.published for sentence in cited if sentence.hit.published]
