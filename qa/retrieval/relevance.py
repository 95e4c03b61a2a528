"""How well a sentence answers a search: similarity of meaning, and the share of the question's words it covers."""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from qa.language.terms import fold, quotations, terms, words

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

COVERAGE_WEIGHT = 0.7
_MISSPELT = 0.8
_MIN_FUZZY = 5


class Relevance(NamedTuple):
    """The two signals for one sentence, both from 0 to 1."""

    similarity: float
    coverage: float

    @property
    def score(self) -> float:
        """The signals as one figure."""
        return self.similarity + COVERAGE_WEIGHT * self.coverage


class Relevant:
    """One part of a question, ready to be compared with sentences."""

    def __init__(
        self,
        text: str,
        vector: "Callable[[], Vectors]",
        rarities: Mapping[str, float],
        unheard: frozenset[str] = frozenset(),
    ) -> None:
        """Take the text to search for, what gives its vector, and its stems with their weights.

        Stems that are `unheard` in all articles may be misspelt: only they are looked for under near spellings.
        """
        self.text = text
        self._embedded = vector
        self._rarities, self._unheard = rarities, unheard
        self._quoted = [_said(quotation) for quotation in quotations(text)]
        self._total = math.fsum(rarities.values()) or 1.0

    @cached_property
    def vector(self) -> "Vectors":
        """The vector of the text; whoever asks for it first may have to wait for the embedder."""
        return self._embedded()

    def quoted_in(self, text: str) -> float:
        """Return the share of the question's quotations that a text holds word for word; 0 where there is none."""
        said = _said(text) if self._quoted else ""
        return sum(quotation in said for quotation in self._quoted) / (len(self._quoted) or 1)

    def coverage(self, text: str) -> float:
        """Return the weighted share of the question's stems that a text holds, near spellings counting less."""
        stems = frozenset(terms(text))
        held = [self._rarities[stem] for stem in stems & self._rarities.keys()]
        near = (word for word in self._unheard - stems if any(misspelt(word, stem) for stem in stems))
        return math.fsum([*held, *(_MISSPELT * self._rarities[word] for word in near)]) / self._total


def _said(text: str) -> str:
    return fold(f" {' '.join(words(text))} ")


def misspelt(word: str, other: str) -> bool:
    """Whether two stems of some length differ by one letter: added, left out, changed or swapped with the next."""
    if min(len(word), len(other)) < _MIN_FUZZY or abs(len(word) - len(other)) > 1 or word[0] != other[0]:
        return False
    if any(map(str.isdigit, word + other)):
        return False
    start = next((at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    rest, others = word[start:], other[start:]
    swapped = rest[:2] == others[1::-1] and rest[2:] == others[2:]
    return rest[1:] == others[1:] or rest[1:] == others or rest == others[1:] or swapped
