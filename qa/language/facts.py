"""The figures and dates of a text as facts that can be compared: of what kind each is, its value, where it stands."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from qa.language.amounts import rounds
from qa.language.dates import days
from qa.language.terms import figures

DATE, COUNT = "date", "count"
_DISTINCT = 100
_CLOCK = r"(?P<hour>[01]?\d|2[0-3])[:.h](?P<minute>[0-5]\d)(?:\s*(?P<half>[ap])\.?m\b\.?)?"
_TIME = re.compile(rf"(?<![\d.,:]){_CLOCK.replace('[:.h]', ':')}(?![\d:])", re.IGNORECASE)
_OPENS_AN_ENTRY = re.compile(
    rf"^[ \t]*{_CLOCK}(?:[ \t]+[A-Z]{{2,4}}\b)?[ \t]*(?:[-–—:|]|$)", re.IGNORECASE | re.MULTILINE
)


class Entry(NamedTuple):
    """An entry of a live report: where it stands, and its time of day in minutes."""

    start: int
    end: int
    minutes: int

    @property
    def clock(self) -> str:
        """The time of day, HH:MM."""
        return f"{self.minutes // 60:02}:{self.minutes % 60:02}"


def entries(text: str) -> list[Entry]:
    """Return the entries of a live report: lines that a time of day opens, or is all of, two at least."""
    found = list(_OPENS_AN_ENTRY.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    placed = zip(found, ends, strict=False)
    return [Entry(match.start(), end, _minutes(match)) for match, end in placed] if len(found) > 1 else []


def entry_at(some: Sequence[Entry], at: int) -> Entry | None:
    """Return the entry that a place of the text stands in."""
    return next((one for one in some if one.start <= at < one.end), None)


def _minutes(match: re.Match[str]) -> int:
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    return (hour % 12 + 12 * (half == "p") if half else hour) * 60 + int(match["minute"])


class Fact(NamedTuple):
    """A figure or a date of a text: `kind` is `date`, or the unit of the figure (`money`, `percent`, else `count`).

    The value of a date is its year, month and day, None where one is not said.
    """

    kind: str
    value: float | tuple[int | None, ...]
    start: int
    end: int
    currency: str = ""

    @property
    def is_distinct(self) -> bool:
        """Whether two texts seldom hold it by chance: a date, or a figure of three digits at least."""
        return isinstance(self.value, tuple) or self.value >= _DISTINCT

    def is_comparable(self, other: "Fact") -> bool:
        """Whether two are of one kind; sums in two currencies are not."""
        return self.kind == other.kind and (not self.currency or not other.currency or self.currency == other.currency)

    def agrees(self, other: "Fact") -> bool:
        """Whether two may be the same: one figure rounds to the other, no part of the dates differs."""
        mine, yours = self.value, other.value
        if isinstance(mine, tuple) and isinstance(yours, tuple):
            parts = [(one, two) for one, two in zip(mine, yours, strict=True) if one is not None and two is not None]
            return bool(parts) and all(one == two for one, two in parts)
        if isinstance(mine, tuple) or isinstance(yours, tuple):
            return False
        return mine == yours or rounds(mine, yours) or rounds(yours, mine)


def facts(text: str) -> list[Fact]:
    """Return the facts of a text in order: no times of day; a day with its year, or its month and day of the month."""
    said = days(text)
    spans = [*((day.start, day.end) for day in said), *(match.span() for match in _TIME.finditer(text))]
    taken = {at for span in spans for at in range(*span)}
    dates = [Fact(DATE, day.parts[:3], day.start, day.end) for day in said if day.year or (day.month and day.day)]
    numbers = [
        Fact(one.unit or COUNT, one.value, one.start, one.end, one.currency)
        for one in figures(text)
        if one.start not in taken
    ]
    return sorted([*dates, *numbers], key=lambda one: one.start)
