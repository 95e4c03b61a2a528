"""Group near-identical articles (one wire report in many outlets) into stories.

Two articles are one story when the Jaccard similarity of their word shingles reaches 0.4 (Broder 1997): a report in
which one word in ten is changed keeps 0.57, different reports of one event stay below 0.25. Stories are the connected
groups of such pairs. Candidate pairs are found by sorting MinHash signatures, made with one permutation (Li, Owen and
Zhang 2012), and looking only at near neighbours, so that the work grows with the articles and not with their pairs.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from index.models import Article

_SAME_STORY = 0.4
_LIKELY = 0.15
_SHINGLE_WORDS = 3
_BINS = 128
_NEIGHBOURS = 4
_PAIRS_AT_ONCE = 1 << 14
_WORD = re.compile(r"[^\W_]+")
_MIX = tuple(np.uint64(factor) for factor in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))

Shingles = NDArray[np.uint32]
"""The hashes of an article's word shingles, sorted, each once."""


def stories(fingerprints: Mapping[str, bytes], shingles_of: Callable[[str], Shingles]) -> dict[str, str]:
    """Return for each article's path the path of its story's most typical article (its own, when it stands alone).

    `fingerprints` are those of all articles by path; `shingles_of` is asked only for articles that look alike. The
    result depends on the set of articles only, not on their order.
    """
    paths = sorted(fingerprints)
    shingled = cache(lambda at: shingles_of(paths[at]))
    parent = list(range(len(paths)))
    for one, other in _candidates([fingerprints[path] for path in paths]):
        roots = _root(parent, one), _root(parent, other)
        if roots[0] != roots[1] and _jaccard(shingled(one), shingled(other)) >= _SAME_STORY:
            parent[max(roots)] = min(roots)
    groups: dict[int, list[str]] = defaultdict(list)
    for at, path in enumerate(paths):
        groups[_root(parent, at)].append(path)
    return {path: typical for group in groups.values() for typical in [_typical(group, fingerprints)] for path in group}


def _typical(group: Sequence[str], fingerprints: Mapping[str, bytes]) -> str:
    """Return the article whose fingerprint agrees most with those of all: of edited copies, the one they edit."""
    if len(group) < 3:
        return group[0]
    signatures = np.frombuffer(b"".join(fingerprints[path] for path in group), "<u4").reshape(-1, _BINS)
    agreement = np.zeros(len(group), np.int64)
    for column in signatures.T:
        _, same, counts = np.unique(column, return_inverse=True, return_counts=True)
        agreement += counts[same]
    return group[int(agreement.argmax())]


@lru_cache(1 << 17)
def _hash(word: str) -> int:
    return crc32(word.encode())


def shingles(article: Article) -> Shingles:
    """Return the shingles of the article's kept text."""
    words = _WORD.findall(" ".join(article.text[start:end] for start, end in article.kept).lower())
    row = np.fromiter(map(_hash, words), np.uint64, len(words))
    if 0 < len(row) < _SHINGLE_WORDS:
        row = np.pad(row, (0, _SHINGLE_WORDS - len(row)))
    mixed = np.zeros(max(0, len(row) - _SHINGLE_WORDS + 1), np.uint64)
    for at, factor in enumerate(_MIX):
        mixed = (mixed ^ (mixed >> np.uint64(29)) ^ row[at : at + len(mixed)]) * factor
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def fingerprint(shingles: Shingles) -> bytes:
    """Return a MinHash signature: the lowest hash of each of the equal bins of the hash range, little-endian uint32.

    An empty bin takes the next one's; a text without words has the empty fingerprint.
    """
    if not len(shingles):
        return b""
    lows = np.arange(_BINS, dtype=np.uint64) * np.uint64(2**32 // _BINS)
    at = np.searchsorted(shingles, lows.astype(np.uint32))
    return shingles[np.where(at < len(shingles), at, 0)].astype("<u4").tobytes()


def _candidates(fingerprints: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield pairs of places whose fingerprints agree often enough to be worth a look, the likeliest first."""
    filled = np.array([at for at, one in enumerate(fingerprints) if one], np.int64)
    if len(filled) < 2:
        return
    signatures = np.frombuffer(b"".join(fingerprints), "<u4").reshape(-1, _BINS)
    coded = np.unique(np.concatenate([_neighbours(signatures, first) for first in range(_BINS)]))
    pairs = np.stack(np.divmod(coded, len(filled)), axis=1)
    chunks = [pairs[start : start + _PAIRS_AT_ONCE] for start in range(0, len(pairs), _PAIRS_AT_ONCE)]
    agreement = [np.mean(signatures[chunk[:, 0]] == signatures[chunk[:, 1]], axis=1) for chunk in chunks]
    likeness = np.concatenate(agreement) if agreement else np.zeros(0)
    for at in np.argsort(-likeness, kind="stable"):
        if likeness[at] < _LIKELY:
            return
        one, other = filled[pairs[at]]
        yield int(one), int(other)


def _neighbours(signatures: Shingles, first: int) -> NDArray[np.int64]:
    """Return pairs that agree in two bins from `first` on and are near each other when sorted by these and two more.

    A pair of rows is coded as `lower * rows + higher`.
    """
    columns = [signatures[:, (first + step) % _BINS] for step in range(4)]
    order = np.lexsort(columns[::-1])
    found = []
    for lag in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
        one, other = order[:-lag], order[lag:]
        same = (columns[0][one] == columns[0][other]) & (columns[1][one] == columns[1][other])
        found.append(np.minimum(one, other)[same] * len(order) + np.maximum(one, other)[same])
    return np.concatenate(found)


def _jaccard(one: Shingles, other: Shingles) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)


def _root(parent: list[int], at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at
