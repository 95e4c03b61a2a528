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
from typing import Any
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
_COMPARED = 50
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
    groups: dict[int, list[int]] = defaultdict(list)
    for at in range(len(paths)):
        groups[_root(parent, at)].append(at)
    named: dict[str, str] = {}
    for group in groups.values():
        typical = paths[_typical(group, lambda at: _by_bin(fingerprints[paths[at]]), shingled)]
        named |= {paths[at]: typical for at in group}
    return {path: named[path] for path in paths}


def _typical(group: Sequence[int], *rows_of: Callable[[int], NDArray[Any]]) -> int:
    """Return the article what it holds of which stands in the most others: of edited copies, the one they edit.

    Signatures are compared first; those who tie, by the shingles that they share with some of the group.
    """
    alike = group
    for row_of, most in zip(rows_of, (len(group), _COMPARED), strict=True):
        if len(alike) == 1 or len(group) < 3:
            break
        values, counts = np.unique(np.concatenate([row_of(at) for at in group[:most]]), return_counts=True)
        held = []
        for at in alike[:most]:
            row = row_of(at)
            places = np.searchsorted(values, row).clip(max=len(values) - 1)
            held.append(float(np.mean(counts[places] * (values[places] == row))))
        alike = [at for at, mean in zip(alike, held, strict=False) if mean == max(held)]
    return alike[0]


def _by_bin(fingerprint: bytes) -> NDArray[np.uint64]:
    """Return a signature in which equal hashes of different bins differ."""
    hashes = np.frombuffer(fingerprint, "<u4").astype(np.uint64)
    return hashes | np.arange(len(hashes), dtype=np.uint64) << np.uint64(32)


@lru_cache(1 << 17)
def _hash(word: str) -> int:
    return crc32(word.encode())


def shingles(article: Article) -> Shingles:
    """Return the shingles of the article's kept text."""
    words = _WORD.findall(" ".join(article.text[start:end] for start, end in article.article_lines).lower())
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
