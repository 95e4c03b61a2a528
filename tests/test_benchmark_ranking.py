"""The metrics on numbers made by hand; once, on the hits of MultiHop-RAG, they were also equal to ir-measures."""

import math

import pytest

from evals.benchmarks.ranking import (
    Found,
    auroc,
    found,
    hit,
    margin,
    mean,
    multihop_precision,
    ndcg,
    recall,
    reciprocal_rank,
    share,
    side_by_side,
)

TWO_OF_THREE = Found((2, 4), 3)
NONE = Found((), 2)


def test_items_are_found_at_the_first_hit_that_holds_them() -> None:
    assert found(["xx", "ab", "b", "abc"], "abcd", str.__contains__, 4) == Found((2, 2, 4), 4)
    assert found([], "ab", str.__contains__, 2) == NONE


def test_hits_and_recall() -> None:
    assert [hit(k)(TWO_OF_THREE) for k in (1, 2, 10)] == [0, 1, 1]
    assert [recall(k)(TWO_OF_THREE) for k in (1, 2, 4)] == [0, 1 / 3, 2 / 3]
    assert hit(10)(NONE) == recall(10)(NONE) == 0


def test_reciprocal_rank_ends_at_its_depth() -> None:
    assert reciprocal_rank(10)(TWO_OF_THREE) == 1 / 2
    assert reciprocal_rank(10)(Found((11,), 1)) == reciprocal_rank(10)(NONE) == 0


def test_ndcg() -> None:
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert ndcg(10)(TWO_OF_THREE) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert ndcg(2)(TWO_OF_THREE) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert ndcg(10)(Found((1, 2, 3), 3)) == 1


def test_no_ranking_beats_one_item_a_hit_from_the_top() -> None:
    assert ndcg(10)(Found((1, 1), 2)) == 1
    assert ndcg(1)(Found((1, 1), 2)) == 1
    assert ndcg(10)(Found((2, 2), 2)) == pytest.approx((2 / math.log2(3)) / (1 + 1 / math.log2(3)))


def test_the_precision_of_multihop_divides_what_is_new_by_the_rank() -> None:
    assert multihop_precision(10)(TWO_OF_THREE) == (1 / 2 + 1 / 4) / 3
    assert multihop_precision(10)(Found((3, 3, 11), 3)) == (1 / 3 + 1 / 3) / 3
    assert multihop_precision(10)(Found((1,), 12)) == 1 / 10


def test_means_and_shares_of_nothing_are_zero() -> None:
    assert mean(hit(10), [TWO_OF_THREE, NONE]) == 1 / 2
    assert mean(hit(10), []) == share([]) == 0
    assert share([True, False, False]) == 1 / 3


def test_auroc_counts_ties_half() -> None:
    assert auroc([3, 1], [2, 1]) == (1 + 1 + 0 + 0.5) / 4
    assert auroc([2, 3], [0, 1]) == 1
    assert auroc([], [1]) == 0.5


def test_the_margin_is_that_of_the_worst_metric() -> None:
    ways = {"fused": {"a": 0.5, "b": 0.75}, "dense": {"a": 0.25, "b": 0.0}, "lexical": {"a": 0.0, "b": 1.0}}
    assert margin(ways) == -0.25
    shown = side_by_side(ways)
    assert (shown["fused a"], shown["lexical b"]) == (0.5, 1.0)
    assert shown["fused above the better leg, at least"] == -0.25
