"""Compare the figures of a run with the thresholds: what a run must reach to pass."""

import difflib
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import Field

from evals.errors import EvalError
from evals.metrics import LATENCIES, SHARES, Figure
from evals.scoring import Score
from index.models import Record

_TABLES = {"thresholds": SHARES, "latencies": LATENCIES}


class Thresholds(Record):
    """What the figures must reach: the least that a share may be, the most seconds that a latency may be."""

    thresholds: dict[str, float] = Field(min_length=1)
    latencies: dict[str, float] = Field(default_factory=dict)


class Miss(Record):
    """Why a run does not pass: the name of a metric, or `cases`, and a plain sentence."""

    name: str
    reason: str


def load_thresholds(file: Path) -> Thresholds:
    """Return the thresholds of a TOML file; raise EvalError when it is missing, or names no or unknown metrics."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EvalError(f"The thresholds {str(file)!r} cannot be read ({error}). Give a TOML file") from None
    for table, rows in tables.items():
        if table not in _TABLES or not isinstance(rows, dict):
            raise EvalError(f"{file}: there is no table {table!r}. The tables are: {', '.join(_TABLES)}")
        for name, value in rows.items():
            _check(f"{file}: [{table}] {name}", table, name, value)
    if not tables.get("thresholds"):
        raise EvalError(f"{file}: there is nothing in [thresholds], so any run would pass. Name a metric and a minimum")
    return Thresholds.model_validate(tables)


def misses(figures: Mapping[str, Figure], scores: Sequence[Score], thresholds: Thresholds) -> tuple[Miss, ...]:
    """Return every reason why a run does not pass, none when it does.

    A run without cases, a case with an error, and a metric with nothing to count are reasons of their own.
    """
    found = list(_of_the_run(scores))
    for name, least in thresholds.thresholds.items():
        value = figures[name].value
        if value is None or value < least:
            found.append(Miss(name=name, reason=f"{name} is {shown(value)}, below {least:g}"))
    for name, most in thresholds.latencies.items():
        value = figures[name].value
        if value is None or value > most:
            found.append(Miss(name=name, reason=f"{name} is {in_seconds(value)}, above {most:g} s"))
    return tuple(found)


def shown(value: float | None) -> str:
    """Return a share as text, rounded down, so that a miss never looks like a pass; a dash for no value."""
    return "-" if value is None else f"{math.floor(value * 1000 + 1e-9) / 1000:.3f}"


def in_seconds(value: float | None) -> str:
    """Return a latency as text, rounded up for the same reason; a dash for no value."""
    return "-" if value is None else f"{math.ceil(value * 1000 - 1e-9) / 1000:.3f} s"


def _check(where: str, table: str, name: str, value: object) -> None:
    known = _TABLES[table]
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"The metrics are: {', '.join(known)}"
        raise EvalError(f"{where}: there is no such metric. {hint}")
    most = 1.0 if table == "thresholds" else math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most or math.isinf(value):
        bounds = "a share from 0 to 1" if table == "thresholds" else "a number of seconds"
        raise EvalError(f"{where}: {value!r} is not {bounds}. Change it")


def _of_the_run(scores: Sequence[Score]) -> Iterable[Miss]:
    if not scores:
        yield Miss(name="cases", reason="no case was asked")
    if failed := [one.id for one in scores if one.error]:
        yield Miss(name="cases", reason=f"{len(failed)} of {len(scores)} cases ended in an error: {', '.join(failed)}")
