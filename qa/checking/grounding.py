"""The local check of a statement against the very text it cites: hard facts, then whether the text is about the same.

It gives no verdict on subtle differences: on statements written to say nearly what their source says, no measure of the
surface tells true from false (`newsdesk benchmark support`: AUROC .37 to .72 by kind of change). So a statement that is
neither verbatim, nor wrong in a fact, nor unrelated stays unchecked.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate
from typing import NamedTuple

from index.embedding.embedders import Embedder
from index.passages.tables import all_in_full
from index.text.language import likely_language
from qa.checking.citations import runs_of
from qa.checking.figures import missing_dates, missing_digits, missing_figures, missing_months
from qa.checking.names import KnownWords, joined_with_gaps, missing_names, missing_quotations
from qa.language.dates import MONTHS, days
from qa.language.months import months
from qa.language.terms import figures, fold, names, terms, words
from qa.models import HARD, Problem, ProblemCode, Support
from qa.prompting.evidence import EvidenceSentence

RELATED = 0.467
"""The least relation (see `Grounder.relation`) of a text that is about the same thing.

Set by 350 true statements of `support` train: one in a hundred is below it, and of statements beside a sentence of
another article 99 in a hundred are, beside another sentence of the same article 57.
"""
_MIN_CLAIM_TERMS = 4
_SIGNS = re.compile(r"[^\w\s]+|_+")
_SAME_LANGUAGE = 3
"""One in so many words of a statement stands in a text of the same language; see `_same_language`."""
NOT_CITED = Problem(code=ProblemCode.NOT_CITED, text="It cites no sentence of the articles.")
UNRELATED = Problem(code=ProblemCode.UNRELATED, text="The cited text does not speak of this.")
NOT_JUDGED = Problem(code=ProblemCode.NOT_JUDGED, text="Its figures, dates and names are checked, the rest is not.")
FIGURES_ALONE = Problem(code=ProblemCode.NOT_JUDGED, text="Its figures are checked, the rest is not.")
PENDING = Problem(code=ProblemCode.PENDING, text="It is being checked.")


class CheckResult(NamedTuple):
    """The verdict on a statement, and the problems behind it."""

    support: Support
    problems: tuple[Problem, ...] = ()

    @property
    def is_hard(self) -> bool:
        """Whether a fact of the statement stands nowhere: only other words can mend that."""
        return any(problem.code in HARD for problem in self.problems)


class Grounder:
    """Checks statements; an embedder tells whether a text is about the same thing."""

    def __init__(self, embedder: Embedder) -> None:
        """Use `embedder` for the similarity of texts; `RELATED` is set for the bundled one."""
        self._embedder = embedder

    def judge(
        self, statement: str, cited: Sequence[EvidenceSentence], evidence: Sequence[EvidenceSentence] = ()
    ) -> CheckResult:
        """Check a statement, given without markers, against the sentences it cites.

        `evidence` is all that its writer saw: a name may stand anywhere in it.
        """
        if names_its_source(statement, cited or evidence) or (not cited and claims_nothing(statement)):
            return CheckResult(Support.NO_CLAIM)
        if not cited:
            return CheckResult(Support.UNSUPPORTED, (NOT_CITED,))
        if _is_verbatim(statement, cited):
            return CheckResult(Support.SUPPORTED)
        if problems := hard_problems(statement, cited, evidence or cited):
            return CheckResult(Support.UNSUPPORTED, tuple(problems))
        if not _same_language(statement, cited):
            return CheckResult(Support.UNCHECKED, (FIGURES_ALONE,))
        if not self.are_related(statement, cited):
            return CheckResult(Support.UNSUPPORTED, (UNRELATED,))
        return CheckResult(Support.UNCHECKED, (NOT_JUDGED,))

    def are_related(self, statement: str, cited: Sequence[EvidenceSentence]) -> bool:
        """Return whether sentences are about the same thing as a statement; in another language they hardly are."""
        return self.relation(statement, cited) >= RELATED

    def relation(self, statement: str, cited: Sequence[EvidenceSentence]) -> float:
        """Return the share of a statement's words that sentences have, plus its cosine to the nearest: 0 to 2."""
        import numpy as np

        texts = [sentence.in_full for sentence in cited]
        own, others = set(terms(statement)), set(terms(" ".join(texts)))
        vectors = self._embedder.embed([statement, *texts])
        cosine = float(np.max(vectors[1:] @ vectors[0]))
        return len(own & others) / max(1, len(own)) + cosine


def hard_problems(
    statement: str, cited: Sequence[EvidenceSentence], evidence: Sequence[EvidenceSentence]
) -> list[Problem]:
    """Return a problem for each figure, date, quotation and name of a statement that its text does not hold.

    Figures, dates and quotations are looked up in the cited sentences and the headings of their articles; weekdays and
    words such as "yesterday" are reckoned from the articles' dates. A name is looked up in all `evidence`. Of a
    statement in another language only figures in digits and months are, and what it quotes in that of the articles.
    """
    text, about, published = joined_with_gaps(map(" ".join, _spoken_runs(cited))), _about(cited), _dates(cited)
    heading = f"{about} . {' . '.join(map(str, published))}"
    quoted = missing_quotations(statement, joined_with_gaps((text, about)))
    if _same_language(statement, cited):
        wrong_figures = missing_figures(statement, text, heading, published)
        wrong_dates = missing_dates(statement, text, heading, published)
        seen = [*cited, *evidence]
        wrong_names = missing_names(statement, KnownWords(" . ".join((*_passages(seen), _about(seen)))))
    else:
        wrong_figures, wrong_names = missing_digits(statement, text, heading, published), []
        wrong_dates = missing_months(statement, text, heading, published)
        quoted = [quotation for quotation in quoted if _same_language(quotation, cited)]
    missing = [
        *((ProblemCode.FIGURE, f"{figure} is not in the cited text.") for figure in wrong_figures),
        *((ProblemCode.DATE, f"{day} is not in the cited text.") for day in wrong_dates),
        *((ProblemCode.QUOTATION, f"“{quotation}” is not in the cited text, word for word.") for quotation in quoted),
        *((ProblemCode.NAME, f"{name} is not in the articles that were found.") for name in wrong_names),
    ]
    return [Problem(code=code, text=text) for code, text in dict.fromkeys(missing)]


