"""What a question asks of its topic, beside naming it, and whether a sentence speaks of that.

An article that knows all names of "Was Imran Khan poisoned in jail?" need not answer it: somebody must be poisoned. So
a sentence is asked for each word of a yes/no question, for what the one asked about did ("Who designed ..."), and for
what is counted, beside its figure ("How many women ..."). An attribute that is just what is asked for ("What is the
population of ...") must be stated somewhere (`qa.attributes`). Of a follow-up a sentence is asked for any of its own
words: those that it leans on are held by all sentences of the topic.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from qa.attributes import attribute_of, is_plain
from qa.flips import opposites_of
from qa.kinds import Kind, counts
from qa.relevance import holds
from qa.terms import figures, names, stem, terms
from qa.thesaurus import Concept, Thesaurus

_DID = re.compile(
    r"^\W*(?:(?:and|but|so|then)\s+)?who\s+(?:(?:also|first|\w+ly)\s+)?(?!(?:is|are|was|were|did|do|does|has|have|had|will|would|can|could|should|else)\b)(?P<did>[\w’'-]+)",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"^\W*(?:(?:and|but|so|then)\s+)?why\s+(?:did|was|were|has|have|had)\s.*?(?P<befell>[\w’'-]+)\W*$",
    re.IGNORECASE | re.DOTALL,
)
_COUNTED = re.compile(
    r"\bhow many\s+(?P<counted>(?:(?!(?:is|are|was|were|did|do|does|has|have|had|will|would|can|could|of|in|on|at|to"
    r"|from|by|for|that|who|which|there)\b)[\w’'-]+\s*){1,3})",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"\b(?:did|does|do|has|have)\s+(?:the\s+|an?\s+)?(?P<speaker>(?:[\w’'-]+\s+){1,4}?)(?:\w+ly\s+)?"
    r"(?:say|said|tell|told|think|answer|respond|react|comment|claim|argue|describe)\b",
    re.IGNORECASE,
)
_ANYBODY = frozenset(
    map(stem, "text source document page file passage coverage media press people someone everyone".split())
)
"""Who speaks in every article, named or not."""
_LIGHT = frozenset(
    stem(verb)
    for verb in """take make give hold keep put bring set show express offer carry play pay go come become do use
    anyone anybody anything someone somebody something everyone everybody everything""".split()
)
"""Verbs that say little beside their object, for condolences may be expressed, offered or sent, and pronouns."""
_LOOSE = (Kind.OTHER, Kind.POLAR, Kind.PERSON)
"""Kinds of which nearly any sentence seems to hold a thing."""
_OF_A_LIST = frozenset(map(stem, "first second third fourth fifth former latter other rest".split()))
_MONEY = frozenset(map(stem, "money cash dollars".split()))
_TELLING = 1 / 3
"""The share of a question's words of which a text tells that articles put what is asked in the question's words."""
_WORD = re.compile(r"[\w’'-]+")
_BEFORE, _AFTER = 3, 6
"""So many words before and after a figure may say what it counts."""
_REACH = 80
"""So many characters around a figure are looked at: all take quadratic time in a long text."""


class Told(NamedTuple):
    """A sentence, the context that it leans on, and its passage, as texts."""

    sentence: str
    context: str
    passage: str


class Predicate:
    """What one part of a question asks of a sentence; none of most kinds."""

    def __init__(self, part: str, kind: Kind, thesaurus: Thesaurus, leans: bool = False) -> None:
        """Read the part, which asks for a thing of the kind, and may lean on what was asked before it."""
        self._kind = kind
        self._stated = attribute_of(part) if is_plain(part) else None
        named = {concept for name in names(part) for concept in thesaurus.concepts(name)}
        asked = thesaurus.concepts(_asked(part, kind))
        self._words = frozenset(terms(part))
        self._concepts = [one for one in asked if one not in named and not _LIGHT.issuperset(one.entry)]
        if kind is Kind.COUNT and not named.isdisjoint(asked):  # a name may be counted under another
            self._concepts = []
        own = thesaurus.concepts(part) if leans and kind in _LOOSE else []
        self._own = [one for one in own if not _OF_A_LIST.issuperset(one.entry)]

    def unsaid_in(self, texts: Sequence[Told]) -> list[bool]:
        """Return for each of some sentences whether it says nothing of what is asked.

        Where none states the attribute that is plainly asked for, none says anything.
        """
        contexts = [one.context for one in texts]
        if not self.is_worded_in(contexts):
            return [False] * len(texts)
        if self._stated and not any(map(self._stated.search, contexts)):
            return [True] * len(texts)
        return [not self.said_in(one) for one in texts]

    def is_worded_in(self, contexts: Iterable[str]) -> bool:
        """Whether any of the texts has so many of the question's own words that the others tell by their absence.

        Articles that put all differently may put what is asked differently too. Those found for the words that a
        follow-up leans on tell in any case.
        """
        least = _TELLING * len(self._words)
        return bool(self._own) or any(len(self._words.intersection(terms(one))) >= least for one in contexts)

    def said_in(self, told: Told) -> bool:
        """Whether a sentence, in its context and its passage, speaks of what is asked.

        Where yes or no is asked, half of it may stand elsewhere in the passage.
        """
        if self._own and (self._kind is not Kind.PERSON or not self._concepts):
            return any(self._is_in(told.context, one) for one in self._own)
        if self._kind is Kind.COUNT:
            if self._stated and not self._stated.search(told.context):
                return False
            beside = [frozenset(terms(text)) for text in _beside_figures(told.sentence)]
            return not self._concepts or any(holds(stems, one) for stems in beside for one in self._concepts)
        if self._kind is Kind.POLAR:
            near = sum(self._is_in(told.context, one) for one in self._concepts)
            return 2 * near >= len(self._concepts) and all(self._is_in(told.passage, one) for one in self._concepts)
        text = told.sentence if self._kind is Kind.PERSON else told.context
        return all(self._is_in(text, one) for one in self._concepts)

    def _is_in(self, text: str, concept: Concept) -> bool:
        """Whether a text speaks of a concept; "no" answers too, so an opposite will do where yes or no is asked."""
        stems = frozenset(terms(text))
        if holds(stems, concept):
            return True
        if _MONEY.issuperset(concept.entry):
            return any(figure.unit == "money" for figure in figures(text))
        return self._kind is Kind.POLAR and any(not opposites_of(one).isdisjoint(stems) for one in concept.entry)


def speaker(part: str, thesaurus: Thesaurus) -> list[Concept]:
    """Return who is said to have said something, as concepts: the last word of "the pilot of the ferry say"."""
    match = _SPEAKER.search(part)
    spoke = thesaurus.concepts(match["speaker"])[-1:] if match else []
    return [one for one in spoke if not _ANYBODY.issuperset(one.entry)]


def _asked(part: str, kind: Kind) -> str:
    if kind is Kind.POLAR:
        return part
    pattern = {Kind.PERSON: _DID, Kind.COUNT: _COUNTED, Kind.CAUSE: _WHY}.get(kind)
    match = pattern.search(part) if pattern else None
    return match.group(1) if match else ""


def _beside_figures(sentence: str) -> list[str]:
    """Return for each figure that counts something the words around it."""
    found = []
    for one in counts(sentence, Kind.COUNT):
        before, after = sentence[max(0, one.start - _REACH) : one.start], sentence[one.end : one.end + _REACH]
        if one.unit != "money":
            found.append(" ".join([*_WORD.findall(before)[-_BEFORE:], *_WORD.findall(after)[:_AFTER]]))
    return found
