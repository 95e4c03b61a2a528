"""Group near-identical articles (one wire report in many outlets) into stories.

Two articles are one story when the Jaccard similarity of their word shingles reaches a half (Broder 1997). Candidates
are found through the rarest shingles only, so that the work grows with the articles and not with their pairs.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from zlib import crc32

from index.models import Article

_SHINGLE_WORDS = 3
_SAME_STORY = 0.5
_PROBES = 48
_WORD = re.compile(r"[^\W_]+")


def stories(articles: Iterable[Article]) -> dict[str, str]:
    """Return for each article's path the path of its story's first article (its own, when it stands alone)."""
    shingled = {article.path: _shingles(article) for article in articles}
    parent = {path: path for path in shingled}
    for path, other in _candidates(shingled):
        if _root(parent, path) != _root(parent, other) and _jaccard(shingled[path], shingled[other]) >= _SAME_STORY:
            first, second = sorted((_root(parent, path), _root(parent, other)))
            parent[second] = first
    return {path: _root(parent, path) for path in parent}


def _shingles(article: Article) -> frozenset[int]:
    kept = " ".join(article.text[start:end] for start, end in article.kept)
    words = _WORD.findall(kept.lower())
    spans = range(max(1, len(words) - _SHINGLE_WORDS + 1))
    return frozenset(crc32(" ".join(words[at : at + _SHINGLE_WORDS]).encode()) for at in spans)


def _candidates(shingled: Mapping[str, frozenset[int]]) -> Iterable[tuple[str, str]]:
    """Yield pairs that share one of their lowest-hashed shingles (a bottom-k sketch)."""
    holders: dict[int, list[str]] = defaultdict(list)
    for path, shingles in shingled.items():
        for shingle in sorted(shingles)[:_PROBES]:
            holders[shingle].append(path)
    shared: Counter[tuple[str, str]] = Counter()
    for paths in holders.values():
        shared.update((path, other) for path, other in pairwise(paths))
    return shared


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other) if one or other else 0.0


def _root(parent: dict[str, str], path: str) -> str:
    while parent[path] != path:
        parent[path] = parent[parent[path]]
        path = parent[path]
    return path
