"""What a text answers to a question, in a form that can be compared: numbers, dates, yes and no.

Of persons and places a sentence names too many to tell which one it gives as the answer.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from index.models import Span
from qa.amounts import amount
from qa.currencies import end_of
from qa.kinds import Kind, counts, kind_of
from qa.polarity import polarity
from qa.terms import MONTHS, figures, fold, terms

_MONTH = "|".join(month.title() for month in MONTHS)
_YEAR = r"(?:1\d|20)\d\d(?!\d|,\d)"
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{_MONTH}),? (?P<year>{_YEAR})"
    rf"|(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year2>{_YEAR})"
    rf"|(?P<month3>{_MONTH}),? (?P<year3>{_YEAR})|(?P<year4>{_YEAR})(?!s)"
    rf"|(?P<month5>{_MONTH}) (?P<day5>\d{{1,2}})(?![\d:])|(?P<day6>\d{{1,2}}) (?P<month6>{_MONTH}))\b"
)
_MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10_080, "month": 43_830, "year": 525_960, "decade": 5_259_600}
_UNIT = re.compile(rf"[ -]({'|'.join(_MINUTES)})s?\b", re.IGNORECASE)
Key = Mapping[str, str]


class Value(NamedTuple):
    """One number, date, yes or no: its words, its place in the text, and its parts by name, those of a date apart.

    The name of a sum is its currency: sums in two of them cannot be compared.
    """

    text: str
    start: int
    end: int
    key: Key

    def agrees(self, other: "Value") -> bool:
        """Whether the two may be the same: no part that both have differs ("1828", "22 October 1828")."""
        return all(self.key[name] == other.key[name] for name in self.key.keys() & other.key.keys())


def told(part: str, text: str) -> list[Value]:
    """Return what a sentence answers to a part of a question, where that can be compared with what others answer."""
    kind, asked = kind_of(part), frozenset(terms(part))
    if kind is not Kind.POLAR:
        return values(text, kind, asked)
    said = polarity(part, text)
    return [Value(said, 0, len(text), {"": said})] if said else []


def values(text: str, kind: Kind, asked: frozenset[str]) -> list[Value]:
    """Return the numbers, times taken or dates of a kind in a text, but for those of the question (stems `asked`).

    Of the numbers, where some count what the question speaks of ("28 points"), these are meant.
    """
    if kind in (Kind.DATE, Kind.YEAR):
        found = [_date(match) for match in _DATE.finditer(text)]
    elif kind in (Kind.COUNT, Kind.SHARE, Kind.AMOUNT):
        told_of = [one for one in counts(text, kind) if asked & amount(text, one).beside]
        found = [_value(text, one.start, one.end, f"{one.value:g} {one.unit}") for one in told_of or counts(text, kind)]
    elif kind is Kind.MONEY:
        found = [
            _value(text, one.start, end_of(text, one.end), f"{one.value:g}", one.currency)
            for one in figures(text)
            if one.unit == "money"
        ]
    elif kind is Kind.DURATION:
        found = [
            _value(text, one.start, unit.end(), f"{one.value * _MINUTES[unit[1].lower()]:g}")
            for one in figures(text)
            if (unit := _UNIT.match(text, one.end))
        ]
    else:
        return []
    return [one for one in found if not asked.issuperset(terms(one.text))]


def _date(match: re.Match[str]) -> Value:
    key = {name.rstrip("23456"): fold(value) for name, value in match.groupdict().items() if value}
    return Value(match.group(), match.start(), match.end(), key)


def _value(text: str, start: int, end: int, worth: str, currency: str = "") -> Value:
    said = text[start:end].strip()
    start = text.index(said, start)
    return Value(said, start, start + len(said), {currency: worth})


def answer_in(quote: str, parts: Sequence[str]) -> Span | None:
    """Return where the answer to the parts of a question stands in a quote, where there is only one that it can be."""
    found = {Span(one.start, one.end) for part in parts for one in values(quote, kind_of(part), frozenset(terms(part)))}
    return found.pop() if len(found) == 1 else None
