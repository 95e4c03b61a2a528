"""The figures and dates of a text as facts that can be compared: of what kind each is, its value, where it stands."""

from typing import NamedTuple

from qa.language.amounts import rounds
from qa.language.dates import days
from qa.language.terms import figures

DATE, COUNT = "date", "count"


class Fact(NamedTuple):
    """A figure or a date of a text: `kind` is `date`, or the unit of the figure (`money`, `percent`, else `count`).

    The value of a date is its year, month and day, None where one is not said.
    """

    kind: str
    value: float | tuple[int | None, ...]
    start: int
    end: int
    currency: str = ""

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
    """Return the facts of a text in order; a day counts with its year, or its month and day of the month."""
    said = days(text)
    taken = {at for day in said for at in range(day.start, day.end)}
    dates = [Fact(DATE, day.parts[:3], day.start, day.end) for day in said if day.year or (day.month and day.day)]
    numbers = [
        Fact(one.unit or COUNT, one.value, one.start, one.end, one.currency)
        for one in figures(text)
        if one.start not in taken
    ]
    return sorted([*dates, *numbers], key=lambda one: one.start)
