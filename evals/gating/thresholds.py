"""What a run must reach, read from TOML: floors, ceilings, and the most that a figure may drop, whole and by group.

min_samples = 5

[floors]
answer_recall = 0.48

[ceilings]
total_p95 = 4.0

[max_drop]
answer_recall = 0.0

[groups.number.floors]
answer_recall = 0.7
"""

import difflib
import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from evals.errors import BadConfiguration
from evals.scoring.figures import Better, Unit
from evals.scoring.metrics import METRICS
from index.models import Record

MIN_SAMPLES = 5
WHOLE = "all"
"""The group of all cases."""
TABLES = ("floors", "ceilings", "max_drop")
_FITS = {
    "floors": {name for name, metric in METRICS.items() if metric.better is Better.MORE},
    "ceilings": {name for name, metric in METRICS.items() if metric.better is Better.LESS},
    "max_drop": {
        name for name, metric in METRICS.items() if metric.better is not Better.NEITHER and metric.percent is None
    },
}
_HINTS = {
    "floors": "A floor is for a metric of which more is better",
    "ceilings": "A ceiling is for a metric of which less is better",
    "max_drop": "A drop is for a metric of which more, or less, is better, and for no latency: machines differ",
}


class Bounds(Record):
    """What the figures of all cases, or of one group, must reach, by the names of metrics."""

    floors: dict[str, float] = Field(default_factory=dict, description="the least that a figure may be")
    ceilings: dict[str, float] = Field(default_factory=dict, description="the most that a figure may be")
    max_drop: dict[str, float] = Field(
        default_factory=dict, description="the most that a figure may be worse than that of the baseline"
    )


class Thresholds(Bounds):
    """What a run must reach; figures over fewer than `min_samples` cases do not decide."""

    min_samples: int = Field(default=MIN_SAMPLES, ge=1)
    groups: dict[str, Bounds] = Field(default_factory=dict)

    @property
    def by_group(self) -> Iterator[tuple[str, Bounds]]:
        """The bounds of all cases, then those of each group."""
        yield WHOLE, self
        yield from self.groups.items()


def load_thresholds(file: Path) -> Thresholds:
    """Return the thresholds of a TOML file.

    Raises BadConfiguration when it is missing, sets nothing, or has an unknown table, an unfit metric or a wrong value.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfiguration(f"The thresholds {str(file)!r} cannot be read ({error}). Give a TOML file") from None
    groups = tables.pop("groups", {})
    least = tables.pop("min_samples", MIN_SAMPLES)
    if isinstance(least, bool) or not isinstance(least, int) or least < 1:
        raise BadConfiguration(f"{file}: min_samples is {least!r}, and not a whole number from 1. Change it")
    if not isinstance(groups, dict) or not all(isinstance(table, dict) for table in groups.values()):
        raise BadConfiguration(f"{file}: a group has tables, such as [groups.number.floors]. Change [groups]")
    _check(f"{file}:", tables)
    for name, of_group in groups.items():
        _check(f"{file}: groups.{name}:", of_group)
    if not any(rows for of_group in (tables, *groups.values()) for rows in of_group.values()):
        raise BadConfiguration(f"{file}: it sets nothing, so any run would pass. Write a metric into [floors]")
    return Thresholds.model_validate(tables | {"groups": groups, "min_samples": least})


def _check(where: str, tables: Mapping[str, Any]) -> None:
    for table, rows in tables.items():
        if table not in TABLES or not isinstance(rows, dict):
            raise BadConfiguration(f"{where} there is no table {table!r}. The tables are: {', '.join(TABLES)}, groups")
        for name, value in rows.items():
            _check_row(f"{where} [{table}] {name}", table, name, value)


def _check_row(where: str, table: str, name: str, value: object) -> None:
    if name not in METRICS:
        close = difflib.get_close_matches(name, _FITS[table], n=1)
        hint = f"Did you mean {close[0]}?" if close else f"The metrics are: {', '.join(sorted(_FITS[table]))}"
        raise BadConfiguration(f"{where}: there is no such metric. {hint}")
    if name not in _FITS[table]:
        raise BadConfiguration(f"{where}: it does not fit this table. {_HINTS[table]}")
    share = METRICS[name].unit is Unit.SHARE
    most = 1.0 if share else math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most or math.isinf(value):
        bounds = "a share from 0 to 1" if share else f"a number of {METRICS[name].unit}, from 0"
        raise BadConfiguration(f"{where}: {value!r} is not {bounds}. Change it")
