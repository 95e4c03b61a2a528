"""Which figures and dates of a statement its cited text does not hold, however the two are written."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from qa.language.amounts import ORDINAL, ORDINALS, REACH, SMALL, Amount, amount, amounts
from qa.language.dates import Day, agrees, days, meant, whole_years
from qa.language.terms import Figure, figures

_ROUNDED = re.compile(
    r"\b(?:(?P<down>over|more than|at least|above|exceeding|upwards? of)|(?P<up>under|less than|fewer than|below|up to|"
    r"at most|nearly|almost|close to)|about|around|some|roughly|approximately|an estimated)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
# "Q2", "F-16": names, and looked up as such.
_OF_A_NAME = re.compile(r"\b[A-Z]\w*-?$")
_ROUNDING = 0.05
# What counts nothing: "one of the officials", "the two sides".
_NO_COUNT = re.compile(r"\b(?:the|these|those|its|their|both|all)\s+(?:two|2)$|^one$", re.IGNORECASE)
_NO_ZERO = re.compile(r"(?<![\w.,])\.(?=\d)")


def missing_figures(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the figures of a statement, as written, that its cited text and what is known of it do not hold."""
    statement, text = _spelled_out(statement), _spelled_out(f"{cited} . {about}")
    held = set(amounts(text))
    dated = {at for one in days(statement) for at in range(one.start, one.end)}
    calendar = [*days(text), *meant(cited, published), *_years(held)]
    return [
        shown
        for figure, shown in _figures(statement)
        if figure.start not in dated
        and not _OF_A_NAME.search(statement[max(0, figure.start - REACH) : figure.start])
        and not _NO_COUNT.search(statement[max(0, figure.start - 8) : figure.end].lstrip() if shown != "one" else shown)
        and not _held(amount(statement, figure), statement, figure, held)
        and not _of_the_calendar(statement, figure, calendar)
    ]


def missing_dates(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the dates of a statement, as written, that its cited text does not hold or mean."""
    statement, cited = whole_years(statement), whole_years(cited)
    held = [*days(f"{cited} . {about}"), *meant(cited, published)]
    years = _years(amounts(cited))
    return [
        said
        for one in days(statement)
        if not agrees(one, [*held, *years]) and (said := statement[one.start : one.end].strip())
    ]


def _spelled_out(text: str) -> str:
    return _NO_ZERO.sub("0.", whole_years(text))


def _years(held: Iterable[Amount]) -> list[Day]:
    """Return the figures that may be years: "in the 1960s", "from 1968-73"."""
    return [Day(year=int(one.value)) for one in held if 1000 <= one.value < 2100 and one.value % 1 == 0]


def _figures(text: str) -> Iterator[tuple[Figure, str]]:
    """Give the figures of a statement with their words; ordinals in words count from the third on."""
    for figure in figures(text):
        yield figure, text[figure.start : figure.end].strip().rstrip("-")
    for match in ORDINAL.finditer(text):
        number = ORDINALS[match.group().lower()]
        if number > 2:
            yield Figure(float(number), "", match.start(), match.end()), match.group()


def _held(said: Amount, statement: str, figure: Figure, held: set[Amount]) -> bool:
    rounded = _ROUNDED.search(statement[max(0, figure.start - REACH) : figure.start])
    same = [
        one
        for one in held
        if (
            said.value == one.value
            or (rounded and said.unit == one.unit and _rounds(said.value, one.value, rounded.lastgroup))
        )
        and (said.unit == one.unit or "percent" not in (said.unit, one.unit))
        and (said.currency == one.currency or not said.currency or not one.currency)
    ]
    return bool(same) and not _counted_otherwise(said, same, held)


def _counted_otherwise(said: Amount, same: Sequence[Amount], held: set[Amount]) -> bool:
    """Whether a small count is in the text only beside other words, and beside its own words there is another.

    "Four months" is not borne out by "three months ... four cars". A figure that stands beside no word, as in "five
    people died and four were hurt", may be of anything.
    """
    if not said.beside or said.unit or said.value > SMALL:
        return False
    elsewhere = all(one.beside and not one.beside & said.beside for one in same)
    return elsewhere and any(one.value != said.value and one.beside & said.beside for one in held)


def _rounds(said: float, value: float, towards: str | None) -> bool:
    """Whether a figure that is given as "about" so much is another one, rounded to the digits that it has.

    It is rounded down after "more than", up after "less than", and by a twentieth at most when it is neither.
    """
    digits = f"{said:.10g}".replace(".", "").strip("0")
    if not said or not digits or math.isinf(said):  # of more than 308 digits
        return False
    last = 10.0 ** (len(f"{int(abs(said))}") - len(digits)) if abs(said) >= 1 else 0.0
    if towards == "down":
        return said <= value < min(said + last, 2 * said)
    if towards == "up":
        return max(said - last, said / 2) < value <= said
    return abs(said - value) <= min(last / 2, _ROUNDING * abs(said))


def _of_the_calendar(statement: str, figure: Figure, calendar: Sequence[Day]) -> bool:
    """Whether a figure is a decade or a century of a year that the text gives, or a day of the month that it means."""
    years = [one.year for one in calendar if one.year]
    after = statement[figure.end : figure.end + 12]
    if after.startswith("s") and figure.value % 10 == 0:
        span = 10 if figure.value % 100 else 100
        return any(figure.value <= year < figure.value + span for year in years)
    if re.match(r"(?:st|nd|rd|th)?[ -]century", after):
        return any((year + 99) // 100 == figure.value for year in years)
    return False
