"""The things of the kind that a question asks for, as they stand in a text, in a form that can be compared."""

import re
from typing import NamedTuple

from qa.kinds import Kind, counts
from qa.terms import MONTHS, figures, fold, names, people, terms

_MONTH = "|".join(month.title() for month in MONTHS)
_YEAR = r"(?:1\d|20)\d\d(?!\d|,\d)"
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{_MONTH}),? (?P<year>{_YEAR})"
    rf"|(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year2>{_YEAR})"
    rf"|(?P<month3>{_MONTH}),? (?P<year3>{_YEAR})|(?P<year4>{_YEAR})(?!s)"
    rf"|(?P<month5>{_MONTH}) (?P<day5>\d{{1,2}})(?![\d:])|(?P<day6>\d{{1,2}}) (?P<month6>{_MONTH}))\b"
)
Key = frozenset[str]


class Value(NamedTuple):
    """One thing of a kind: its words, its place in the text, and what makes it the same as another."""

    text: str
    start: int
    end: int
    key: Key

    def agrees(self, other: "Value") -> bool:
        """Whether the two may be the same: half of the shorter is in the other ("1828", "22 October 1828")."""
        return 2 * len(self.key & other.key) >= min(len(self.key), len(other.key))


def values(text: str, kind: Kind, asked: frozenset[str]) -> list[Value]:
    """Return the things of a kind in a text, in order, but for those of the question, whose stems are `asked`."""
    if kind in (Kind.DATE, Kind.YEAR):
        found = [_date(match) for match in _DATE.finditer(text)]
    elif kind in (Kind.COUNT, Kind.SHARE, Kind.AMOUNT):
        found = [_value(text, one.start, one.end, {f"{one.value:g} {one.unit}"}) for one in counts(text, kind)]
    elif kind is Kind.MONEY:
        found = [_value(text, one.start, one.end, {f"{one.value:g}"}) for one in figures(text) if one.unit == "money"]
    elif kind in (Kind.PERSON, Kind.PLACE):
        found = _named(text, people(text) if kind is Kind.PERSON else names(text))
    else:
        return []
    return [one for one in found if not asked.issuperset(terms(one.text))]


def _date(match: re.Match[str]) -> Value:
    key = {fold(value) for name, value in match.groupdict().items() if value}
    return _value(match.string, match.start(), match.end(), key)


def _named(text: str, found: list[str]) -> list[Value]:
    placed = ((text.find(name), name) for name in dict.fromkeys(found))
    return [_value(text, start, start + len(name), set(terms(name))) for start, name in placed if start >= 0]


def _value(text: str, start: int, end: int, key: set[str]) -> Value:
    return Value(text[start:end].strip(), start, end, frozenset(key))
