"""The rows that reports are made of, as text: figures beside bounds, differences, groups."""

from collections.abc import Sequence
from statistics import stdev
from typing import NamedTuple

from evals.gating.gate import Finding, Level, figure_shown, worse_by
from evals.gating.thresholds import WHOLE
from evals.reports.report import HELD_OUT, Report, problems
from evals.scoring.figures import Better, Difference, Figure
from evals.scoring.metrics import DEPTHS, METRICS
from evals.scoring.scores import Score

COLUMNS = (f"evidence_recall_at_{DEPTHS[-1]}", "answer_recall", "citation_precision", "citation_recall")
"""The figures that are shown for each group."""


class Row(NamedTuple):
    """A figure as it is shown: its name, value, interval, bound, what became of it, change, and over how many."""

    name: str
    value: str
    interval: str
    bound: str
    verdict: str
    change: str
    n: str


def rows(report: Report, group: str = WHOLE) -> list[Row]:
    """Return a row for each metric with something to count, or with a bound."""
    bounds = dict(report.thresholds.by_group).get(group)
    comparison = report.groups[group].comparison
    limits: dict[str, str] = {}
    if bounds:
        limits = {name: f"≥ {figure_shown(name, least)}" for name, least in bounds.floors.items()}
        limits |= {name: f"≤ {figure_shown(name, most)}" for name, most in bounds.ceilings.items()}
    found = []
    for name, figure in report.groups[group].figures.items():
        change = comparison.differences.get(name) if comparison else None
        if figure.value is None and name not in limits:
            continue
        verdict = _verdict(name, group, name in limits, report.findings)
        shown = figure_shown(name, figure.value)
        found.append(
            Row(name, shown, interval_of(figure), limits.get(name, ""), verdict, change_shown(change), str(figure.n))
        )
    return found


def interval_of(figure: Figure) -> str:
    """Return the 95 % interval of a figure as text; nothing where there is none."""
    return "" if figure.low is None or figure.high is None else f"{figure.low:.3f}-{figure.high:.3f}"


def change_shown(change: Difference | None) -> str:
    """Return a difference as text, with its interval where it is not 0."""
    if change is None:
        return ""
    if not change.value and change.low == change.high == 0:
        return "="
    return f"{change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})"


def is_worse(name: str, change: Difference) -> bool:
    """Whether a metric got worse by more than chance."""
    return METRICS[name].better is not Better.NEITHER and worse_by(name, change) > 0 and not change.noise


def group_rows(report: Report) -> list[tuple[str, ...]]:
    """Return a row for each group: its name, its cases, the figures of `COLUMNS`, and how many abstentions."""
    return [
        (
            name,
            str(group.cases),
            *(figure_shown(column, group.figures[column].value) for column in COLUMNS),
            str(_abstained(group.figures)),
        )
        for name, group in report.groups.items()
        if name != WHOLE
    ]


def repeat_lines(report: Report) -> list[str]:
    """Return a line for each bounded share on how much it varies from repeat to repeat; none without repeats."""
    bounded = {name for _, bounds in report.thresholds.by_group for name in (*bounds.floors, *bounds.max_drop)}
    lines = []
    for name, values in report.repeats.items():
        known = [value for value in values if value is not None]
        if name in bounded and len(known) > 1:
            each = ", ".join(f"{value:.3f}" for value in known)
            lines.append(f"over {len(known)} repeats: {name} has a standard deviation of {stdev(known):.3f} ({each})")
    return lines


def told_apart(report: Report) -> tuple[list[Score], str]:
    """Return the scores whose shortcomings may be read, and a line on the held-out ones, which are never tuned on."""
    held_out = [score for score in report.scores if score.held_out]
    short = sum(bool(problems(score)) for score in held_out)
    line = f"{HELD_OUT}: {short} of {len(held_out)} fell short; they are not listed, for nothing is tuned on them"
    return [score for score in report.scores if not score.held_out], line if held_out else ""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _abstained(figures: dict[str, Figure]) -> int:
    shares: Sequence[Figure] = (figures["status_nearest"], figures["status_not_in_articles"])
    return round(sum((figure.value or 0.0) * figure.n for figure in shares))


def _verdict(name: str, group: str, bounded: bool, findings: Sequence[Finding]) -> str:
    levels = {finding.level for finding in findings if (finding.name, finding.group) == (name, group)}
    if Level.FAILS in levels:
        return "fails"
    if Level.WARNS in levels:
        return "warns"
    return "reached" if bounded else ""
