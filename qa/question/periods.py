"""Time windows: which days of publication a question asks for, against a stated clock.

"Last week" and "reported before October 22, 2023" speak of reports; "in 2016" speaks of what happened, which may be
told at any time, and is no window. Bounds are inclusive: "before" a day may mean a report of that very day.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from qa.language.terms import MONTHS

_MONTH = "|".join(MONTHS)
_OF_MONTH = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = rf"(?:(?:{_MONTH}) {_OF_MONTH},? \d{{4}}|{_OF_MONTH} (?:{_MONTH}),? \d{{4}}|\d{{4}}-\d\d-\d\d)"
MOMENT = rf"(?:{_DAY}|(?:{_MONTH}),? \d{{4}}|\d{{4}})"
_EVENT = r"(?:[\w’'-]+\s+){0,3}?[\w’'-]+"
_REPORT = r"(?:publish|report|article|stor(?:y|ies)|coverage|news|written|wrote|print|accord)\w*"
_ABSOLUTE = re.compile(
    rf"\b{_REPORT}(?:[\s,]+(?!(?:before|after|since|until|by|on|in|of|from|between)\s+{MOMENT})[^\s?.;]+){{0,6}}?[\s,]+"
    rf"(?:(?P<how>before|after|since|until|by|on|in|of|from|between)|(?P<side>before|after|since|until)\s+the\s+{_EVENT}"
    rf"\s+on)\s+(?P<one>{MOMENT})"
    rf"(?:,?\s+(?:and|to|until|-)\s+(?:before |after )?(?P<other>{MOMENT}))?",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:(?P<day>today|yesterday)"
    r"|(?P<which>this|last|past|previous) (?P<unit>week|month|year)"
    r"|(?:in |over |during )?the (?:last|past|previous) (?P<count>\d{1,3}|two|three|four|five|six|seven|ten) "
    r"(?P<units>day|week|month|year)s)\b",
    re.IGNORECASE,
)
_LATEST = re.compile(r"\b(?:latest|newest|most recent|most recently)\b", re.IGNORECASE)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}


class Window(NamedTuple):
    """Days of publication, both ends included; `said` is how the question puts it."""

    first: date
    last: date
    said: str

    def holds(self, day: date | None) -> bool:
        """Whether an article of that day may be meant; one without a date may not."""
        return day is not None and self.first <= day <= self.last


def windows(text: str, today: date) -> list[Window]:
    """Return the windows that a text asks for, any of which may hold a report ("that of May 3 and that of May 9")."""
    relative = [_relative(found, today) for found in _RELATIVE.finditer(text)]
    absolute = (_absolute(found) for found in _ABSOLUTE.finditer(text))
    return relative + [asked for asked in absolute if asked]


def asks_for_the_latest(text: str) -> bool:
    """Whether a text asks for the newest of the reports."""
    return bool(_LATEST.search(text))


def _relative(found: re.Match[str], today: date) -> Window:
    said = found.group()
    if day := found["day"]:
        only = today - timedelta(days=day.lower() == "yesterday")
        return Window(only, only, said)
    if found["count"]:
        count = _COUNTS.get(found["count"].lower()) or int(found["count"])
        days = {"day": 1, "week": 7, "month": 31, "year": 366}[found["units"].lower()]
        return Window(today - timedelta(days=min(count * days, today.toordinal() - 1)), today, said)
    first, last = _UNITS[found["unit"].lower()](today)
    if found["which"].lower() != "this":
        first, last = _UNITS[found["unit"].lower()](first - timedelta(days=1))
    return Window(first, min(last, today), said)


def _week(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def _month(day: date) -> tuple[date, date]:
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def _year(day: date) -> tuple[date, date]:
    return date(day.year, 1, 1), date(day.year, 12, 31)


_UNITS: dict[str, Callable[[date], tuple[date, date]]] = {"week": _week, "month": _month, "year": _year}


def _absolute(found: re.Match[str]) -> Window | None:
    moments = [_moment(found[name]) for name in ("one", "other") if found[name]]
    spans = [span for span in moments if span]
    if len(spans) < len(moments):
        return None
    how, (first, last) = found["how"] or found["side"], spans[0]
    said = f"{how} {found['one']}" + (f" to {found['other']}" if found["other"] else "")
    how = how.lower()
    if len(spans) > 1 and how != "on":
        return Window(min(spans)[0], max(spans)[1], said)
    if how in ("before", "until", "by"):
        return Window(date.min, last, said)
    return Window(first, date.max if how in ("after", "since") else last, said)


def _moment(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of a day, a month or a year as written, None for a day that there is not."""
    year = re.search(r"\d{4}", text)
    month = next((at for at, name in enumerate(MONTHS, start=1) if name in text.lower()), None)
    rest = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", text)
    try:
        if "-" in text:
            return (day := date.fromisoformat(text)), day
        assert year
        if month is None:
            return _year(date(int(year.group()), 1, 1))
        if rest is None:
            return _month(date(int(year.group()), month, 1))
        return (day := date(int(year.group()), month, int(rest[1]))), day
    except ValueError:
        return None
