"""Choose the sentences of the hits that answer a question, or find that none does.

A sentence answers when it is near enough to the question in meaning and words, holds the kind of thing that is asked
for (a number, a date, a person), and stands in an article that knows the names and years of the question.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.models import Article
from qa.questions import Asked, Query, asked_for
from qa.relevance import Relevant, holds
from qa.retrieval import Candidate, Retrieval
from qa.terms import MONTHS, WEEKDAYS, Figure, figures, fold, names, terms, words
from qa.thesaurus import Thesaurus

MIN_SCORE = 0.35
_KIND_BONUS = 0.15
_SECOND_MARGIN = 0.08
_COUNT_WINDOW = 6
_MIN_WORDS = 4
_YEARS = range(1900, 2101)
_ENDS = re.compile(r"[.!?…][\"'”’)\]]*$")
_DATE = re.compile(
    rf"\b(?:{'|'.join((*MONTHS, *WEEKDAYS))}|(?:19|20)\d\d|today|yesterday|tomorrow|tonight"
    r"|(?:this|last|next|earlier this|later this) (?:week|month|year|summer|winter|spring|autumn|fall))\b",
    re.IGNORECASE,
)
_DURATION = re.compile(r"\b(?:year|month|week|day|hour|minute|decade)s?\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"\bhow many ((?:[\w'’-]+ ){0,3}?[\w'’-]+?)(?= (?:"
    + "|".join(
        (
            "are|is|was|were|will|would|did|does|do|have|has|had|can|could|should|of|in|on|at|from|to|for|with|by|that|who"
        ).split("|")
    )
    + r")\b|[?,.]|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Selection:
    """The sentences that answer one part of a question, in order, or what is missing."""

    sentences: tuple[Candidate, ...] = ()
    missing: str | None = None
    score: float = 0.0


def select(query: Query, retrieval: Retrieval, thesaurus: Thesaurus) -> list[Selection]:
    """Return a selection for each part of the query."""
    return [
        _Selector(part, relevant, retrieval.articles, thesaurus).choose(candidates)
        for part, relevant, candidates in zip(query.parts, retrieval.parts, retrieval.candidates, strict=True)
    ]


class _Selector:
    """What one part of a question demands of a sentence."""

    def __init__(self, part: str, relevant: Relevant, articles: Mapping[str, Article], thesaurus: Thesaurus) -> None:
        self._part, self._relevant, self._thesaurus = part, relevant, thesaurus
        self._asked = asked_for(part)
        self._demands = [thesaurus.concepts(name) for name in _demanded(part)]
        self._named = set(terms(part))
        self._articles = {path: frozenset(terms(_known_text(article))) for path, article in articles.items()}

    def choose(self, candidates: Sequence[Candidate]) -> Selection:
        whole = [candidate for candidate in candidates if _is_whole(candidate.text)]
        knowing = [candidate for candidate in whole if self._article_knows(candidate)]
        if whole and not knowing:
            return Selection(missing=self._unknown())
        scored = sorted(((self._score(one), one) for one in knowing), key=lambda pair: -pair[0])
        if not scored or scored[0][0] < MIN_SCORE:
            return Selection(
                missing=f"Nothing in the articles answers: {self._part}", score=scored[0][0] if scored else 0
            )
        return Selection((scored[0][1],), score=scored[0][0])

    def _article_knows(self, candidate: Candidate) -> bool:
        stems = self._articles[candidate.passage.path]
        return all(holds(stems, concept) for demand in self._demands for concept in demand)

    def _unknown(self) -> str:
        return f"No article found speaks of all of: {', '.join(_demanded(self._part))}"

    def _score(self, candidate: Candidate) -> float:
        kind = self._kind_fits(candidate.text)
        return candidate.relevance.score + (_KIND_BONUS if kind else 0.0 if kind is None else -_KIND_BONUS)

    def _kind_fits(self, text: str) -> bool | None:
        """Whether a sentence holds the kind of thing that is asked for; None when any kind will do."""
        if self._asked is Asked.COUNT:
            return self._counts(text)
        if self._asked is Asked.MONEY:
            return any(figure.unit == "money" for figure in figures(text))
        if self._asked is Asked.DURATION:
            return bool(_DURATION.search(text)) and bool(_counts(text))
        if self._asked in (Asked.DATE, Asked.YEAR):
            return bool(_DATE.search(text))
        if self._asked is Asked.PERSON:
            return any(not self._named.issuperset(terms(name)) for name in names(text))
        return None

    def _counts(self, text: str) -> bool:
        return bool(_counts(text))


def _demanded(part: str) -> list[str]:
    """Return the names, years and figures of a question: an article that knows none of them cannot answer it."""
    numbers = [part[figure.start : figure.end].strip() for figure in figures(part) if part[figure.start].isdigit()]
    return [*names(part), *numbers]


def _known_text(article: Article) -> str:
    about = (article.headline, article.outlet, article.author, article.published)
    kept = (article.text[start:end] for start, end in article.kept)
    return " . ".join([*map(str, filter(None, about)), *kept])


def _is_whole(text: str) -> bool:
    return len(words(text)) >= _MIN_WORDS and bool(_ENDS.search(text))


def _counts(text: str) -> list[Figure]:
    """Return the figures of a text that count something: not years, not days of a month."""
    dated = rf"(?:{'|'.join(MONTHS)}),?\s*$"
    return [
        figure
        for figure in figures(text)
        if not (figure.unit == "" and figure.value in _YEARS) and not re.search(dated, fold(text[: figure.start]))
    ]
