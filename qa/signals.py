"""What speaks for and against a sentence as the answer to one part of a question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.attributes import attribute_of
from qa.kinds import Kind, asks_for_several, fits, kind_of
from qa.outlets import mentions, without
from qa.predicates import Predicate, Told, speaker
from qa.ranking import Candidate
from qa.relevance import Relevant, holds
from qa.terms import figures, names, terms, words
from qa.thesaurus import Concept, Role, Thesaurus

_MIN_WORDS = 4
_LONG_ITEM = 10
_OPENING = 400
_ENDS = re.compile(r"[.!?…][\"'”’)\]]*$")
_LEANS = re.compile(r"[\"'“‘]?(?:He|She|It|They|This|That|These|Those|Such|His|Her|Its|Their)\b")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_MUST = frozenset({Kind.COUNT, Kind.SHARE, Kind.AMOUNT, Kind.MONEY, Kind.DURATION, Kind.AGE, Kind.DATE, Kind.YEAR})


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
    unsaid: float = 0.6
    floor: float = 0.65


WEIGHTS = Weights()


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
    unsaid: bool
    """Whether it says nothing of what is asked of the topic (see `qa.predicates`)."""
    stated: bool
    """Whether it has the words in which the attribute that is asked for is stated."""
    context: float
    """The share of the question's concepts that the sentence and the one before it hold together."""
    standing: float
    """How far the score of its passage is below that of the best."""

    @property
    def path(self) -> str:
        """The article of the sentence."""
        return self.candidate.passage.path

    @property
    def unfit(self) -> bool:
        """Whether it lacks what no answer can do without: a figure where a figure is asked for, and the like."""
        return self.kind in _MUST and not self.fit

    @property
    def lacks_a_name(self) -> bool:
        """Whether a person is asked for, and it names none but those of the question."""
        return self.kind is Kind.PERSON and not self.fit

    @property
    def states(self) -> int:
        """Whether it states what is asked: 2 in words that state the attribute, 1 by a thing of the kind, else 0."""
        return 0 if self.fit is False or not self.whole else 2 if self.stated else int(self.fit is True)

    @property
    def official(self) -> int:
        """Whether it speaks of the official that is asked about, above 0, or of another place's, below."""
        return self.agree - self.conflict - self.elsewhere

    @property
    def leans(self) -> bool:
        """Whether it opens with a word for what the sentence before names ("He said")."""
        return bool(_LEANS.match(self.candidate.text))

    def weighed(self, weights: Weights) -> float:
        """Return how well the sentence answers, whatever others do; 0 for what cannot be an answer."""
        if not self.whole or self.unfit:
            return 0.0
        score = self.candidate.relevance.score + weights.before * self.before + weights.agree * self.agree
        score -= weights.conflict * self.conflict + weights.elsewhere * self.elsewhere
        score += weights.topic * self.topic
        bonus = getattr(weights, self.kind.value, 0.0)
        return score + (bonus if self.fit else -bonus if self.fit is False else 0.0)

    def certain(self, weights: Weights) -> float:
        """Return how well it answers, less what it lacks of what is asked; 0 where its figures count something else."""
        if self.unsaid and self.kind is Kind.COUNT:
            return 0.0
        return self.weighed(weights) - weights.unsaid * self.unsaid

    def features(self) -> dict[str, float]:
        """Return the signals that the likelihood of a sentence is made of, by name."""
        return {
            "similarity": self.candidate.relevance.similarity,
            "coverage": self.candidate.relevance.coverage,
            "context": self.context,
            "topic": self.topic,
            "fit": float(self.fit is True),
            "unfit": float(self.unfit),
            "whole": float(self.whole),
            "standing": self.standing,
            "opening": float(self.candidate.passage.start < _OPENING),
            "stated": float(self.stated),
        }


