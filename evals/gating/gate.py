"""Compare the figures of a run with its thresholds and its baseline: what fails it, and what only warns."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from evals.gating.baseline import Comparison
from evals.gating.thresholds import WHOLE, Bounds, Thresholds
from evals.scoring.figures import NOTHING, Better, Difference, Figure, Unit
from evals.scoring.metrics import METRICS
from evals.scoring.scores import Score
from index.models import Record

Figures = Mapping[str, Figure]


class Level(StrEnum):
    """What a finding means: `fails` ends the run with the exit code 1."""

    FAILS = "fails"
    WARNS = "warns"


class Finding(Record):
    """Why a run does not pass, or what to look at: the name of a metric, or `cases`, its group, a plain sentence."""

    name: str
    group: str = WHOLE
    level: Level = Level.FAILS
    reason: str


def findings(
    scores: Sequence[Score],
    thresholds: Thresholds,
    figures: Mapping[str, Figures],
    comparisons: Mapping[str, Comparison],
) -> tuple[Finding, ...]:
    """Return every reason why a run does not pass, and every warning; `figures` and `comparisons` are by group.

    A run without cases, a case with an error, and a metric with nothing to count are reasons of their own.
    """
    found = list(_of_the_run(scores))
    for group, bounds in thresholds.by_group:
        found += _of_bounds(group, bounds, figures.get(group, {}), thresholds.min_samples)
        if group in comparisons:
            found += _of_drops(group, bounds, comparisons[group], thresholds.min_samples)
    return tuple(found)


def shown(value: float | None, unit: Unit = Unit.SHARE, better: Better = Better.MORE) -> str:
    """Return a value as text, rounded to the worse side, so that a miss never looks like a pass; a dash for none."""
    if value is None:
        return "-"
    up = better is Better.LESS
    rounded = math.ceil(value * 1000 - 1e-9) / 1000 if up else math.floor(value * 1000 + 1e-9) / 1000
    return f"{rounded:.3f}" + (f" {unit}" if unit in (Unit.SECONDS, Unit.DOLLARS) else "")


def figure_shown(name: str, value: float | None) -> str:
    """Return the value of a metric as text, with its unit."""
    return shown(value, METRICS[name].unit, METRICS[name].better)


def _of_the_run(scores: Sequence[Score]) -> Iterator[Finding]:
    if not scores:
        yield Finding(name="cases", reason="no case was asked")
    if failed := [score.id for score in scores if score.error]:
        yield Finding(
            name="cases", reason=f"{len(failed)} of {len(scores)} cases ended in an error: {', '.join(failed)}"
        )


def _of_bounds(group: str, bounds: Bounds, figures: Figures, least_cases: int) -> Iterator[Finding]:
    sides = (("below", bounds.floors), ("above", bounds.ceilings))
    for side, name, bound in ((side, name, bound) for side, table in sides for name, bound in table.items()):
        figure = figures.get(name, NOTHING)
        limit = figure_shown(name, bound)
        if figure.value is None:
            yield _finding(name, group, Level.FAILS, f"has nothing to count, and must not be {side} {limit}")
        elif (figure.value < bound - 1e-9) if side == "below" else (figure.value > bound + 1e-9):
            reason = f"is {figure_shown(name, figure.value)}, {side} {limit}"
            yield _judged(name, group, reason, figure.cases, least_cases)


def _of_drops(group: str, bounds: Bounds, comparison: Comparison, least_cases: int) -> Iterator[Finding]:
    for name, most in bounds.max_drop.items():
        if name in comparison.vanished:
            yield _finding(name, group, Level.FAILS, "has nothing to count any more, and had in the baseline")
        change = comparison.differences.get(name)
        if change is None or worse_by(name, change) <= most + 1e-9:
            continue
        reason = (
            f"is worse than the baseline by {abs(change.value):.3f} (95 %: {change.low:+.3f} to {change.high:+.3f})"
        )
        if change.noise:
            yield _finding(name, group, Level.WARNS, f"{reason}, which may be chance")
        else:
            yield _judged(name, group, f"{reason}, and {most:g} is allowed", change.cases, least_cases)


def worse_by(name: str, change: Difference) -> float:
    """Return by how much a metric got worse; below 0 where it got better."""
    return change.value if METRICS[name].better is Better.LESS else -change.value


def _judged(name: str, group: str, reason: str, cases: int, least_cases: int) -> Finding:
    if cases < least_cases:
        return _finding(name, group, Level.WARNS, f"{reason}; it is over {cases} cases only, too few to decide")
    return _finding(name, group, Level.FAILS, reason)


def _finding(name: str, group: str, level: Level, reason: str) -> Finding:
    where = "" if group == WHOLE else f" of {group}"
    return Finding(name=name, group=group, level=level, reason=f"{name}{where} {reason}")


def failures(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that fail a run."""
    return tuple(one for one in found if one.level is Level.FAILS)
