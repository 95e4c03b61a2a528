"""Find where articles, or the entries of a live report, give different values for what is asked, the newest first.

The fact of the likeliest sentence that is most similar to the question is compared with those of its kind in other
articles. A logistic model says whether both are values of the same thing, from three numbers: how alike the two are
where they stand (the vectors of their tokens, Khattab and Zaharia 2020, arXiv 2004.12832), how many words of the
question both passages hold, and how similar the first is to the question. `evals/training/differing.py` fits it, and
measures it beside the plain baseline: two articles give different figures.
"""

import math
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from index.models import Span
from qa.language.facts import Entry, entries, entry_at
from qa.reader.reading import RankedSentence, Reading, SentenceFact

WEIGHTS = (5.77, 3.71, 7.97, -11.1)
"""Of the likeness, of the coverage, of the similarity to the question, and a constant."""
MARK = 0.3
"""The least probability of a difference; see `evals/training/differing.py`."""
_MOST = 4


class Side(NamedTuple):
    """A sentence, and the figure or date in it that answers the question."""

    sentence: RankedSentence
    fact: SentenceFact

    @property
    def value(self) -> str:
        """The figure or date as it is written."""
        return self.sentence.in_full[self.fact.fact.start : self.fact.fact.end].strip()

    @property
    def place(self) -> tuple[str, Span]:
        """The id of its passage, and its span in the article."""
        return self.sentence.hit.passage.id, self.sentence.span

    @property
    def entry(self) -> Entry | None:
        """The entry of a live report that the sentence stands in."""
        passage = self.sentence.hit.passage
        return entry_at(entries(passage.text), self.sentence.span.start - passage.start)

    @property
    def clock(self) -> str:
        """The time of that entry, HH:MM; empty outside of live reports."""
        return self.entry.clock if self.entry else ""

    @property
    def when(self) -> tuple[date, str]:
        """The day of its article, the first of all days if unknown, and the time of its entry."""
        return self.sentence.hit.published or date.min, self.clock

    def is_apart(self, other: "Side") -> bool:
        """Return whether two sides stand in different articles, or in different entries of a live report."""
        if self.sentence.hit.passage.path != other.sentence.hit.passage.path:
            return True
        return self.entry is not None and other.entry is not None and self.entry != other.entry

    def repeated(self, value: SentenceFact) -> list[SentenceFact]:
        """Return the facts of the sentence that agree with a value of another side."""
        return [fact for fact in self.sentence.facts if fact.fact.agrees(value.fact)]


class Pair(NamedTuple):
    """The likeliest side and one that gives another value.

    `coverage` is the lower context coverage of the two sentences, as a share of the highest of all sentences.
    """

    first: Side
    other: Side
    coverage: float

    @property
    def numbers(self) -> tuple[float, float, float]:
        """The numbers that the model weighs."""
        return _likeness(self.first.fact, self.other.fact), self.coverage, self.first.fact.question_similarity

    @property
    def probability(self) -> float:
        """The probability that both are values of the same thing, by the model."""
        *weights, constant = WEIGHTS
        score = sum(weight * number for weight, number in zip(weights, self.numbers, strict=True)) + constant
        return 1 / (1 + math.exp(-score))

    @property
    def is_of_one_thing(self) -> bool:
        """Whether both values are answers to the same question.

        Normally the model decides (`MARK`). If the newer sentence also mentions the older value ("31,000, not 41,000"),
        the two must have different dates, the value that resembles the older one most must be the one that replaces
        it, and the older value must be one that two articles seldom share by chance, unless the model is sure.
        """
        older, newer = sorted((self.first, self.other), key=lambda side: side.when)
        mentions = newer.repeated(older.fact)
        if not mentions:
            return self.probability >= MARK and not older.repeated(newer.fact)
        if newer.when == older.when or (self.probability < MARK and not older.fact.fact.is_distinct):
            return False
        # In "31,000, not 41,000" the value that stands where the older one stood is the one that replaces it.
        return _likeness(newer.fact, older.fact) > max(_likeness(fact, older.fact) for fact in mentions)


def sides(reading: Reading) -> tuple[Side, ...]:
    """Return the different values that articles give for what is asked, the newest first; none if they agree."""
    different: list[Side] = []
    for pair in pairs(reading):
        different = different or [pair.first]
        is_known = any(pair.other.fact.fact.agrees(side.fact.fact) for side in different)
        if not is_known and len(different) < _MOST and pair.is_of_one_thing:
            different.append(pair.other)
    return tuple(sorted(different, key=lambda side: side.when, reverse=True)) if len(different) > 1 else ()


def pairs(reading: Reading) -> Iterator[Pair]:
    """Yield the likeliest side with the likeliest of each other article, or entry, whose fact of that kind differs."""
    best = reading.sentences[0] if reading.sentences else None
    if not best or not best.facts:
        return
    first = Side(best, max(best.facts, key=_question_similarity))
    most = max(sentence.context_coverage for sentence in reading.sentences) or 1.0
    seen = [first]
    # The likeliest come first, so each other article, or entry, speaks by its likeliest sentence.
    for sentence in reading.sentences:
        comparable = [fact for fact in sentence.facts if fact.fact.is_comparable(first.fact.fact)]
        if not comparable or not all(Side(sentence, comparable[0]).is_apart(side) for side in seen):
            continue
        seen.append(Side(sentence, comparable[0]))
        if new := [fact for fact in comparable if not fact.fact.agrees(first.fact.fact)]:
            coverage = min(best.context_coverage, sentence.context_coverage) / most
            yield Pair(first, Side(sentence, max(new, key=_question_similarity)), coverage)


def _question_similarity(fact: SentenceFact) -> float:
    return fact.question_similarity


def _likeness(fact: SentenceFact, other: SentenceFact) -> float:
    return float(fact.vector @ other.vector)
