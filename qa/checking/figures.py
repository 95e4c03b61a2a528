"""Find the figures and dates of a statement that its cited text does not hold, however the two are written."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from qa.language.amounts import Amount, amounts, figures_with_amounts, rounds
from qa.language.dates import Day, agrees, days, implied_days, whole_years
from qa.language.months import dated_months, months
from qa.language.terms import Figure

# "Q2", "F-16": names, and looked up as such.
_OF_A_NAME = re.compile(r"\b[A-Z]\w*-?$")
_CENTURY = re.compile(r"(?:st|nd|rd|th)?[ -]century")
_NO_ZERO = re.compile(r"(?<![\w.,])\.(?=\d)")
# "2.161.000", "4,1"; of "03.07.2024" each part.
_PARTS = r"[.,'’٫٬\u00a0\u202f]"
_BEGINS = r"(?<!\d)(?<!\d[.,])"
_DIGITS = re.compile(
    rf"{_BEGINS}\d{{1,3}}(?:(?:{_PARTS}|[ ])\d{{3}}){{1,4}}(?:{_PARTS}\d++)?(?!{_PARTS}?\d)"
    rf"|{_BEGINS}\d++(?:{_PARTS}\d++)?(?!{_PARTS}\d)|\d+"
)
_SHORT = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_NEAR = 40
"""Characters around a figure that are read: all of those before it would take quadratic time in a long text."""
_COUNTS = 6
"""Up to this value a figure in words may be a writer's own count: "one of three plans" of a text that lists them."""


def missing_figures(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the figures of a statement, as written, that its cited text and its heading `about` do not hold.

    A text holds a figure with one of the same value, or one that rounds to it. Small ones in words are not looked up.
    """
    # A stop between, so that no figure or date reaches from the text into the heading.
    statement, text = _spelled_out(statement), _spelled_out(f"{cited} . {about}")
    text_amounts = set(amounts(text))
    in_dates = {index for day in days(statement) for index in range(day.start, day.end)}
    calendar = [*days(text), *implied_days(cited, published), *_years(text_amounts)]
    missing = []
    for figure, possible in figures_with_amounts(statement):
        as_written = statement[figure.start : figure.end].strip().rstrip("-")
        # Figures of a date are looked up as a date (`missing_dates`).
        if figure.start in in_dates or not _is_precise(statement, figure, as_written):
            continue
        is_held = any(_holds(text_amounts, amount) for amount in possible)
        if not is_held and not _is_of_the_calendar(statement, figure, calendar):
            missing.append(as_written)
    return missing


def missing_digits(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the figures in digits, as written, of a statement in another language that its text does not hold.

    Only their digits are compared: the word for a million and the signs between digits differ by language. Dates count
    by their parts.
    """
    statement, text = _spelled_out(statement), _spelled_out(f"{cited} . {about}")
    calendar = [*days(text), *implied_days(cited, published)]
    values = [amount.value for amount in amounts(text)]
    values += [part for day in calendar for part in day.parts[:3] if part]
    # The amounts that words stand for are figures in another language, too.
    text_digits = {*map(_leading, _DIGITS.findall(text)), *(_leading(f"{value:.10f}") for value in values)}
    missing = []
    for match in _DIGITS.finditer(statement):
        digits = _leading(match.group())
        is_in_a_name = _OF_A_NAME.search(statement[max(0, match.start() - _NEAR) : match.start()])
        if not is_in_a_name and not any(digits == other or rounds(other, digits) for other in text_digits):
            missing.append(match.group())
    return missing


def missing_months(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the months, as written, that a statement names beside a figure and a text of another language does not.

    A text may also give a month by its number.
    """
    text = f"{cited} . {about}"
    known = months(text) | {int(digits) for digits in _SHORT.findall(text)}
    known |= {day.month for day in (*days(text), *implied_days(cited, published)) if day.month}
    return [word for possible, word in dated_months(statement) if known.isdisjoint(possible)]


def _leading(digits: str) -> float:
    """Return a number from 1 to 10 with the digits of another: 4.1 for "4,100,000"."""
    leading = "".join(str(int(char)) for char in digits if char.isdecimal()).strip("0")
    return float(f"{leading[:1]}.{leading[1:]}") if leading else 0.0


def missing_dates(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the dates of a statement, as written, that its cited text does not hold or mean."""
    statement, cited = whole_years(statement), whole_years(cited)
    text_days = [*days(f"{cited} . {about}"), *implied_days(cited, published), *_years(amounts(cited))]
    missing = []
    for day in days(statement):
        as_written = statement[day.start : day.end].strip()
        if as_written and not agrees(day, text_days):
            missing.append(as_written)
    return missing


def _spelled_out(text: str) -> str:
    return _NO_ZERO.sub("0.", whole_years(text))


def _years(text_amounts: Iterable[Amount]) -> list[Day]:
    """Return the figures that may be years: "in the 1960s", "from 1968-73"."""
    values = [amount.value for amount in text_amounts]
    return [Day(year=int(value)) for value in values if 1000 <= value < 2100 and value % 1 == 0]


def _is_precise(statement: str, figure: Figure, as_written: str) -> bool:
    """Return whether a figure must stand in the text: it is in digits or large, and no part of a name."""
    if _OF_A_NAME.search(statement[max(0, figure.start - _NEAR) : figure.start]):
        return False
    return figure.value > _COUNTS or any(map(str.isdigit, as_written))


def _holds(text_amounts: set[Amount], stated: Amount) -> bool:
    """Return whether one of the amounts has the same value, or rounds to it; a percentage is no other amount."""
    for amount in text_amounts:
        same_unit = amount.unit == stated.unit or "percent" not in (amount.unit, stated.unit)
        same_currency = amount.currency == stated.currency or not amount.currency or not stated.currency
        if same_unit and same_currency and (amount.value == stated.value or rounds(amount.value, stated.value)):
            return True
    return False


def _is_of_the_calendar(statement: str, figure: Figure, calendar: Sequence[Day]) -> bool:
    """Return whether a figure is a decade or a century of a year that the text gives or means."""
    years = [day.year for day in calendar if day.year]
    after = statement[figure.end : figure.end + _NEAR]
    if after.startswith("s") and figure.value % 10 == 0:
        # "The 1900s" may be a decade or the century: the longer span holds both.
        span = 10 if figure.value % 100 else 100
        return any(figure.value <= year < figure.value + span for year in years)
    # The 20th century has the years 1901 to 2000.
    return bool(_CENTURY.match(after)) and any((year + 99) // 100 == figure.value for year in years)
