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
_LEAST_AGREEMENT = 0.15
"""Pairs whose signatures agree in a smaller share of their bins are not compared; by judgement."""
_SHINGLE_WORDS = 3
# 128 bins of four bytes are half a kibibyte an article in the catalog.
_BINS = 128
_NEIGHBOURS = 4
_PAIRS_PER_BATCH = 1 << 14
_MOST_COMPARED = 50
_WORD = re.compile(r"[^\W_]+")
# The golden ratio in 64 bits (Fibonacci hashing), and the second and third prime of xxHash.
_MIX = tuple(np.uint64(factor) for factor in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))

Shingles = NDArray[np.uint32]
"""The hashes of an article's word shingles, sorted, each once."""


def stories(fingerprints: Mapping[str, bytes], shingles_of: Callable[[str], Shingles]) -> dict[str, str]:
    """Return for each article's path the path of its story's most typical article (its own, when it stands alone).

    `fingerprints` are those of all articles by path; `shingles_of` is called only for articles that look alike. The
    result depends on the set of articles only, not on their order.
    """
    paths = sorted(fingerprints)
    shingles = cache(lambda index: shingles_of(paths[index]))
    parents = list(range(len(paths)))
    # The likeliest pairs come first, so most of the others are in one story already, and the two are not compared.
    for first, second in _candidates([fingerprints[path] for path in paths]):
        roots = _root(parents, first), _root(parents, second)
        if roots[0] != roots[1] and _jaccard(shingles(first), shingles(second)) >= _SAME_STORY:
            parents[max(roots)] = min(roots)
    groups: dict[int, list[int]] = defaultdict(list)
    for index in range(len(paths)):
        groups[_root(parents, index)].append(index)
    result = dict.fromkeys(paths, "")
    for group in groups.values():
        typical = _most_typical(group, lambda index: _by_bin(fingerprints[paths[index]]), shingles)
        result |= {paths[index]: paths[typical] for index in group}
    return result


def _most_typical(group: Sequence[int], *rows_of: Callable[[int], NDArray[Any]]) -> int:
    """Return the article whose hashes stand in the most other articles: of edited copies, the one they edit.

    Signatures are compared first; those who tie, by the shingles that they share with some of the group.
    """
    best = group
    for row_of, most in zip(rows_of, (len(group), _MOST_COMPARED), strict=True):
        # Of two articles neither stands in more others, and the first by path is as good.
        if len(best) == 1 or len(group) < 3:
            break
        values, counts = np.unique(np.concatenate([row_of(index) for index in group[:most]]), return_counts=True)
        means = {}
        for index in best[:most]:
            row = row_of(index)
            places = np.searchsorted(values, row).clip(max=len(values) - 1)
            # A hash of the rest of a large group may be in none of those that were looked at: searchsorted then gives
            # the place of another one, which must not count.
            means[index] = float(np.mean(counts[places] * (values[places] == row)))
        best = [index for index, mean in means.items() if mean == max(means.values())]
    return best[0]


def _by_bin(fingerprint: bytes) -> NDArray[np.uint64]:
    """Return a signature in which equal hashes of different bins differ."""
    hashes = np.frombuffer(fingerprint, "<u4").astype(np.uint64)
    return hashes | np.arange(len(hashes), dtype=np.uint64) << np.uint64(32)


@lru_cache(1 << 17)
def _hash(word: str) -> int:
    return crc32(word.encode())


def shingles(article: Article) -> Shingles:
    """Return the shingles of the article's text, without page junk."""
    words = _WORD.findall(" ".join(article.text[start:end] for start, end in article.article_lines).lower())
    row = np.fromiter(map(_hash, words), np.uint64, len(words))
    if 0 < len(row) < _SHINGLE_WORDS:
        # A text of one or two words has a shingle all the same.
        row = np.pad(row, (0, _SHINGLE_WORDS - len(row)))
    mixed = np.zeros(max(0, len(row) - _SHINGLE_WORDS + 1), np.uint64)
    for offset, factor in enumerate(_MIX):
        # The order of the words counts: each is mixed into what the ones before it left.
        mixed = (mixed ^ (mixed >> np.uint64(29)) ^ row[offset : offset + len(mixed)]) * factor
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def fingerprint(shingles: Shingles) -> bytes:
    """Return a MinHash signature: the lowest hash of each of the equal bins of the hash range, little-endian uint32.

    An empty bin takes the next one's; a text without words has the empty fingerprint.
    """
    if not len(shingles):
        return b""
    bin_starts = np.arange(_BINS, dtype=np.uint64) * np.uint64(2**32 // _BINS)
    places = np.searchsorted(shingles, bin_starts.astype(np.uint32))
    # An empty bin finds the lowest hash of the next one; behind the last hash the search begins again with the first.
    return shingles[np.where(places < len(shingles), places, 0)].astype("<u4").tobytes()


def _candidates(fingerprints: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield pairs of indices whose fingerprints agree often enough to be worth a look, the likeliest first."""
    filled = np.array([index for index, fingerprint in enumerate(fingerprints) if fingerprint], np.int64)
    if len(filled) < 2:
        return
    signatures = np.frombuffer(b"".join(fingerprints), "<u4").reshape(-1, _BINS)
    # An edit changes some bins only. With each bin as the first key once, a similar pair is near in some order.
    codes = np.unique(np.concatenate([_neighbours(signatures, first) for first in range(_BINS)]))
    pairs = np.stack(np.divmod(codes, len(filled)), axis=1)
    agreement = np.zeros(len(pairs))
    for start in range(0, len(pairs), _PAIRS_PER_BATCH):
        batch = pairs[start : start + _PAIRS_PER_BATCH]
        agreement[start : start + len(batch)] = np.mean(signatures[batch[:, 0]] == signatures[batch[:, 1]], axis=1)
    for place in np.argsort(-agreement, kind="stable"):
        if agreement[place] < _LEAST_AGREEMENT:
            return
        first, second = filled[pairs[place]]
        yield int(first), int(second)


def _neighbours(signatures: Shingles, first: int) -> NDArray[np.int64]:
    """Return pairs that agree in two bins from `first` on and are near each other when sorted by these and two more.

    A pair of rows is coded as `lower * rows + higher`.
    """
    columns = [signatures[:, (first + step) % _BINS] for step in range(4)]
    order = np.lexsort(columns[::-1])
    codes = []
    # Neighbours at up to `_NEIGHBOURS` places: of a large story not all pairs are needed, since stories are connected.
    for lag in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
        left, right = order[:-lag], order[lag:]
        same = (columns[0][left] == columns[0][right]) & (columns[1][left] == columns[1][right])
        codes.append(np.minimum(left, right)[same] * len(order) + np.maximum(left, right)[same])
    return np.concatenate(codes)


def _jaccard(first: Shingles, second: Shingles) -> float:
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        # Path halving keeps the way to the root short (Tarjan and van Leeuwen 1984).
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index
