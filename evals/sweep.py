"""`newsdesk eval sweep`: the same cases with each value of a setting, and a plot of the figures over the values."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from evals.errors import BadConfiguration, EvalError
from evals.reports.plots import lines
from evals.reports.tables import interval_of
from evals.scoring.figures import Figure, Unit
from evals.scoring.metrics import METRICS
from evals.suite import Options, run_suite
from index.errors import IndexingError
from qa.models.errors import QAError
from qa.settings import PREFIX, Settings


def main_sweep(
    settings: Settings,
    setting: str,
    cases: Path | None,
    corpus: Path | None,
    metrics: Sequence[str],
    svg: Path | None,
) -> int:
    """Run the suite with each value of `setting` ("QA_HITS=2,4,8"), print the figures, draw them; return the exit code.

    Raises BadConfiguration for an unknown setting, value or metric, EvalError when a run cannot be made.
    """
    name, values = _parsed(setting)
    shares = [metric for metric, found in METRICS.items() if found.unit is Unit.SHARE]
    if unknown := [metric for metric in metrics if metric not in shares]:
        raise BadConfiguration(f"There is no share {unknown[0]!r}. There are: {', '.join(shares)}")
    tried = [(value, _with(settings, name, value)) for value in values]
    found: dict[str, list[Figure]] = {metric: [] for metric in metrics}
    for value, changed in tried:
        try:
            report, _ = run_suite(changed, Options(cases=cases, corpus=corpus))
        except (QAError, IndexingError) as error:
            raise EvalError(str(error)) from None
        for metric in metrics:
            found[metric].append(report.figures[metric])
            figure = report.figures[metric]
            shown = "-" if figure.value is None else f"{figure.value:.3f}"
            print(f"{name}={value:<10} {metric:<24} {shown}  {interval_of(figure)}  n {figure.n}".rstrip(), flush=True)
    if svg:
        try:
            svg.write_text(lines(f"Figures over {name}", values, found), encoding="utf-8")
        except OSError as error:
            raise EvalError(f"The plot cannot be written to {str(svg)!r} ({error}). Name another file") from None
    return 0


def _parsed(setting: str) -> tuple[str, list[str]]:
    name, _, values = setting.partition("=")
    listed = [value for value in values.split(",") if value]
    if name.removeprefix(PREFIX).lower() not in Settings.model_fields or not name.startswith(PREFIX) or not listed:
        raise BadConfiguration(f"{setting!r} is no setting with values. Write it as QA_HITS=2,4,8")
    return name, listed


def _with(settings: Settings, name: str, value: str) -> Settings:
    """Return the settings with another value of one; what a person has set otherwise stays."""
    field = name.removeprefix(PREFIX).lower()
    try:
        return Settings.model_validate(settings.model_dump(exclude_unset=True) | {field: value})
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise BadConfiguration(f"{name}={value} is not valid: {reason}. Change it") from None
