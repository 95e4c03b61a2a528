"""How well a sentence answers a question: similarity of meaning, and the share of the question's words it covers."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from index.lexical import idf
from qa.terms import fold, quotations, terms, words
from qa.thesaurus import Concept, Entry

if TYPE_CHECKING:
    from index.embedding import Vectors

COVERAGE_WEIGHT = 0.7
_ALTERNATIVE = 0.8
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
        concepts: Mapping[Concept, float],
        unheard: frozenset[Concept] = frozenset(),
    ) -> None:
        """Take the text to search for, what gives its vector, and its concepts with their weights.

        Concepts that are `unheard` in all articles may be misspelt: only they are looked for under near spellings, and
        only for them does the lexical leg look for what may stand for them: for others it finds no more, and slower.
        """
        self.text = text
        self._embedded = vector
        self.concepts = concepts
        self.also = tuple(
            (" ".join(concept.entry), tuple(" ".join(entry) for entry in sorted(concept.alternatives)))
            for concept in concepts
            if concept in unheard and concept.alternatives
        )
        self._quoted = [_said(quotation) for quotation in quotations(text)]
        self._unheard = unheard
        self._by_stem: dict[str, list[tuple[Concept, Entry, float]]] = defaultdict(list)
        for concept, weight in concepts.items():
            if concept not in unheard:
                self._by_stem[concept.entry[0]].append((concept, concept.entry, weight))
                for entry in concept.alternatives:
                    self._by_stem[entry[0]].append((concept, entry, weight * _ALTERNATIVE))
        self._total = sum(concepts.values()) or 1.0

    @cached_property
    def vector(self) -> "Vectors":
        """The vector of the text; whoever asks for it first may have to wait for the embedder."""
        return self._embedded()

    def quoted_in(self, text: str) -> float:
        """Return the share of the question's quotations that a text holds word for word; 0 where there is none."""
        said = _said(text) if self._quoted else ""
        return sum(quotation in said for quotation in self._quoted) / (len(self._quoted) or 1)

    def coverage(self, text: str) -> float:
        """Return the weighted share of the question's concepts that a text holds, alternatives counting less."""
        stems = frozenset(terms(text))
        held: dict[Concept, float] = {}
        for stem in stems & self._by_stem.keys():
            for concept, entry, worth in self._by_stem[stem]:
                if worth > held.get(concept, 0.0) and stems.issuperset(entry):
                    held[concept] = worth
        held |= {concept: self.concepts[concept] * holds(stems, concept) for concept in self._unheard}
        return math.fsum(held.values()) / self._total


def _said(text: str) -> str:
    return fold(f" {' '.join(words(text))} ")


def holds(stems: frozenset[str], concept: Concept) -> float:
    """Return how far a text's stems hold a concept: 1 as worded, less by an alternative or a near spelling."""
    held = holds_as_spelt(stems, concept)
    return held or (_MISSPELT if all(_misspelt_in(stems, word) for word in concept.entry) else 0.0)


def holds_as_spelt(stems: frozenset[str], concept: Concept) -> float:
    """Return how far a text's stems hold a concept: 1 as worded, less by an alternative."""
    if stems.issuperset(concept.entry):
        return 1.0
    return _ALTERNATIVE if any(map(stems.issuperset, concept.alternatives)) else 0.0


def _misspelt_in(stems: frozenset[str], word: str) -> bool:
    return len(word) >= _MIN_FUZZY and any(stem[0] == word[0] and misspelt(word, stem) for stem in stems)


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


def rarity(concept: Concept, frequency: Callable[[str], int], passages: int) -> float:
    """Weigh a concept by the inverse passage frequency of its rarest word, or of its most common alternative."""
    counts = [_count(entry, frequency) for entry in (concept.entry, *concept.alternatives)]
    count = counts[0] or max(counts)
    return idf(count, passages)


def _count(entry: Iterable[str], frequency: Callable[[str], int]) -> int:
    return min(frequency(stem) for stem in entry)
