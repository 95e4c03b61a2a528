"""The local check of a statement against the very text it cites: hard facts, then whether the text speaks of this.

It gives no verdict on subtle things: on statements written to say nearly what their source says, no measure of the
surface tells true from false (`newsdesk benchmark support`: AUROC .37 to .72 by kind of change), so what is neither
verbatim, nor wrong in a fact, nor unrelated stays unchecked.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate
from typing import NamedTuple

from index.embedding.embedders import Embedder
from index.passages.speakers import with_speakers
from index.text.language import likely_language
from qa.checking.citations import in_runs
from qa.checking.figures import missing_dates, missing_digits, missing_figures
from qa.checking.names import KnownWords, missing_names, missing_quotations, together
from qa.language.dates import days
from qa.language.terms import figures, fold, names, terms, words
from qa.models import HARD, Problem, ProblemCode, Support
from qa.prompting.evidence import EvidenceSentence

RELATED = 0.467
"""The least share of words plus cosine for which a text speaks of the same thing.

Set by 350 true statements of `support` train: one in a hundred is below it, and of statements beside a sentence of
another article 99 in a hundred are, beside another sentence of the same article 57.
"""
_MIN_CLAIM_TERMS = 4
_ALIKE = 3
NOT_CITED = Problem(code=ProblemCode.NOT_CITED, text="It cites no sentence of the articles.")
UNRELATED = Problem(code=ProblemCode.UNRELATED, text="The cited text does not speak of this.")
NOT_JUDGED = Problem(code=ProblemCode.NOT_JUDGED, text="Its figures, dates and names are checked, the rest is not.")
FIGURES_ALONE = Problem(code=ProblemCode.NOT_JUDGED, text="Its figures are checked, the rest is not.")
PENDING = Problem(code=ProblemCode.PENDING, text="It is being checked.")


class Verdict(NamedTuple):
    """Whether the cited text bears a statement out, and if not, or not known, why."""

    support: Support
    problems: tuple[Problem, ...] = ()

    @property
    def is_hard(self) -> bool:
        """Whether a fact of the statement stands nowhere: nothing but other words mends that."""
        return any(problem.code in HARD for problem in self.problems)


class Grounder:
    """Judges statements; needs an embedder to tell whether a text speaks of the same thing."""

    def __init__(self, embedder: Embedder) -> None:
        """Use `embedder` for the similarity of texts; `RELATED` is set for the bundled one."""
        self._embedder = embedder

    def judge(
        self, statement: str, cited: Sequence[EvidenceSentence], shown: Sequence[EvidenceSentence] = ()
    ) -> Verdict:
        """Return the verdict on a statement, given without markers, against the sentences it cites.

        `shown` is all that its writer saw: a name may stand anywhere in it.
        """
        if not cited:
            return (
                Verdict(Support.NO_CLAIM) if claims_nothing(statement) else Verdict(Support.UNSUPPORTED, (NOT_CITED,))
            )
        if _is_verbatim(statement, cited):
            return Verdict(Support.SUPPORTED)
        if problems := hard_problems(statement, cited, shown or cited):
            return Verdict(Support.UNSUPPORTED, tuple(problems))
        if not _speak_alike(statement, cited):
            return Verdict(Support.UNCHECKED, (FIGURES_ALONE,))
        if not self.are_related(statement, cited):
            return Verdict(Support.UNSUPPORTED, (UNRELATED,))
        return Verdict(Support.UNCHECKED, (NOT_JUDGED,))

    def are_related(self, statement: str, cited: Sequence[EvidenceSentence]) -> bool:
        """Whether sentences speak of the same thing as a statement; of one in another language they hardly do."""
        return self.relation(statement, cited) >= RELATED

    def relation(self, statement: str, cited: Sequence[EvidenceSentence]) -> float:
        """Return the share of a statement's words that sentences have, plus its cosine to the nearest: 0 to 2."""
        import numpy as np

        texts = [sentence.text for sentence in cited]
        wanted, held = set(terms(statement)), set(terms(" ".join(texts)))
        vectors = self._embedder.embed([statement, *texts])
        cosine = float(np.max(vectors[1:] @ vectors[0]))
        return len(wanted & held) / max(1, len(wanted)) + cosine