def names_its_source(statement: str, sentences: Sequence[EvidenceSentence]) -> bool:
    """Return whether a statement is no more than an entry of a list of sources: outlet, author, date, headline.

    Each of its parts, between signs, must be one of these whole. One of them alone may be what was asked for.
    """
    parts = set(_parts(statement))
    for hit in {sentence.passage.id: sentence.hit for sentence in sentences}.values():
        sources = {*_parts(hit.outlet), *_parts(hit.author)}
        rest = " ".join(parts - sources - set(_parts(hit.headline))).split()
        is_dated = not rest or bool(hit.published and _is_date(rest, hit.published))
        if len(parts) > 1 and parts & sources and is_dated:
            return True
    return False


def _parts(text: str | None) -> list[str]:
    """Return what stands between the signs of a text."""
    return [" ".join(part.split()) for part in _SIGNS.split(fold(text or "")) if part.strip()]


def _is_date(date_words: Sequence[str], day: date) -> bool:
    """Return whether words are those of a date, its month in any language."""
    numbers = {int(word) for word in date_words if word.isdecimal()}
    names_month = [
        day.month in months(word) or MONTHS[day.month - 1].startswith(word)
        for word in date_words
        if not word.isdecimal()
    ]
    return day.year in numbers and numbers <= {day.year, day.month, day.day} and names_month in ([], [True])


def names_what_is_shown(text: str, evidence: Sequence[EvidenceSentence], besides: str) -> bool:
    """Return whether a text has a name that stands in the evidence, and not in `besides`, in any language."""
    shown = _name_words(" . ".join((*_passages(evidence), _about(evidence)))) - set(words(fold(besides)))
    return not shown.isdisjoint(_name_words(text))


def _name_words(text: str) -> set[str]:
    return {fold(word) for name in names(text) for word in words(name) if word[0].isupper()}


def claims_nothing(statement: str) -> bool:
    """Return whether a statement without a figure, date or name is too short for articles to bear it out."""
    has_facts = figures(statement) or days(statement) or names(statement)
    return not has_facts and len(terms(statement)) < _MIN_CLAIM_TERMS


def _same_language(statement: str, cited: Sequence[EvidenceSentence]) -> bool:
    """Return whether a statement is in the language of the passages that it cites, as far as its words tell.

    Where the commonest ones do not, a third of those that are no names must stand in the passages. Of 8,117 English
    statements of `support`, 18 were taken for another language's.
    """
    text = " ".join(_passages(cited))
    language, other = likely_language(statement), likely_language(text)
    if language and other:
        return language == other
    # Names are written alike in many languages, and say nothing of this one.
    small_words = [word for word in words(statement) if word[0].isalpha() and not word[0].isupper()]
    text_words = set(words(text.lower()))
    return sum(word in text_words for word in small_words) * _SAME_LANGUAGE >= len(small_words)


def _is_verbatim(statement: str, cited: Sequence[EvidenceSentence]) -> bool:
    """Return whether a statement is whole cited sentences in a row, as they stand but for white space."""
    normal = _normal(statement)
    for run in (*map(_texts, runs_of(cited)), *_spoken_runs(cited)):
        sentences = list(map(_normal, run))
        ends = list(accumulate(len(sentence) + 1 for sentence in sentences))
        # At the start of one sentence and at the end of one: a part of a sentence may say something else than the
        # whole.
        whole, starts = " ".join(sentences), [0, *ends[:-1]]
        if any(whole.startswith(normal, start) and start + len(normal) + 1 in ends for start in starts):
            return True
    return False


def _normal(text: str) -> str:
    return " ".join(fold(text).split())


def _texts(sentences: Sequence[EvidenceSentence]) -> list[str]:
    return [sentence.text for sentence in sentences]


def _spoken_runs(cited: Sequence[EvidenceSentence]) -> list[list[str]]:
    runs = []
    for run in runs_of(cited):
        runs.append(all_in_full(run[0].passage, [sentence.span for sentence in run]))
    return runs


def _passages(sentences: Sequence[EvidenceSentence]) -> Iterable[str]:
    passages = {sentence.passage.id: sentence.passage for sentence in sentences}
    return [" . ".join((passage.text, *passage.speakers)) for passage in passages.values()]


def _about(sentences: Sequence[EvidenceSentence]) -> str:
    hits = {sentence.passage.id: sentence.hit for sentence in sentences}.values()
    return " . ".join(part for hit in hits for part in (hit.headline, hit.outlet, hit.author) if part)


def _dates(cited: Sequence[EvidenceSentence]) -> list[date]:
    return [sentence.hit.published for sentence in cited if sentence.hit.published]
