"""Compare one part of a question with sentences: which of its words and quotations a text holds."""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from qa.language.terms import fold, quotations, terms, words

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

_MISSPELT = 0.8
"""What a stem under a near spelling counts for beside the stem itself."""
_MIN_FUZZY = 5


class PartQuery:
    """One part of a question, ready to be compared with sentences."""

    def __init__(
        self,
        text: str,
        vector: "Callable[[], Vectors]",
        rarities: Mapping[str, float],
        unknown_stems: frozenset[str] = frozenset(),
    ) -> None:
        """Take the text to search for, what gives its vector, and its stems with their weights.

        Stems that no article has may be misspelt: only `unknown_stems` are looked for under near spellings.
        """
        self.text = text
        self._embed = vector
        self._rarities, self._unknown_stems = rarities, unknown_stems
        self._quotations = [_normal_words(quotation) for quotation in quotations(text)]
        self._total = math.fsum(rarities.values()) or 1.0

    @cached_property
    def vector(self) -> "Vectors":
        """The vector of the text; the first call may wait for the embedder."""
        return self._embed()

    def quoted_share(self, text: str) -> float:
        """Return the share of the question's quotations that a text holds word for word; 0 if it quotes nothing."""
        if not self._quotations:
            return 0.0
        text_words = _normal_words(text)
        return sum(quotation in text_words for quotation in self._quotations) / len(self._quotations)

    def coverage(self, text: str) -> float:
        """Return the weighted share of the question's stems that a text holds; near spellings count less."""
        stems = frozenset(terms(text))
        weights = [self._rarities[stem] for stem in stems & self._rarities.keys()]
        for unknown in self._unknown_stems - stems:
            if any(misspelt(unknown, stem) for stem in stems):
                weights.append(_MISSPELT * self._rarities[unknown])
        return math.fsum(weights) / self._total


def _normal_words(text: str) -> str:
    return fold(f" {' '.join(words(text))} ")


def misspelt(word: str, other: str) -> bool:
    """Return whether two stems of five letters or more differ by one letter: added, left out, changed or swapped."""
    if min(len(word), len(other)) < _MIN_FUZZY or abs(len(word) - len(other)) > 1 or word[0] != other[0]:
        return False
    # Two figures that differ by one digit are two figures.
    if any(map(str.isdigit, word + other)):
        return False
    shorter = min(len(word), len(other))
    start = next((index for index in range(shorter) if word[index] != other[index]), shorter)
    rest, others = word[start:], other[start:]
    # The first two letters of what is left, turned round.
    swapped = rest[:2] == others[1::-1] and rest[2:] == others[2:]
    return rest[1:] == others[1:] or rest[1:] == others or rest == others[1:] or swapped
