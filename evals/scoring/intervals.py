"""How far a figure may be off by chance: 95 % intervals for shares, for figures of a run, and for differences of two.

The cases of a suite stand for all questions that might be asked. Whole cases are drawn anew, never single statements
or citations, for those of one answer are alike. Everything is seeded: the same counts give the same interval.
"""

from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 2000
SEED = 20
Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """The bounds within which a figure lies at the confidence of 95 %, as far as chance goes."""

    low: float
    high: float


class Counts(NamedTuple):
    """What each case adds to a figure: `got` of `of`, two arrays of one length."""

    got: Floats
    of: Floats

    @property
    def ratio(self) -> float:
        """The figure: all that was got, of all there was."""
        return float(self.got.sum() / self.of.sum())


def wilson(got: float, of: float) -> Interval:
    """Return the score interval of a share of `of` independent trials (Wilson 1927; Brown, Cai, DasGupta 2001).

    Raises ValueError where there are no trials, or more was got than there are.
    """
    if of <= 0 or not 0 <= got <= of:
        raise ValueError(f"{got:g} of {of:g} is no share")
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, spread = got / of, z * z / of
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * (share * (1 - share) / of + spread / of / 4) ** 0.5
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def bootstrapped(counts: Counts, share: bool = True) -> Interval:
    """Return the bias-corrected and accelerated bootstrap interval of a ratio, by case (BCa, Efron 1987).

    Where each case has the same ratio, drawing anew shows no spread; a share of all or none then has the interval of
    that many cases, and another figure has none but itself.
    """
    each = counts.got / counts.of
    if (each == each[0]).all():
        certain = Interval(float(each[0]), float(each[0]))
        return wilson(each[0] * len(each), len(each)) if share and each[0] in (0, 1) else certain
    drawn = _ratios(counts, draws(len(each)))
    point = counts.ratio
    below = (np.mean(drawn < point) + np.mean(drawn <= point)) / 2
    bias = NormalDist().inv_cdf(min(max(float(below), 1e-6), 1 - 1e-6))
    without = (counts.got.sum() - counts.got) / (counts.of.sum() - counts.of)
    spread = without.mean() - without
    squares = float((spread**2).sum())
    acceleration = float((spread**3).sum()) / (6 * squares**1.5) if squares else 0.0

    def level(tail: float) -> float:
        moved = bias + NormalDist().inv_cdf(tail)
        return NormalDist().cdf(bias + moved / (1 - acceleration * moved))

    return _quantiles(drawn, level((1 - CONFIDENCE) / 2), level((1 + CONFIDENCE) / 2))


def of_percentile(values: Floats, percent: int) -> Interval:
    """Return the percentile bootstrap interval of a percentile of values, one a case (Efron 1979)."""
    rank = nearest_rank(percent, len(values))
    drawn = np.sort(values[draws(len(values))], axis=1)[:, rank - 1]
    return _quantiles(drawn, (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)


def of_difference(new: Counts, old: Counts) -> Interval:
    """Return the percentile bootstrap interval of new minus old, over the same cases in the same order (paired).

    Both are drawn together, so that what makes a case hard counts in both (Efron and Tibshirani 1993, chapter 8;
    Berg-Kirkpatrick et al. 2012, aclanthology D12-1091, on paired tests by bootstrap). A case that has nothing to
    count in one of the two has `of` 0 there.
    """
    drawn = draws(len(new.got))
    return _quantiles(_ratios(new, drawn) - _ratios(old, drawn), (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)


def nearest_rank(percent: int, of: int) -> int:
    """Return the rank, from 1, of the least of `of` values that at least `percent` of a hundred do not exceed."""
    return -(-percent * of // 100)


@lru_cache(maxsize=64)
def draws(cases: int) -> NDArray[np.int64]:
    """Return which cases are drawn: `RESAMPLES` rows of as many as there are, with replacement, the same each time."""
    return np.random.default_rng(SEED).integers(0, cases, (RESAMPLES, cases))


def _ratios(counts: Counts, drawn: NDArray[np.int64]) -> Floats:
    """Return the ratio of each draw; a draw with nothing to count has none."""
    got, of = counts.got[drawn].sum(axis=1), counts.of[drawn].sum(axis=1)
    return np.where(of > 0, got / np.where(of > 0, of, 1.0), np.nan)


def _quantiles(drawn: Floats, low: float, high: float) -> Interval:
    found = np.quantile(drawn[~np.isnan(drawn)], [low, high])
    return Interval(round(float(found[0]), 9), round(float(found[1]), 9))
