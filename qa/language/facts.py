"""The figures and dates of a text as facts that can be compared: each has a kind, a value and a place."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from qa.language.amounts import rounds
from qa.language.dates import days
from qa.language.terms import figures

DATE, COUNT = "date", "count"
# Without this bar, nine of 300 questions about news were said to differ; with it one.
_DISTINCT = 100
_CLOCK = r"(?P<hour>[01]?\d|2[0-3])[:.h](?P<minute>[0-5]\d)(?:\s*(?P<half>[ap])\.?m\b\.?)?"
_TIME = re.compile(rf"(?<![\d.,:]){_CLOCK.replace('[:.h]', ':')}(?![\d:])", re.IGNORECASE)
_OPENS_AN_ENTRY = re.compile(
    rf"^[ \t]*{_CLOCK}(?:[ \t]+[A-Z]{{2,4}}\b)?[ \t]*(?:[-–—:|]|$)", re.IGNORECASE | re.MULTILINE
)


class Entry(NamedTuple):
    """An entry of a live report at `start:end` of a text, and its time of day in minutes."""

    start: int
    end: int
    minutes: int

    @property
    def clock(self) -> str:
        """The time of day, HH:MM."""
        return f"{self.minutes // 60:02}:{self.minutes % 60:02}"


def entries(text: str) -> list[Entry]:
    """Return the entries of a live report: each begins with a line that a time of day opens; two at least."""
    openings = list(_OPENS_AN_ENTRY.finditer(text))
    # One line that begins with a time is no live report.
    if len(openings) < 2:
        return []
    ends = [*(match.start() for match in openings[1:]), len(text)]
    return [Entry(match.start(), end, _minutes(match)) for match, end in zip(openings, ends, strict=True)]


def entry_at(some: Sequence[Entry], index: int) -> Entry | None:
    """Return the entry that a place of the text stands in."""
    return next((entry for entry in some if entry.start <= index < entry.end), None)


def _minutes(match: re.Match[str]) -> int:
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    return (hour % 12 + 12 * (half == "p") if half else hour) * 60 + int(match["minute"])


class Fact(NamedTuple):
    """A figure or a date of a text: `kind` is `date`, or the unit of the figure (`money`, `percent`, else `count`).

    The value of a date is its year, month and day, None for a part that is not given.
    """

    kind: str
    value: float | tuple[int | None, ...]
    start: int
    end: int
    currency: str = ""

    @property
    def is_distinct(self) -> bool:
        """Whether two texts seldom share it by chance: it is a date, or a figure of three digits at least."""
        return isinstance(self.value, tuple) or self.value >= _DISTINCT

    def is_comparable(self, other: "Fact") -> bool:
        """Return whether two facts are of one kind; sums in two currencies are not."""
        return self.kind == other.kind and (not self.currency or not other.currency or self.currency == other.currency)

    def agrees(self, other: "Fact") -> bool:
        """Return whether two facts may be the same: one figure rounds to the other, no part of the dates differs."""
        value, of_other = self.value, other.value
        if isinstance(value, tuple) and isinstance(of_other, tuple):
            pairs = [pair for pair in zip(value, of_other, strict=True) if None not in pair]
            return bool(pairs) and all(part == other_part for part, other_part in pairs)
        if isinstance(value, tuple) or isinstance(of_other, tuple):
            return False
        return value == of_other or rounds(value, of_other) or rounds(of_other, value)


def facts(text: str) -> list[Fact]:
    """Return the facts of a text in order: no times of day; of dates a year at least, or a month and a day of it."""
    named = days(text)
    spans = [*((day.start, day.end) for day in named), *(match.span() for match in _TIME.finditer(text))]
    # The figures inside a date or a time are no counts.
    taken = {index for span in spans for index in range(*span)}
    dates = [Fact(DATE, day.parts[:3], day.start, day.end) for day in named if day.year or (day.month and day.day)]
    numbers = [
        Fact(figure.unit or COUNT, figure.value, figure.start, figure.end, figure.currency)
        for figure in figures(text)
        if figure.start not in taken
    ]
    return sorted([*dates, *numbers], key=lambda fact: fact.start)
