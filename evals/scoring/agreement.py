"""How far two graders agree beyond chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.scoring.intervals import CONFIDENCE, draws


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa with its 95 % interval, the plain share of agreement, and over how many answers."""

    kappa: float | None
    low: float | None
    high: float | None
    share: float
    n: int

    def __str__(self) -> str:
        """Return it in words."""
        if self.kappa is None or self.low is None or self.high is None:
            return f"kappa has no value, for all are alike; the same in {self.share:.2f}"
        return f"kappa {self.kappa:.2f} (95 %: {self.low:.2f} to {self.high:.2f}), the same in {self.share:.2f}"


def cohens_kappa(first: Sequence[bool], second: Sequence[bool]) -> Agreement:
    """Return the agreement of two graders of the same answers (Cohen 1960), with a bootstrap interval by answer.

    It has no value where both say the same of everything, for chance would agree as well. Raises ValueError without
    any answers, or when the graders graded different numbers of them.
    """
    if not first or len(first) != len(second):
        raise ValueError("two graders grade the same answers, at least one")
    one, other = np.array(first, dtype=float), np.array(second, dtype=float)
    share = float((one == other).mean())
    drawn = draws(len(one))
    kappas = np.array([_kappa(one[rows], other[rows]) for rows in drawn])
    kappas = kappas[~np.isnan(kappas)]
    point = _kappa(one, other)
    if np.isnan(point) or not len(kappas):
        return Agreement(None, None, None, share, len(one))
    low, high = np.quantile(kappas, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Agreement(point, float(low), float(high), share, len(one))


def _kappa(one: np.ndarray, other: np.ndarray) -> float:
    chance = one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean())
    return float(((one == other).mean() - chance) / (1 - chance)) if chance < 1 else float("nan")
