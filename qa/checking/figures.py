"""Which figures and dates of a statement its cited text does not hold, however the two are written."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from qa.language.amounts import Amount, amounts, readings, rounds
from qa.language.dates import Day, agrees, days, meant, whole_years
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
_NEAR = 40
"""So many characters around a figure are looked at: all that stand before it take quadratic time in a long text."""
_COUNTS = 6
"""Up to this value a figure in words is a count that a writer makes: "one of three plans" of a text that lists them."""


def missing_figures(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the figures of a statement, as written, that its cited text and what is known of it do not hold.

    A figure is held by one of the same value, or by one that rounds to it. Small ones in words are not looked up.
    """
    statement, text = _spelled_out(statement), _spelled_out(f"{cited} . {about}")
    held = set(amounts(text))
    dated = {at for day in days(statement) for at in range(day.start, day.end)}
    calendar = [*days(text), *meant(cited, published), *_years(held)]
    missing = []
    for figure, worth in readings(statement):
        said = statement[figure.start : figure.end].strip().rstrip("-")
        if figure.start in dated or not _is_precise(statement, figure, said):
            continue
        if not (any(_holds(held, amount) for amount in worth) or _is_of_the_calendar(statement, figure, calendar)):
            missing.append(said)
    return missing


def missing_digits(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the figures in digits, as written, of a statement in another language that its text does not hold.

    Their digits alone are compared: what a million is called and which sign parts what differ by language. Dates count
    by their parts.
    """
    text = _spelled_out(f"{cited} . {about}")
    calendar = [*days(text), *meant(cited, published)]
    known = [one.value for one in amounts(text)] + [part for day in calendar for part in day.parts[:3] if part]
    held = {*map(_leading, _DIGITS.findall(text)), *(_leading(f"{value:.10f}") for value in known)}
    missing = []
    for match in _DIGITS.finditer(statement):
        said = _leading(match.group())
        of_a_name = _OF_A_NAME.search(statement[max(0, match.start() - _NEAR) : match.start()])
        if not of_a_name and not any(said == value or rounds(value, said) for value in held):
            missing.append(match.group())
    return missing


def _leading(digits: str) -> float:
    """Return a number from 1 to 10 with the digits of another: 4.1 for "4,100,000"."""
    leading = "".join(str(int(char)) for char in digits if char.isdecimal()).strip("0")
    return float(f"{leading[:1]}.{leading[1:]}") if leading else 0.0


def missing_dates(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the dates of a statement, as written, that its cited text does not hold or mean."""
    statement, cited = whole_years(statement), whole_years(cited)
    held = [*days(f"{cited} . {about}"), *meant(cited, published), *_years(amounts(cited))]
    missing = []
    for day in days(statement):
        said = statement[day.start : day.end].strip()
        if said and not agrees(day, held):
            missing.append(said)
    return missing


def _spelled_out(text: str) -> str:
    return _NO_ZERO.sub("0.", whole_years(text))


def _years(held: Iterable[Amount]) -> list[Day]:
    """Return the figures that may be years: "in the 1960s", "from 1968-73"."""
    return [Day(year=int(one.value)) for one in held if 1000 <= one.value < 2100 and one.value % 1 == 0]


def _is_precise(statement: str, figure: Figure, said: str) -> bool:
    """Whether a figure must stand in the text: it is in digits or large, and no part of a name."""
    if _OF_A_NAME.search(statement[max(0, figure.start - _NEAR) : figure.start]):
        return False
    return figure.value > _COUNTS or any(map(str.isdigit, said))


def _holds(held: set[Amount], said: Amount) -> bool:
    """Whether amounts hold one of the same value, or one that rounds to it; a percentage is no other amount."""
    for amount in held:
        same_unit = amount.unit == said.unit or "percent" not in (amount.unit, said.unit)
        same_currency = amount.currency == said.currency or not amount.currency or not said.currency
        if same_unit and same_currency and (amount.value == said.value or rounds(amount.value, said.value)):
            return True
    return False


def _is_of_the_calendar(statement: str, figure: Figure, calendar: Sequence[Day]) -> bool:
    """Whether a figure is a decade or a century of a year that the text gives or means."""
    years = [day.year for day in calendar if day.year]
    after = statement[figure.end : figure.end + _NEAR]
    if after.startswith("s") and figure.value % 10 == 0:
        span = 10 if figure.value % 100 else 100
        return any(figure.value <= year < figure.value + span for year in years)
    return bool(_CENTURY.match(after)) and any((year + 99) // 100 == figure.value for year in years)
