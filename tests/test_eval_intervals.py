"""Intervals: by hand where that can be done, and by simulation whether 95 % of them hold the truth."""

import numpy as np
import pytest

from evals.scoring.intervals import Counts, Interval, bootstrapped, nearest_rank, of_difference, of_percentile, wilson

RUNS, CASES = 1000, 150


def counts(got: list[float], of: list[float]) -> Counts:
    return Counts(np.array(got, dtype=float), np.array(of, dtype=float))


def test_wilson_is_as_published() -> None:
    # Newcombe 1998, table I: 81 of 263, and 15 of 148.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_wilson_keeps_within_a_share() -> None:
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(20, 20) == pytest.approx((0.8389, 1.0), abs=5e-5)
    for got, of in ((1, 0), (-1, 4), (5, 4)):
        with pytest.raises(ValueError, match="no share"):
            wilson(got, of)


def test_the_same_counts_give_the_same_interval() -> None:
    some = counts([1, 0, 2, 1, 0, 3], [1, 1, 3, 2, 0.5, 3])
    assert bootstrapped(some) == bootstrapped(some)
    assert bootstrapped(some).low < some.ratio < bootstrapped(some).high


def test_where_all_cases_are_alike_a_share_still_is_uncertain() -> None:
    assert bootstrapped(counts([2] * 20, [2] * 20)) == wilson(20, 20)
    assert bootstrapped(counts([0] * 20, [2] * 20)) == wilson(0, 20)
    assert bootstrapped(counts([3] * 20, [2] * 20)) == Interval(1.5, 1.5)


def test_the_nearest_rank_is_counted_from_one() -> None:
    assert [nearest_rank(50, 4), nearest_rank(95, 4), nearest_rank(50, 5), nearest_rank(95, 100)] == [2, 4, 3, 95]
    low, high = of_percentile(np.arange(1.0, 101.0), 50)
    assert low < 50 < high


def test_a_difference_of_a_run_with_itself_is_none() -> None:
    some = counts([1, 0, 2, 1], [1, 1, 3, 2])
    assert of_difference(some, some) == Interval(0.0, 0.0)


def test_a_difference_is_surer_paired_than_apart() -> None:
    rng = np.random.default_rng(3)
    hard = rng.random(CASES) < 0.5
    new, old = hard & (rng.random(CASES) < 0.9), hard
    paired = of_difference(counts(list(new), [1] * CASES), counts(list(old), [1] * CASES))
    shuffled = rng.permutation(old)
    apart = of_difference(counts(list(new), [1] * CASES), counts(list(shuffled), [1] * CASES))
    assert paired.high - paired.low < (apart.high - apart.low) / 2


def test_95_percent_of_wilson_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(1)
    truth = 0.7
    held = [low <= truth <= high for low, high in (wilson(got, CASES) for got in rng.binomial(CASES, truth, RUNS))]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def drawn(rng: np.random.Generator, truth: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what a run counts: one to three citations a case, and cases that differ in how hard they are."""
    of = rng.integers(1, 4, CASES)
    return rng.binomial(of, rng.beta(2 * truth, 2 * (1 - truth), CASES)).astype(float), of.astype(float)


def test_95_percent_of_bootstrap_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(2)
    held = [low <= 0.75 <= high for low, high in (bootstrapped(Counts(*drawn(rng, 0.75))) for _ in range(RUNS))]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_95_percent_of_paired_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(4)
    held = []
    for _ in range(RUNS):
        hard = rng.beta(1.5, 0.5, CASES)
        old, new = rng.binomial(2, hard), rng.binomial(2, hard * 0.8)
        of = np.full(CASES, 2.0)
        low, high = of_difference(Counts(new.astype(float), of), Counts(old.astype(float), of))
        held.append(low <= -0.2 * 0.75 <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)