def signals_of(
    part: str,
    candidates: Sequence[Candidate],
    articles: Mapping[str, str],
    thesaurus: Thesaurus,
    relevant: Relevant,
    standings: Mapping[str, float],
) -> list[Signals]:
    """Return the signals of candidate sentences, which are in the order of their passages.

    `articles` are their texts by path, `relevant` is the part as searched, `standings` hold `standing` by passage id.
    """
    kind, attribute, asked, roles = kind_of(part), attribute_of(part), frozenset(terms(part)), thesaurus.roles(part)
    several, topic, contexts = asks_for_several(part), _topic_of(part, thesaurus), _contexts(candidates)
    predicate = Predicate(part, kind, thesaurus, leans=relevant.text != part)
    said_in = {path: thesaurus.roles(text) for path, text in articles.items()} if roles else {}
    unsaid = predicate.unsaid_in([told for _, told in contexts])
    found: list[Signals] = []
    for one, (before, told), says_nothing in zip(candidates, contexts, unsaid, strict=True):
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
                topic=_held(topic, one.text) if topic else 1.0,
                unsaid=says_nothing,
                stated=bool(attribute and attribute.search(one.text)),
                context=relevant.coverage(told.context),
                standing=standings.get(one.passage.id, 0.0),
            )
        )
    return found


def _contexts(candidates: Sequence[Candidate]) -> list[tuple[Candidate | None, Told]]:
    """Return for each sentence the one before it in its passage, and what the two and the passage say."""
    found: list[tuple[Candidate | None, Told]] = []
    for last, one in zip([None, *candidates], candidates, strict=False):
        before = last if last and last.passage.id == one.passage.id else None
        context = f"{before.text} {one.text}" if before else one.text
        found.append((before, Told(one.text, context, one.passage.text)))
    return found


def knowing(
    part: str,
    candidates: Sequence[Candidate],
    articles: Mapping[str, str],
    thesaurus: Thesaurus,
    outlets: Sequence[str] = (),
) -> list[Candidate]:
    """Return the candidates whose article knows all names, places, years and figures of the question, and who spoke.

    Of the `outlets` that the question names, it need know one only: that of the article itself, as a rule.
    """
    asked = without(part, outlets)
    demands = [*thesaurus.places(asked), *(one for name in demanded(asked) for one in thesaurus.concepts(name))]
    demands += speaker(asked, thesaurus)
    named = [thesaurus.concepts(mention.outlet) for mention in mentions(part, outlets)]

    def knows(text: str) -> bool:
        stems = frozenset(terms(text))
        of_one = not named or any(all(holds(stems, concept) for concept in outlet) for outlet in named)
        return of_one and all(holds(stems, concept) for concept in demands)

    known = {path for path, text in articles.items() if knows(text)}
    return [one for one in candidates if one.passage.path in known]


def demanded(part: str) -> list[str]:
    """Return the names, years and figures of a question: an article that does not know them cannot answer it."""
    named = names(part)
    numbers = [
        part[one.start : one.end] + _ordinal(part[one.end :]) for one in figures(part) if part[one.start].isdigit()
    ]
    return [*named, *(number for number in numbers if not any(name.endswith(f" {number}") for name in named))]


def _ordinal(rest: str) -> str:
    """Return the ending that makes a number an ordinal: the word of an article is "487th" too."""
    match = _ORDINAL.match(rest)
    return match.group() if match else ""


def _conflict(roles: set[Role], said: set[Role], thesaurus: Thesaurus) -> bool:
    """Whether a text speaks of another place's official, and never of the one that is asked about."""
    if any(one.place == other.place and thesaurus.same(one.role, other.role) for one in roles for other in said):
        return False
    return any(one.place != other.place and thesaurus.same(one.role, other.role) for one in roles for other in said)


def _topic_of(part: str, thesaurus: Thesaurus) -> list[Concept]:
    """Return the concepts of a question that are no names; none where it names nothing."""
    named = {concept.entry for name in demanded(part) for concept in thesaurus.concepts(name)}
    named |= {concept.entry for concept in thesaurus.places(part)}
    return [concept for concept in thesaurus.concepts(part) if concept.entry not in named] if named else []


def _held(concepts: Sequence[Concept], text: str) -> float:
    stems = frozenset(terms(text))
    return sum(holds(stems, concept) for concept in concepts) / len(concepts)


def _is_whole(text: str) -> bool:
    """Whether a sentence can stand as a statement: a heading cannot, a long bullet can."""
    return len(words(text)) >= (_MIN_WORDS if _ENDS.search(text) else _LONG_ITEM)
