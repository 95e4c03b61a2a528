"""Ranking metrics, each a pure function of the ranks at which a question's gold items are first found."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

_Hit = TypeVar("_Hit")
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Found:
    """The ranks, from 1 and in order, at which gold items are first found, and how many gold items there are."""

    ranks: tuple[int, ...]
    gold: int


Metric = Callable[[Found], float]
FUSED = "fused"
"""The name of the way that the product searches, beside the names of its legs."""


def found(hits: Sequence[_Hit], items: Iterable[_Item], holds: Callable[[_Hit, _Item], bool], gold: int) -> Found:
    """Look for the items, of `gold` in all, in the hits, which come best first."""
    firsts = (next((rank for rank, hit in enumerate(hits, start=1) if holds(hit, item)), None) for item in items)
    return Found(tuple(sorted(rank for rank in firsts if rank is not None)), gold)


def hit(k: int) -> Metric:
    """Return Hits@k: 1 when any gold item is among the first `k` hits, else 0."""
    return lambda one: float(any(rank <= k for rank in one.ranks))


def recall(k: int) -> Metric:
    """Return recall@k: the share of gold items that the first `k` hits hold."""
    return lambda one: sum(rank <= k for rank in one.ranks) / one.gold


def reciprocal_rank(k: int) -> Metric:
    """Return the reciprocal rank of the first hit with a gold item, 0 beyond `k` (TREC-8, Voorhees 1999)."""
    return lambda one: 1 / one.ranks[0] if one.ranks and one.ranks[0] <= k else 0.0


def ndcg(k: int) -> Metric:
    """Return nDCG@k (Järvelin and Kekäläinen 2002) with a gain of 1 for each gold item, where it is first found.

    Of items found together, the nth of all counts at rank n at best: no ranking beats one item a hit from the top.
    """

    def metric(one: Found) -> float:
        places = [max(at, rank) for at, rank in enumerate(one.ranks, start=1)]
        ideal = sum(_discount(rank) for rank in range(1, min(one.gold, k) + 1))
        return sum(_discount(place) for place in places if place <= k) / ideal

    return metric


def multihop_precision(k: int) -> Metric:
    """Return the MAP@k of MultiHop-RAG (arXiv 2401.15391): items first found at a rank, over that rank, summed up.

    As its authors' `retrieval_evaluate.py` counts, which is not the average precision of TREC: a second item at rank 2
    adds 1/2, not 2/2.
    """
    return lambda one: sum(1 / rank for rank in one.ranks if rank <= k) / min(one.gold, k)


ONE_PASSAGE: Mapping[str, Metric] = {"R@1": hit(1), "R@5": hit(5), "R@10": hit(10), "MRR@10": reciprocal_rank(10)}
"""For questions with one gold passage, where recall and hits are one figure."""


def mean(metric: Metric, questions: Sequence[Found]) -> float:
    """Return a metric's mean over questions; 0 when there are none."""
    return sum(map(metric, questions)) / len(questions) if questions else 0.0


def side_by_side(ways: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the metrics of the fused search and of each leg, and by how much the fused one is above the better leg.

    That margin is the least over all metrics: below 0, a leg alone is better in one of them.
    """
    shown = {f"{way} {name}": value for way, measured in ways.items() for name, value in measured.items()}
    return shown | {"fused above the better leg, at least": margin(ways)}


def margin(ways: Mapping[str, Mapping[str, float]]) -> float:
    """Return the least that `fused` is above the better of the other ways, over all metrics."""
    legs = [measured for way, measured in ways.items() if way != FUSED]
    return min(value - max(leg[name] for leg in legs) for name, value in ways[FUSED].items())


def share(held: Iterable[bool]) -> float:
    """Return the share of what holds; 0 when there is nothing."""
    each = list(held)
    return sum(each) / len(each) if each else 0.0


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return how often a positive scores above a negative, ties counting half: the area under the ROC curve.

    0.5, which is chance, when one of the two is empty.
    """
    pairs = len(positive) * len(negative)
    above = sum((one > other) + (one == other) / 2 for one in positive for other in negative)
    return above / pairs if pairs else 0.5


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)
