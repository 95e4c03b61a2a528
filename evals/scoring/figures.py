"""What a metric is, and how the scores of a run become its figure: a value, over how many, with its interval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from pydantic import Field

from evals.scoring.intervals import Counts, Interval, bootstrapped, nearest_rank, of_difference, of_percentile, wilson
from evals.scoring.scores import Score
from index.models import Record


class Part(NamedTuple):
    """What one case adds to a metric: `got` of `of` facts, citations, statements, or of the one case itself."""

    got: float
    of: float = 1


class Better(StrEnum):
    """Which way a metric is better; `neither` says how the service answers, not how well."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"


class Unit(StrEnum):
    """What a metric is counted in; a share is from 0 to 1."""

    SHARE = "share"
    NUMBER = "number"
    SECONDS = "s"
    DOLLARS = "$"


@dataclass(frozen=True)
class Metric:
    """A metric: `part` is a pure function of one score, None where the metric does not apply to the case.

    The figure is all that was got of all there was, over all cases alike (micro-average); with `percent`, it is that
    percentile of what single cases have.
    """

    part: Callable[[Score], Part | None]
    better: Better = Better.MORE
    unit: Unit = Unit.SHARE
    percent: int | None = None


class Figure(Record):
    """The value of a metric and its 95 % interval; None where there was nothing to count."""

    value: float | None
    n: int = Field(ge=0, description="how many facts, citations, statements, answers or cases it is over")
    cases: int = Field(ge=0, description="how many cases these are of")
    low: float | None = None
    high: float | None = None


class Difference(Record):
    """By how much a figure differs from an earlier one over the same cases, with the 95 % interval of that."""

    value: float
    low: float
    high: float
    cases: int

    @property
    def noise(self) -> bool:
        """Whether the difference may be chance: its interval holds 0."""
        return self.low <= 0 <= self.high


NOTHING = Figure(value=None, n=0, cases=0)


def figure(metric: Metric, scores: Sequence[Score], interval: bool = True) -> Figure:
    """Return the figure of a metric; scores of one id are repeats of one case, and are drawn together."""
    parts = parts_by_case(metric, scores)
    if not parts:
        return NOTHING
    if metric.percent is not None:
        return _percentile(metric.percent, [part.got for of_case in parts.values() for part in of_case], interval)
    counts = _counts(list(parts.values()))
    n = sum(part.of for of_case in parts.values() for part in of_case)
    bounds = _interval(metric, counts) if interval else None
    return Figure(
        value=counts.ratio,
        n=round(n),
        cases=len(parts),
        low=bounds and bounds.low,
        high=bounds and bounds.high,
    )


def figures(metrics: Mapping[str, Metric], scores: Sequence[Score], interval: bool = True) -> dict[str, Figure]:
    """Return the figure of each metric by name, in the order given."""
    return {name: figure(metric, scores, interval) for name, metric in metrics.items()}


def difference(metric: Metric, new: Sequence[Score], old: Sequence[Score]) -> Difference | None:
    """Return how a metric changed over the cases that both have, paired by id; None where one has nothing to count.

    A case that the metric applies to in one of the two only, such as one with citations, counts in that one.
    """
    parts = parts_by_case(metric, new), parts_by_case(metric, old)
    both = {score.id for score in new} & {score.id for score in old}
    ids = sorted(both & (parts[0].keys() | parts[1].keys()))
    if metric.percent is not None or not all(set(ids) & found.keys() for found in parts):
        return None
    paired = [_counts([found.get(name, [Part(0, 0)]) for name in ids]) for found in parts]
    bounds = of_difference(*paired)
    return Difference(value=paired[0].ratio - paired[1].ratio, low=bounds.low, high=bounds.high, cases=len(ids))


def parts_by_case(metric: Metric, scores: Sequence[Score]) -> dict[str, list[Part]]:
    """Return what each case adds to a metric, by id; cases that it does not apply to are left out."""
    parts: dict[str, list[Part]] = {}
    for score in scores:
        part = metric.part(score)
        if part is not None and part.of:
            parts.setdefault(score.id, []).append(part)
    return parts


def _counts(cases: Sequence[Sequence[Part]]) -> Counts:
    """Return the sums of each case over its repeats."""
    got = [sum(part.got for part in of_case) for of_case in cases]
    of = [sum(part.of for part in of_case) for of_case in cases]
    return Counts(np.array(got, dtype=float), np.array(of, dtype=float))


def _interval(metric: Metric, counts: Counts) -> Interval:
    """Return Wilson's interval for a share of cases, each one thing that is so or is not, else a bootstrap by case."""
    single = bool((counts.of == 1).all() and np.isin(counts.got, (0, 1)).all())
    if metric.unit is Unit.SHARE and single:
        return wilson(counts.got.sum(), len(counts.of))
    return bootstrapped(counts, metric.unit is Unit.SHARE)


def _percentile(percent: int, values: Sequence[float], interval: bool) -> Figure:
    rank = nearest_rank(percent, len(values))
    bounds = of_percentile(np.array(values), percent) if interval else None
    return Figure(
        value=sorted(values)[rank - 1],
        n=len(values),
        cases=len(values),
        low=bounds and bounds.low,
        high=bounds and bounds.high,
    )
