"""Events that a question sets reports before or after, without their day: "coverage before the vote".

The articles found may give the day. It counts only where they agree on one: a wrong window hides what was asked for.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from qa.dates import Day, days
from qa.terms import terms
from qa.windows import MOMENT

_KIND = (
    r"\b(?:vote|ballot|election|referendum|hearing|trial|verdict|ruling|match|game|final|fight|race|summit|conference|"
    r"debate|strike|walkout|attack|launch|merger|takeover|deal|ceasefire|earthquake|storm|hurricane|wedding|funeral|"
    r"coronation|inauguration|ceremony)\b"
)
_WORD = r"(?:(?!(?:an?|and|as|at|by|for|from|his|her|in|its|of|on|or|out|that|their|the|to|with|said|says)\b)[\w’'-]+)"
_GOES_ON = (
    r"(?:about|against|and|at|began|between|by|compared|did|ended|for|from|happened|how|in|is|of|on|or|over|started|"
    r"that|took|was|were|what|when|where|which|who|why|with)\b"
)
_EVENT = re.compile(
    r"\b(?:(?P<before>before|until|ahead of|prior to|leading up to|in the run-up to)|after|since|following)\s+"
    rf"the\s+(?P<name>(?:{_WORD}\s+){{0,3}}?{_KIND})(?!\s+(?:on|of|in)\s+{MOMENT})(?=\s*$|[^\w\s’'-]|\s+{_GOES_ON})",
    re.IGNORECASE,
)
_OF_REPORTS = re.compile(
    r"\b(?:publish|report|article|stor(?:y|ies)\b|coverage|cover(?:s|ed)?\b|news\b|writ|wrote)"
    r"|^\W*how (?:did|do|does|was|were|has|have|had)\b",
    re.IGNORECASE,
)
_OF_WHAT = r"(?: (?:about|against|at|between|in|of|on|over|with)(?: (?!(?:that|which|who|said)\b)[\w’'-]+){1,6}?)?"
_TAKES_PLACE = (
    r"(?: (?:be|been|began|begins?|due|expected|has|held|is|opened|opens?|place|planned|scheduled|set|slated|started|"
    r"starts?|takes?|to|took|was|will)\b)*"
)
_HELD_ON = re.compile(rf"{_KIND}{_OF_WHAT}{_TAKES_PLACE},? (?:on|for) (?:[a-z]+day,? )?(?:the )?$", re.IGNORECASE)
_NAMED_BY = re.compile(rf"(?:['’]s)?,? (?:{_WORD} ){{0,3}}?{_KIND}", re.IGNORECASE)
_REACH = 120
"""So many characters before a day are looked at: all that stand before it take quadratic time in a long text."""


class Event(NamedTuple):
    """An event as a question names it, and whether reports from before it are wanted; `said` as the question does."""

    name: str
    before: bool
    said: str


def events(text: str) -> list[Event]:
    """Return the events that a text sets reports before or after.

    It must name reports, or ask how something was: "Who led before the vote?" speaks of what happened.
    """
    if not _OF_REPORTS.search(text):
        return []
    return [Event(found["name"], bool(found["before"]), found.group()) for found in _EVENT.finditer(text)]


def day_of(event: Event, sentences: Iterable[tuple[str, date | None]]) -> date | None:
    """Return the day of an event from sentences with the days of their articles; None unless all that tell one agree.

    A day must stand beside the event ("the vote will be held on May 3", "the May 3 vote"); without its year it is the
    one nearest to the article's.
    """
    wanted = set(terms(event.name))
    told = {
        _date(day, published)
        for text, published in sentences
        if wanted <= set(terms(text))
        for day in days(text)
        if _is_of_an_event(text, day)
    } - {None}
    return told.pop() if len(told) == 1 else None


def _is_of_an_event(text: str, day: Day) -> bool:
    before, after = text[max(0, day.start - _REACH) : day.start], text[day.end : day.end + _REACH]
    return bool(day.month and day.day and (_HELD_ON.search(before) or _NAMED_BY.match(after)))


def _date(day: Day, published: date | None) -> date | None:
    """Return the date that a day of a month means; without its year, none is known unless the article has a day."""
    if day.year or not published:
        return _in_year(day, day.year)
    near = [one for off in (-1, 0, 1) if (one := _in_year(day, published.year + off))]
    return min(near, key=lambda one: abs(one - published), default=None)


def _in_year(day: Day, year: int | None) -> date | None:
    try:
        return date(year or 0, day.month or 0, day.day or 0)
    except ValueError:
        return None
