"""Where articles, or the entries of a live report, give different values for what is asked: the newest first.

The figure or date of the likeliest sentence that comes nearest to the question is compared with those of its kind in
other articles. Whether another is a value of the same thing, a logistic model over three numbers says: how alike the
two are where they stand (the vectors of their tokens, Khattab and Zaharia 2020, arXiv 2004.12832), how many words of
the question both passages hold, and how near the first comes to the question. `evals/training/differing.py` fits
it, and measures it beside the plain baseline: that two articles give different figures.
"""

import math
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from index.models import Span
from qa.language.facts import Entry, entries, entry_at
from qa.reader.reading import Reading, Scored, Told

WEIGHTS = (5.77, 3.71, 7.97, -11.1)
"""Of the likeness, of the words held, of the nearness, and a constant."""
MARK = 0.3
_MOST = 4


class Side(NamedTuple):
    """A sentence, and the figure or date in it that answers."""

    sentence: Scored
    told: Told

    @property
    def value(self) -> str:
        """The figure or date as it is written."""
        return self.sentence.said[self.told.fact.start : self.told.fact.end].strip()

    @property
    def place(self) -> tuple[str, Span]:
        """The passage of the sentence, and its span in the article."""
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
        """The day of its article, the first of all where that is not known, and the time of its entry."""
        return self.sentence.hit.published or date.min, self.clock

    def is_apart(self, other: "Side") -> bool:
        """Whether two sides stand in different articles, or in different entries of a live report."""
        if self.sentence.hit.passage.path != other.sentence.hit.passage.path:
            return True
        return self.entry is not None and other.entry is not None and self.entry != other.entry


class Pair(NamedTuple):
    """The likeliest side and one that gives another value; `held` is the share of words that both passages hold at
    least, of the most that any does.
    """

    first: Side
    other: Side
    held: float

    @property
    def numbers(self) -> tuple[float, float, float]:
        """What the pair is judged by."""
        return _likeness(self.first.told, self.other.told), self.held, self.first.told.near

    @property
    def probability(self) -> float:
        """How likely both are values of the same thing, by the model."""
        *weights, constant = WEIGHTS
        score = sum(weight * number for weight, number in zip(weights, self.numbers, strict=True)) + constant
        return 1 / (1 + math.exp(-score))

    @property
    def is_of_one_thing(self) -> bool:
        """Whether both are values of the same thing.

        Where a sentence holds the other's value beside its own ("31,000, not 41,000", "19 died, 20 were hurt"), the
        likeness says which of the two stands in its place, and only the newer can have put another there. A value that
        two articles seldom share by chance is then enough.
        """
        older, newer = sorted((self.first, self.other), key=lambda side: side.when)
        repeated = [told for told in newer.sentence.told if told.fact.agrees(older.told.fact)]
        if not repeated:
            is_repeated_before = any(told.fact.agrees(newer.told.fact) for told in older.sentence.told)
            return self.probability >= MARK and not is_repeated_before
        if newer.when == older.when or (self.probability < MARK and not older.told.fact.is_distinct):
            return False
        return _likeness(newer.told, older.told) > max(_likeness(told, older.told) for told in repeated)


def sides(reading: Reading) -> tuple[Side, ...]:
    """Return what articles say differently of what is asked, the newest first; nothing where they do not differ."""
    found: list[Side] = []
    for pair in pairs(reading):
        found = found or [pair.first]
        is_known = any(pair.other.told.fact.agrees(side.told.fact) for side in found)
        if not is_known and len(found) < _MOST and pair.is_of_one_thing:
            found.append(pair.other)
    return tuple(sorted(found, key=lambda side: side.when, reverse=True)) if len(found) > 1 else ()


def pairs(reading: Reading) -> Iterator[Pair]:
    """Yield the likeliest side with the likeliest of each other article, or entry, whose fact of that kind differs."""
    best = reading.sentences[0] if reading.sentences else None
    if not best or not best.told:
        return
    first = Side(best, max(best.told, key=lambda told: told.near))
    most = max(one.held for one in reading.sentences) or 1.0
    seen = [first]
    for one in reading.sentences:
        alike = [told for told in one.told if told.fact.is_comparable(first.told.fact)]
        if not alike or not all(Side(one, alike[0]).is_apart(side) for side in seen):
            continue
        seen.append(Side(one, alike[0]))
        if new := [told for told in alike if not told.fact.agrees(first.told.fact)]:
            yield Pair(first, Side(one, max(new, key=lambda told: told.near)), min(best.held, one.held) / most)


def _likeness(one: Told, other: Told) -> float:
    return float(one.vector @ other.vector)
