"""The weight of a question's words: the rarer a word among the passages, the more it counts."""

import math
import re
from collections.abc import Callable

from qa.reader.reading import TermStatistics

_WORD = re.compile(r"\w+")
EVERYWHERE, NOWHERE = math.log(2), math.log(10_001)
"""The weight of a word that every passage has (so have a stop and a word that the index leaves out), and that none has.

They are log(1 + n / (1 + df)) of an index of the size that the reader was trained with.
"""


def rarities(question: str, statistics: TermStatistics) -> list[tuple[int, int, float]]:
    """Return the start, the end and the weight of each word of a question."""
    weights = []
    for word in _WORD.finditer(question):
        # A word with a hyphen has several stems, and is as rare as the rarest.
        rarest = max(map(statistics.rarity, statistics.terms(word.group())), default=0.0)
        weights.append((*word.span(), weight_of(rarest)))
    return weights


def weight_of(rarity: float) -> float:
    """Return the weight of a word with this rarity."""
    return EVERYWHERE + rarity * (NOWHERE - EVERYWHERE)


def coverage_of(question: str, statistics: TermStatistics) -> Callable[[str], float]:
    """Return a function that gives the share of a question's words, by rarity, that a text has."""
    weights = {term: weight_of(statistics.rarity(term)) for term in statistics.terms(question)}
    total = math.fsum(weights.values()) or 1.0
    return lambda text: math.fsum(weights[term] for term in weights.keys() & set(statistics.terms(text))) / total
