"""Choose the sentences of the hits that answer a question, or find that none does.

A sentence answers when it is near enough to the question in meaning and words, holds the kind of thing that is asked
for (a number, a date, a person), speaks of the same side's officials, and stands in an article that knows the names
and years of the question.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from index.models import Article
from qa.kinds import Kind, asks_for_several, fits, kind_of
from qa.questions import Query
from qa.ranking import Candidate
from qa.relevance import holds
from qa.retrieval import Retrieval
from qa.terms import figures, names, terms, words
from qa.thesaurus import Concept, Role, Thesaurus

_MIN_WORDS = 4
_LONG_ITEM = 10
_SAME = 0.6
_ENDS = re.compile(r"[.!?…][\"'”’)\]]*$")


@dataclass(frozen=True)
class Weights:
    """What each signal counts for beside similarity and coverage; set on the shipped questions, checked on others."""

    topic: float = 0.38
    place: float = 0.3
    quotation: float = 0.1
    cause: float = 0.1
    before: float = 0.1
    agree: float = 0.25
    conflict: float = 0.4
    elsewhere: float = 0.55
    floor: float = 0.65
    second: float = 0.85


WEIGHTS = Weights()
_MUST = frozenset({Kind.COUNT, Kind.AMOUNT, Kind.MONEY, Kind.DURATION, Kind.DATE, Kind.YEAR})
_MAX_SEVERAL = 3


@dataclass(frozen=True)
class Selection:
    """The sentences that answer one part of a question, in order, or what is missing."""

    sentences: tuple[Candidate, ...] = ()
    missing: str | None = None


@dataclass(frozen=True)
class Signals:
    """What speaks for and against one sentence as the answer to one part of a question."""

    candidate: Candidate
    kind: Kind
    several: bool
    fit: bool | None
    whole: bool
    before: float
    agree: bool
    conflict: bool
    elsewhere: bool
    topic: float

    @property
    def path(self) -> str:
        """The article of the sentence."""
        return self.candidate.passage.path

    def weighed(self, weights: Weights) -> float:
        """Return the signals as one score; 0 for what cannot be an answer."""
        if not self.whole or (self.kind in _MUST and not self.fit):
            return 0.0
        score = self.candidate.relevance.score + weights.before * self.before + weights.agree * self.agree
        score -= weights.conflict * self.conflict + weights.elsewhere * self.elsewhere
        score += weights.topic * self.topic
        bonus = getattr(weights, self.kind.value, 0.0)
        return score + (bonus if self.fit else -bonus if self.fit is False else 0.0)


def select(query: Query, retrieval: Retrieval, thesaurus: Thesaurus) -> list[Selection]:
    """Return a selection for each part of the query."""
    articles = {path: _known_text(article) for path, article in retrieval.articles.items()}
    return [
        _select(part, query.carried_by(part), candidates, articles, thesaurus)
        for part, candidates in zip(query.parts, retrieval.candidates, strict=True)
    ]


def _select(
    part: str, carried: str, candidates: Sequence[Candidate], articles: Mapping[str, str], thesaurus: Thesaurus
) -> Selection:
    demanded = list(dict.fromkeys(_demanded(part)))
    knowing = _knowing(part, candidates, articles, thesaurus)
    knowing = _knowing(carried, knowing, articles, thesaurus) or knowing
    if demanded and candidates and not knowing:
        return Selection(missing=f"No article found mentions {' and '.join(demanded)}.")
    signals = signals_of(part, knowing, articles, thesaurus)
    chosen = chosen_of([(one.weighed(WEIGHTS), one) for one in signals], WEIGHTS)
    if not chosen:
        return Selection(missing=f"Nothing in the articles answers: {part}")
    return Selection(tuple(one.candidate for one in chosen))


def chosen_of(scored: Sequence[tuple[float, Signals]], weights: Weights) -> list[Signals]:
    """Return the best sentence, and what is nearly as good and says something else; none when all are too weak."""
    ranked = sorted(scored, key=lambda pair: -pair[0])
    if not ranked or ranked[0][0] < weights.floor:
        return []
    best, top = ranked[0]
    chosen = [top]
    if top.kind is Kind.PERSON and not top.fit:
        same = (one for _, one in ranked if one.fit and one.topic and one.path == top.path)
        return [top, *islice(same, 1)] if top.topic else []
    for score, one in ranked[1:]:
        if len(chosen) >= (_MAX_SEVERAL if top.several else 1) or score < weights.second * best:
            break
        if not any(_repeats(one.candidate.text, other.candidate.text) for other in chosen):
            chosen.append(one)
    return chosen


def signals_of(
    part: str, candidates: Sequence[Candidate], articles: Mapping[str, str], thesaurus: Thesaurus
) -> list[Signals]:
    """Return the signals of candidate sentences, which are in the order of their passages."""
    kind, asked, roles = kind_of(part), frozenset(terms(part)), thesaurus.roles(part)
    several = asks_for_several(part)
    named = {concept.entry for name in _demanded(part) for concept in thesaurus.concepts(name)}
    named |= {concept.entry for concept in thesaurus.places(part)}
    topic = [concept for concept in thesaurus.concepts(part) if concept.entry not in named]
    said_in = {path: thesaurus.roles(text) for path, text in articles.items()} if roles else {}
    found: list[Signals] = []
    for at, one in enumerate(candidates):
        before = candidates[at - 1] if at and candidates[at - 1].passage.id == one.passage.id else None
        said = thesaurus.roles(one.text) if roles else set()
        found.append(
            Signals(
                candidate=one,
                kind=kind,
                several=several,
                fit=fits(one.text, kind, asked),
                whole=_is_whole(one.text),
                before=before.relevance.score if before else 0.0,
                agree=bool(roles & said),
                conflict=_conflict(roles, said, thesaurus),
                elsewhere=_conflict(roles, said_in.get(one.passage.path, set()), thesaurus),
                topic=_held(topic, one.text) if named and topic else 1.0,
            )
        )
    return found


def _knowing(
    part: str, candidates: Sequence[Candidate], articles: Mapping[str, str], thesaurus: Thesaurus
) -> list[Candidate]:
    """Return the candidates whose article knows all names, places, years and figures of the question."""
    demands = [*thesaurus.places(part), *(one for name in _demanded(part) for one in thesaurus.concepts(name))]
    stems = {path: frozenset(terms(text)) for path, text in articles.items()}
    return [one for one in candidates if all(holds(stems[one.passage.path], concept) for concept in demands)]


def _conflict(roles: set[Role], said: set[Role], thesaurus: Thesaurus) -> bool:
    """Whether a text speaks of another place's official, and never of the one that is asked about."""
    if any(one.place == other.place and thesaurus.same(one.role, other.role) for one in roles for other in said):
        return False
    return any(one.place != other.place and thesaurus.same(one.role, other.role) for one in roles for other in said)


def _held(concepts: Sequence[Concept], text: str) -> float:
    stems = frozenset(terms(text))
    return sum(holds(stems, concept) for concept in concepts) / len(concepts)


def _repeats(text: str, other: str) -> bool:
    one, two = set(terms(text)), set(terms(other))
    return len(one & two) > _SAME * min(len(one), len(two))


def _demanded(part: str) -> list[str]:
    """Return the names, years and figures of a question: an article that does not know them cannot answer it."""
    numbers = [part[figure.start : figure.end] for figure in figures(part) if part[figure.start].isdigit()]
    return [*names(part), *numbers]


def _known_text(article: Article) -> str:
    about = (article.headline, article.outlet, article.author, article.published)
    kept = (article.text[start:end] for start, end in article.kept)
    return " . ".join([*map(str, filter(None, about)), *kept])


def _is_whole(text: str) -> bool:
    """Whether a sentence can stand as a statement: a heading cannot, a long bullet can."""
    return len(words(text)) >= (_MIN_WORDS if _ENDS.search(text) else _LONG_ITEM)