def hard_problems(
    statement: str, cited: Sequence[EvidenceSentence], shown: Sequence[EvidenceSentence]
) -> list[Problem]:
    """Return a problem for each figure, date, quotation and name of a statement that its text does not hold.

    Figures, dates and quotations are looked up in the cited sentences and the headings of their articles; weekdays and
    words such as "yesterday" are reckoned from the articles' dates. A name is looked up in all that was `shown`. Of a
    statement in another language only figures in digits are, and what it quotes in the language of the articles.
    """
    text, about, published = together(map(" ".join, _spoken(cited))), _about(cited), _dates(cited)
    heading = f"{about} . {' . '.join(map(str, published))}"
    quoted = missing_quotations(statement, together((text, about)))
    if _speak_alike(statement, cited):
        figures, dates = (missing(statement, text, heading, published) for missing in (missing_figures, missing_dates))
        seen = [*cited, *shown]
        named = missing_names(statement, KnownWords(" . ".join((*_passages(seen), _about(seen)))))
    else:
        figures, dates, named = missing_digits(statement, text, heading, published), [], []
        quoted = [said for said in quoted if _speak_alike(said, cited)]
    found = [
        (ProblemCode.FIGURE, figures, "cited text"),
        (ProblemCode.DATE, dates, "cited text"),
        (ProblemCode.QUOTATION, [f"“{said}”" for said in quoted], "cited text, word for word"),
        (ProblemCode.NAME, named, "articles that were found"),
    ]
    problems = [
        Problem(code=code, text=f"{said} is not in the {where}.") for code, missing, where in found for said in missing
    ]
    return list(dict.fromkeys(problems))


def claims_nothing(statement: str) -> bool:
    """Whether a statement without a figure, date or name is too short for articles to bear it out."""
    has_facts = figures(statement) or days(statement) or names(statement)
    return not has_facts and len(terms(statement)) < _MIN_CLAIM_TERMS


def _speak_alike(statement: str, cited: Sequence[EvidenceSentence]) -> bool:
    """Whether a statement is in the language of the passages that it cites, as far as its words tell.

    Where the commonest ones do not, a third of those that are no names must stand in the passages. Of 8,117 English
    statements of `support`, 18 were taken for another language's.
    """
    text = " ".join(_passages(cited))
    own, other = likely_language(statement), likely_language(text)
    if own and other:
        return own == other
    said = [word for word in words(statement) if word[0].isalpha() and not word[0].isupper()]
    held = set(words(text.lower()))
    return sum(word in held for word in said) * _ALIKE >= len(said)


def _is_verbatim(statement: str, cited: Sequence[EvidenceSentence]) -> bool:
    """Whether a statement is whole cited sentences that follow one another, as they stand but for white space."""
    said = _normal(statement)
    for run in (*_texts(cited), *_spoken(cited)):
        texts = list(map(_normal, run))
        ends = list(accumulate(len(text) + 1 for text in texts))
        whole, starts = " ".join(texts), [0, *ends[:-1]]
        if any(whole.startswith(said, start) and start + len(said) + 1 in ends for start in starts):
            return True
    return False


def _normal(text: str) -> str:
    return " ".join(fold(text).split())


def _texts(cited: Sequence[EvidenceSentence]) -> list[list[str]]:
    """Return the texts of sentences, those together that follow one another."""
    return [[sentence.text for sentence in run] for run in in_runs(cited)]


def _spoken(cited: Sequence[EvidenceSentence]) -> list[list[str]]:
    """Return the texts of sentences, those together that follow one another, with who speaks in a transcript."""
    return [with_speakers(run[0].passage, [sentence.span for sentence in run]) for run in in_runs(cited)]


def _passages(sentences: Sequence[EvidenceSentence]) -> Iterable[str]:
    texts = {one.passage.id: " . ".join((one.passage.text, *one.passage.speakers)) for one in sentences}
    return texts.values()


def _about(sentences: Sequence[EvidenceSentence]) -> str:
    hits = {sentence.passage.id: sentence.hit for sentence in sentences}.values()
    return " . ".join(part for hit in hits for part in (hit.headline, hit.outlet, hit.author) if part)


def _dates(cited: Sequence[EvidenceSentence]) -> list[date]:
    return [sentence.hit.published for sentence in cited if sentence.hit.published]
