"""The dense leg: of few passages every sentence is compared with the question, of many Chroma finds the nearest."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from index.store.catalog import Catalog

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

_Found = TypeVar("_Found", bound=tuple[Any, ...])
# Twice as many are asked for at first: others take some of the places. Each further search is tried only where the one
# before leaves too few.
_MARGIN, _DEEPER = 2, 8


def first_of(catalog: Catalog, search: Callable[[int], Sequence[_Found]], limit: int) -> list[_Found]:
    """Return the first `limit` results of a search that are passages of a catalog.

    `search` returns up to so many results, the id of a passage first in each; it is asked for more until they are
    enough, or it has no more.
    """
    depth = _MARGIN * limit
    while True:
        found = search(depth)
        own_ids = catalog.present_ids([result[0] for result in found])
        own = [result for result in found if result[0] in own_ids]
        if len(own) >= limit or len(found) < depth:
            return own[:limit]
        depth *= _DEEPER


class Dense(Protocol):
    """The dense leg of a snapshot."""

    def query(self, vector: "Vectors", limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, similarity), best first; raise VectorsUnavailable when a server is down."""
        ...


class LateVectors:
    """The dense leg of a snapshot whose vectors are opened at the first question, by one thread."""

    def __init__(self, vectors: Callable[[], Dense]) -> None:
        """Search what `vectors` gives; it may raise VectorsUnavailable."""
        self._vectors, self._lock = vectors, threading.Lock()

    def query(self, vector: "Vectors", limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, similarity), best first; raise VectorsUnavailable when that cannot be."""
        with self._lock:
            vectors = self._vectors()
        return vectors.query(vector, limit)


class OwnPassages:
    """The dense leg of a catalog where what is searched holds passages of others too."""

    def __init__(self, catalog: Catalog, dense: Callable[[], Dense]) -> None:
        """Search what `dense` returns for passages of `catalog`; it is called at each query."""
        self._catalog, self._dense = catalog, dense

    def query(self, vector: "Vectors", limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, similarity), best first; raise VectorsUnavailable when that cannot be."""
        return first_of(self._catalog, partial(self._dense().query, vector), limit)


def unpacked(stored: Mapping[str, bytes], dimension: int) -> tuple["Vectors", dict[str, slice]]:
    """Return float16 vectors by passage id as one float32 matrix, and which rows of it are those of each passage."""
    import numpy as np

    rows = np.frombuffer(b"".join(stored.values()), np.float16).reshape(-1, dimension)
    # float16: two bytes a number.
    ends = list(accumulate(len(vectors) // (2 * dimension) for vectors in stored.values()))
    starts = [0, *ends][: len(ends)]
    return rows.astype(np.float32), dict(zip(stored, map(slice, starts, ends), strict=True))


class ExactVectors:
    """The sentence vectors of a catalog in memory: 1.5 KiB a sentence, a few milliseconds for 20,000 of them."""

    def __init__(self, catalog: Catalog, dimension: int) -> None:
        """Read all sentence vectors of `catalog`."""
        import numpy as np

        self._np = np
        # A passage without sentences must not get a start: reduceat would give it the row of the next passage.
        stored = {identity: vectors for identity, vectors in catalog.all_sentence_vectors() if vectors}
        self._ids = list(stored)
        self._rows, places = unpacked(stored, dimension)
        self._starts = [place.start for place in places.values()]

    def query(self, vector: "Vectors", limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, cosine similarity of its nearest sentence), best first."""
        if not self._ids:
            return []
        # The rows from one start to the next are those of one passage.
        similarities = self._np.maximum.reduceat(self._rows @ vector, self._starts)
        # Stable: passages that score alike stay ordered by id, on every machine.
        order = self._np.argsort(-similarities, kind="stable")[:limit]
        return [(self._ids[number], float(similarities[number])) for number in order]
