"""Where articles give different values for what is asked: the sides, the newest first.

The fact of the likeliest sentence that comes nearest to the question is compared with facts of the same kind in other
articles. Whether such a fact is another value of the same thing, a logistic model says over two numbers: how alike the
two facts are where they stand (the vectors of their tokens, Khattab and Zaharia 2020, arXiv 2004.12832), and how many
words of the question the other passage holds. `evals/training/differing.py` fits it, and says what it is worth.
"""

import math
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from qa.reader.reading import Reading, Scored, Told

WEIGHTS = (7.5, 4.7, -8.8)
"""Of the likeness, of the share of words held, and a constant."""
MARK = 0.3
_MOST = 4


class Side(NamedTuple):
    """A sentence, and the figure or date in it that answers."""

    sentence: Scored
    told: Told

    @property
    def published(self) -> date:
        """When its article was published; the first of days where that is not known."""
        return self.sentence.hit.published or date.min

    @property
    def value(self) -> str:
        """The figure or date as it is written."""
        return self.sentence.text[self.told.fact.start : self.told.fact.end].strip()


def sides(reading: Reading) -> tuple[Side, ...]:
    """Return what articles say differently of what is asked, the newest first; nothing where they do not differ."""
    found: list[Side] = []
    for first, other in compared(reading):
        found = found or [first]
        known = any(other.told.fact.agrees(one.told.fact) for one in found)
        if not known and len(found) < _MOST and is_of_the_same(first, other):
            found.append(other)
    return tuple(sorted(found, key=lambda side: side.published, reverse=True)) if len(found) > 1 else ()


def compared(reading: Reading) -> Iterator[tuple[Side, Side]]:
    """Yield the likeliest side with each of another article whose figure or date is of the same kind and differs."""
    best = reading.sentences[0] if reading.sentences else None
    if not best or not best.told:
        return
    first = Side(best, max(best.told, key=lambda told: told.near))
    seen = {best.hit.passage.path}
    for one in reading.sentences:
        alike = [told for told in one.told if told.fact.is_comparable(first.told.fact)]
        if one.hit.passage.path in seen or not alike:
            continue
        seen.add(one.hit.passage.path)
        new = [told for told in alike if not told.fact.agrees(first.told.fact)]
        if new:
            yield first, Side(one, max(new, key=lambda told: told.near))


def is_of_the_same(first: Side, other: Side) -> bool:
    """Whether two facts are values of the same thing.

    Where the sentence of one holds the value of the other too ("It was 31,000, not 41,000", "19 died and 20 were hurt"),
    the likeness says which of its two facts stands for it, and only a newer article can have put another in its place.
    """
    older, newer = sorted((first, other), key=lambda side: side.published)
    repeated = [_likeness(told, older.told) for told in newer.sentence.told if told.fact.agrees(older.told.fact)]
    if repeated:
        return newer.published > older.published and _likeness(newer.told, older.told) > max(repeated)
    if any(told.fact.agrees(newer.told.fact) for told in older.sentence.told):
        return False
    return likely(first, other) >= MARK


def numbers(first: Side, other: Side) -> tuple[float, float]:
    """Return what a difference is judged by: the likeness of the two facts, and the share of words that is held."""
    return _likeness(first.told, other.told), other.sentence.held


def likely(first: Side, other: Side) -> float:
    """Return the probability that two facts are values of the same thing."""
    likeness, held = numbers(first, other)
    return 1 / (1 + math.exp(-(WEIGHTS[0] * likeness + WEIGHTS[1] * held + WEIGHTS[2])))


def _likeness(one: Told, other: Told) -> float:
    return float(one.vector @ other.vector)
