"""Compare the reports of two runs: two models, prompts or settings on the same cases."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from evals.errors import BadConfiguration
from evals.gating.baseline import compared
from evals.reports.report import problems
from evals.reports.tables import change_shown, counted, is_worse
from evals.scoring.figures import Better, figure
from evals.scoring.metrics import METRICS
from evals.scoring.scores import Score

_AGAIN = "Make one: newsdesk eval --json FILE"


class Ran(NamedTuple):
    """A run as its JSON report has it: who answered, the scores, and the cases as they were asked, by id."""

    model: str
    scores: list[Score]
    cases: dict[str, Any]


def read_report(file: Path) -> dict[str, Any]:
    """Return a JSON report; raise BadConfiguration when it cannot be read."""
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"The report {str(file)!r} cannot be read ({error}). {_AGAIN}") from None
    if not isinstance(report, dict) or not isinstance(report.get("outcomes"), list):
        raise BadConfiguration(f"{str(file)!r} is no report. {_AGAIN}")
    return report


def read_run(file: Path) -> Ran:
    """Return the run of a JSON report; raise BadConfiguration when it is none, or of another version."""
    report = read_report(file)
    try:
        scores = [Score.model_validate(outcome["score"]) for outcome in report["outcomes"]]
        cases = {outcome["case"]["id"]: outcome["case"] for outcome in report["outcomes"]}
        return Ran(report["model"], scores, cases)
    except (ValueError, KeyError, TypeError):
        raise BadConfiguration(f"{str(file)!r} is a report of another version. {_AGAIN}") from None


def comparison(first: Ran, second: Ran) -> str:
    """Return two runs as text: each metric of both, the difference with its interval, and the cases that differ."""
    both = {name for name, case in first.cases.items() if second.cases.get(name) == case}
    if not both:
        raise BadConfiguration("The two reports have no case in common. Compare runs over the same cases")
    old, new = ([score for score in run.scores if score.id in both] for run in (first, second))
    differences = compared(new, old).differences
    lines = [f"{'metric':<24} {first.model[:12]:>12} {second.model[:12]:>12}  change"]
    for name, metric in METRICS.items():
        figures = figure(metric, old, False), figure(metric, new, False)
        if all(one.value is None for one in figures):
            continue
        values = " ".join("-".rjust(12) if one.value is None else f"{one.value:12.3f}" for one in figures)
        change = differences.get(name)
        verdict = "" if change is None or change.noise or metric.better is Better.NEITHER else " better"
        verdict = " worse" if change and is_worse(name, change) else verdict
        lines.append(f"{name:<24} {values}  {change_shown(change)}{verdict}".rstrip())
    return "\n".join([*lines, "", *_turned(first, second, both), counted(len(both), "case") + " in both"])


def _turned(first: Ran, second: Ran, both: set[str]) -> list[str]:
    before = {score.id: score for score in reversed(first.scores)}
    after = {score.id: score for score in reversed(second.scores)}
    lines = []
    for name in sorted(both):
        found, then = problems(before[name]), problems(after[name])
        if not after[name].held_out and bool(found) != bool(then):
            lines.append(f"{'worse' if then else 'better':<7}{name}: {'; '.join(then or found)}")
    return lines
