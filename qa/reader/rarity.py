"""What the words of a question count for: the rarer among the passages, the more."""

import math
import re
from collections.abc import Callable

from qa.reader.reading import Words

_WORD = re.compile(r"\w+")
EVERYWHERE, NOWHERE = math.log(2), math.log(10_001)
"""What a token counts for whose word every passage has, a stop or a word that the index leaves out, and none has.

They are log(1 + n / (1 + df)) of an index of the size that the reader was trained with.
"""


def rarities(question: str, words: Words) -> list[tuple[int, int, float]]:
    """Return where each word of a question stands, and how rare it is."""
    found = ((word.span(), words.terms(word.group())) for word in _WORD.finditer(question))
    return [(*span, weight_of(max(map(words.rarity, terms), default=0.0))) for span, terms in found]


def weight_of(rarity: float) -> float:
    """Return what a word counts for that is so rare."""
    return EVERYWHERE + rarity * (NOWHERE - EVERYWHERE)


def held_by(question: str, words: Words) -> Callable[[str], float]:
    """Return what gives the share of a question's words, by rarity, that a sentence holds."""
    rare = {term: weight_of(words.rarity(term)) for term in words.terms(question)}
    total = math.fsum(rare.values()) or 1.0
    return lambda said: math.fsum(rare[term] for term in rare.keys() & set(words.terms(said))) / total
