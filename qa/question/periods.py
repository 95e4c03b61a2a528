"""Windows: the days of publication that a question asks for, against a stated clock.

"Last week" and "reported before October 22, 2023" are about reports; "in 2016" is about an event, which may be reported
at any time, and is no window. Bounds are inclusive: "before" a day may mean a report of that very day.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from itertools import chain
from typing import NamedTuple

from qa.language.dates import COUNT_WORDS, MONTHS, days

_MONTH = "|".join(MONTHS)
_OF_MONTH = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = rf"(?:(?:{_MONTH}) {_OF_MONTH},? \d{{4}}|{_OF_MONTH} (?:{_MONTH}),? \d{{4}}|\d{{4}}-\d\d-\d\d)"
MOMENT = rf"(?:{_DAY}|(?:{_MONTH}),? \d{{4}}|\d{{4}})"
_EVENT = r"(?:[\w’'-]+\s+){0,3}?[\w’'-]+"
_REPORT = r"(?:publish|report|article|stor(?:y|ies)|coverage|news|written|wrote|print|accord)\w*"
# A word for a report; up to six words that do not yet begin a date; a preposition, or the event that a day is named by
# ("before the vote on"); the date, and perhaps the other end of the period.
_ABSOLUTE = re.compile(
    rf"\b{_REPORT}(?:[\s,]+(?!(?:before|after|since|until|by|on|in|of|from|between)\s+{MOMENT})[^\s?.;]+){{0,6}}?[\s,]+"
    rf"(?:(?P<how>before|after|since|until|by|on|in|of|from|between)|(?P<side>before|after|since|until)\s+the\s+{_EVENT}"
    rf"\s+on)\s+(?P<first>{MOMENT})"
    rf"(?:,?\s+(?P<link>and|to|until|-)\s+(?:(?P<then>before|after) )?(?P<last>{MOMENT}))?",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"\b{MOMENT}\b", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:(?P<day>today|yesterday)"
    r"|(?P<which>this|last|past|previous) (?P<unit>week|month|year)"
    rf"|(?:in |over |during )?the (?:last|past|previous) (?P<count>\d{{1,3}}|{'|'.join(COUNT_WORDS)}) "
    r"(?P<units>day|week|month|year)s)\b",
    re.IGNORECASE,
)
_LATEST = re.compile(r"\b(?:latest|newest|most recent|most recently)\b", re.IGNORECASE)
_AT = ("on", "in", "of")
"""The prepositions that name a time; the others bound a period."""
_DAYS_IN = {"day": 1, "week": 7, "month": 31, "year": 366}


class Window(NamedTuple):
    """Days of publication, both ends included; `text` is the question's own words for them."""

    first: date
    last: date
    text: str

    def holds(self, day: date | None) -> bool:
        """Return whether an article of that day may be meant; one without a date may not."""
        return day is not None and self.first <= day <= self.last

    def spans(self, first: date, last: date) -> bool:
        """Return whether all days from the first to the last may be meant."""
        return self.first <= first and last <= self.last


def windows(text: str, today: date) -> list[Window]:
    """Return the windows that a text asks for; a report may be in any ("that of May 3 and that of May 9").

    Beside a window, a day that the text names anywhere is one as well, so that none shuts it out; so is a month or a
    year where a window is named by one.
    """
    matches = list(_ABSOLUTE.finditer(text))
    asked = [_relative(match, today) for match in _RELATIVE.finditer(text)]
    asked += chain.from_iterable(map(_absolute, matches))
    longest = max((_length(match["first"]) for match in matches), default=1)
    for named in _NAMED.findall(text) if asked else ():
        moment = _moment(named)
        if moment and _length(named) <= longest and not any(window.spans(*moment) for window in asked):
            asked.append(Window(*moment, named))
    return asked


def asks_for_the_latest(text: str) -> bool:
    """Return whether a text asks for the newest of the reports."""
    return bool(_LATEST.search(text))


def _relative(match: re.Match[str], today: date) -> Window:
    text = match.group()
    if day := match["day"]:
        only = today - timedelta(days=day.lower() == "yesterday")
        return Window(only, only, text)
    if match["count"]:
        count = COUNT_WORDS.get(match["count"].lower()) or int(match["count"])
        back = count * _DAYS_IN[match["units"].lower()]
        # There is no day before the first of the calendar.
        return Window(today - timedelta(days=min(back, today.toordinal() - 1)), today, text)
    bounds = _UNITS[match["unit"].lower()]
    first, last = bounds(today)
    if match["which"].lower() != "this":
        # The unit before this one holds the day before its first.
        first, last = bounds(first - timedelta(days=1))
    # No report is of a day to come.
    return Window(first, min(last, today), text)


def _week(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def _month(day: date) -> tuple[date, date]:
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def _year(day: date) -> tuple[date, date]:
    return date(day.year, 1, 1), date(day.year, 12, 31)


_UNITS: dict[str, Callable[[date], tuple[date, date]]] = {"week": _week, "month": _month, "year": _year}


def _absolute(match: re.Match[str]) -> list[Window]:
    """Return the window from one moment to another, or that of each ("on May 3, 2024 and May 9, 2024")."""
    how = match["how"] or match["side"]
    first, last = _moment(match["first"]), _moment(match["last"] or match["first"])
    if not (first and last):
        return []
    if not match["last"]:
        return [_bounded(how, first, match["first"])]
    if match["then"] or (match["link"].lower() == "and" and how.lower() in _AT):
        one, other = _bounded(how, first, match["first"]), _bounded(match["then"] or how, last, match["last"])
        both = Window(max(one.first, other.first), min(one.last, other.last), f"{one.text} and {other.text}")
        # "After May 3 and before May 9" has days that are both, "before May 3 and after May 9" has none.
        return [both] if both.first <= both.last and how.lower() not in _AT else [one, other]
    return [Window(min(first, last)[0], max(first, last)[1], f"{how} {match['first']} to {match['last']}")]


def _bounded(preposition: str, moment: tuple[date, date], text: str) -> Window:
    (first, last), text = moment, f"{preposition} {text}"
    if preposition.lower() in ("before", "until", "by"):
        return Window(date.min, last, text)
    return Window(first, date.max if preposition.lower() in ("after", "since") else last, text)


def _length(text: str) -> int:
    """Return how many days a day, a month or a year as written has; 0 for one that does not exist."""
    moment = _moment(text)
    return (moment[1] - moment[0]).days + 1 if moment else 0


def _moment(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of a day, a month or a year as written; None for one that does not exist."""
    text = re.sub(_MONTH, lambda month: month.group().title(), text, flags=re.IGNORECASE)
    year, month, day = next((named.parts[:3] for named in days(text)), (None, None, None))
    try:
        if year and month and day:
            return (only := date(year, month, day)), only
        if year and month:
            return _month(date(year, month, 1))
        return _year(date(year, 1, 1)) if year else None
    except ValueError:
        return None
