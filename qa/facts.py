"""Which figures and dates of a statement its cited text does not hold, however the two are written."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from qa.dates import Day, agrees, days, meant
from qa.terms import Figure, figures

_ORDINALS = {
    word: number
    for number, word in enumerate(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth""".split(),
        start=1,
    )
}
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_CURRENCIES = {
    "dollar": r"\$|dollars?|bucks|usd",
    "euro": r"€|euros?|eur",
    "pound": r"£|pounds?|sterling|gbp",
    "yen": r"¥|yen|yuan|renminbi|rmb",
    "rupee": r"₹|rs\.?|rupees?|inr|pkr",
    "afghani": r"afghanis?",
    "rial": r"rials?",
    "rouble": r"₽|roubles?|rubles?",
    "franc": r"francs?|chf",
}
_BEFORE = re.compile(rf"(?:{'|'.join(f'(?P<{name}>{form})' for name, form in _CURRENCIES.items())})\s?$", re.IGNORECASE)
_AFTER = re.compile(
    rf"\s?(?:us |u\.s\. )?(?:{'|'.join(f'(?P<{name}>{form})' for name, form in _CURRENCIES.items())})(?!\w)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:-|–|—|to|and|or)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_ABOUT = re.compile(
    r"\b(?:about|around|some|nearly|almost|roughly|approximately|over|more than|at least|under|less than|fewer than|"
    r"up to|close to|an estimated|at most|just)\s+$",
    re.IGNORECASE,
)
_REACH = 40
"""So many characters before a figure are looked at: all that stand before it take quadratic time in a long text."""
_ROUNDING = 0.05
# What counts nothing: "one of the officials", "the two sides".
_NO_COUNT = re.compile(r"\b(?:the|these|those|its|their|both|all)\s+(?:two|2)$|^one$", re.IGNORECASE)
_YEAR_RANGE = re.compile(r"\b(1\d|20)(\d\d)[-–/](\d\d)\b")


class Amount(NamedTuple):
    """A figure as it is compared: its value, its unit, and its currency where one is named."""

    value: float
    unit: str = ""
    currency: str = ""


def missing_figures(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the figures of a statement, as written, that its cited text and what is known of it do not hold."""
    text = f"{cited} . {about}"
    held = set(_amounts(text))
    dated = {at for one in days(statement) for at in range(one.start, one.end)}
    calendar = [*days(text), *meant(cited, published)]
    return [
        shown
        for figure, shown in _figures(statement)
        if figure.start not in dated
        and not _NO_COUNT.search(statement[max(0, figure.start - 8) : figure.end].lstrip() if shown != "one" else shown)
        and not _held(_amount(statement, figure), statement, figure, held)
        and not _of_the_calendar(statement, figure, calendar)
    ]


def missing_dates(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the dates of a statement, as written, that its cited text does not hold or mean."""
    held = [*days(f"{cited} . {about}"), *meant(cited, published)]
    years = [Day(year=int(one.value)) for one in _amounts(cited) if 1000 <= one.value < 2100 and one.value % 1 == 0]
    return [
        said
        for one in days(statement)
        if not agrees(one, [*held, *years]) and (said := statement[one.start : one.end].strip())
    ]


def _figures(text: str) -> Iterator[tuple[Figure, str]]:
    """Give the figures of a statement with their words; ordinals in words count from the third on."""
    for figure in figures(text):
        yield figure, text[figure.start : figure.end].strip().rstrip("-")
    for match in _ORDINAL.finditer(text):
        number = _ORDINALS[match.group().lower()]
        if number > 2:
            yield Figure(float(number), "", match.start(), match.end()), match.group()


def _amounts(text: str) -> Iterator[Amount]:
    found = figures(text)
    for figure in found:
        yield _amount(text, figure)
    for one, other in pairwise(found):  # "10 to 12 percent": ten percent as well
        if _RANGE.fullmatch(text, one.end, other.start) and not one.unit.replace("money", ""):
            last = _amount(text, other)
            yield Amount(one.value, last.unit, last.currency)
            yield Amount(round(one.value * _scale(text, other), 6), last.unit, last.currency)
    for match in _ORDINAL.finditer(text):
        yield Amount(_ORDINALS[match.group().lower()])
    for match in _YEAR_RANGE.finditer(text):
        yield Amount(float(match.group(1) + match.group(3)))


def _scale(text: str, figure: Figure) -> float:
    number = _NUMBER.search(text, figure.start, figure.end)
    said = float(number.group().replace(",", "")) if number else 0.0
    return figure.value / said if said else 1.0


def _amount(text: str, figure: Figure) -> Amount:
    number = _NUMBER.search(text, figure.start, figure.end)
    before = _BEFORE.search(text[max(0, figure.start - 4) : number.start() if number else figure.start])
    after = _AFTER.match(text, figure.end)
    currency = next(
        (name for match in (before, after) if match for name, said in match.groupdict().items() if said), ""
    )
    return Amount(figure.value, "money" if currency and figure.unit == "" else figure.unit, currency)


def _held(said: Amount, statement: str, figure: Figure, held: set[Amount]) -> bool:
    about = bool(_ABOUT.search(statement[max(0, figure.start - _REACH) : figure.start]))
    return any(
        (said.value == one.value or (about and _rounds(said.value, one.value)))
        and (said.unit == one.unit or "percent" not in (said.unit, one.unit))
        and (said.currency == one.currency or not said.currency or not one.currency)
        for one in held
    )


def _rounds(said: float, value: float) -> bool:
    """Whether a figure that is given as "about" so much is another one, rounded to the digits that it has."""
    digits = f"{said:.10g}".replace(".", "").strip("0")
    if not said or not digits:
        return False
    last = 10.0 ** (len(f"{int(abs(said))}") - len(digits)) if abs(said) >= 1 else 0.0
    return abs(said - value) <= min(last, _ROUNDING * abs(said))


def _of_the_calendar(statement: str, figure: Figure, calendar: Sequence[Day]) -> bool:
    """Whether a figure is a decade or a century of a year that the text gives, or a day of the month that it means."""
    years = [one.year for one in calendar if one.year]
    after = statement[figure.end : figure.end + 12]
    if after.startswith("s") and figure.value % 10 == 0:
        return any(figure.value <= year < figure.value + 10 for year in years)
    if re.match(r"(?:st|nd|rd|th)?[ -]century", after):
        return any((year + 99) // 100 == figure.value for year in years)
    return False
