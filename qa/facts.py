"""Which figures and dates of a statement its cited text does not hold, however the two are written."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from qa.dates import Day, agrees, days, meant, whole_years
from qa.terms import STOPWORDS, Figure, figures, fold, stem

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
_ROUNDED = re.compile(
    r"\b(?:(?P<down>over|more than|at least|above|exceeding|upwards? of)|(?P<up>under|less than|fewer than|below|up to|"
    r"at most|nearly|almost|close to)|about|around|some|roughly|approximately|an estimated)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    rf"(?! (?:{'|'.join(map(re.escape, STOPWORDS - {'and', 'or'}))})\b)(?:[ -][a-z]{{2,}}){{1,3}}", re.IGNORECASE
)
_NUMBERED = re.compile(r"\b[A-Z]\w+\s$")
_SCORE, _SCORED = re.compile(r"[-–](\d\d?)\b(?![-–\d])"), re.compile(r"\b(\d\d?)[-–]$")
# "Q2", "F-16": names, and looked up as such.
_OF_A_NAME = re.compile(r"\b[A-Z]\w*-?$")
_AGE, _YEARS = re.compile(r"\b(?:aged?|age of)\s$"), re.compile(r"[ -]years?\b")
_STUCK = re.compile(r"[A-Za-z]+|(?<=[.!?:;] \d)[.)] ")  # "3D"; "3.", the number of an item
_SMALL = 100
_REACH = 40
"""So many characters before a figure are looked at: all that stand before it take quadratic time in a long text."""
_ROUNDING = 0.05
# What counts nothing: "one of the officials", "the two sides".
_NO_COUNT = re.compile(r"\b(?:the|these|those|its|their|both|all)\s+(?:two|2)$|^one$", re.IGNORECASE)
# Words of the text for which a statement may put a figure.
_WORTH = {
    **dict.fromkeys("double doubled doubling twice twofold pair couple duo twin twins both".split(), (2.0, "")),
    **dict.fromkeys("triple tripled tripling thrice threefold trio triplets".split(), (3.0, "")),
    **dict.fromkeys("quadruple quadrupled fourfold quartet".split(), (4.0, "")),
    "decade": (10.0, ""),
    "century": (100.0, ""),
    "half": (50.0, "percent"),
    "a third": (33.0, "percent"),
    "two thirds": (67.0, "percent"),
    "a quarter": (25.0, "percent"),
    "three quarters": (75.0, "percent"),
    "a fifth": (20.0, "percent"),
}
_WORTHY = re.compile(rf"\b(?:{'|'.join(_WORTH).replace(' ', '[ -]')})\b", re.IGNORECASE)
_DECADES = re.compile(r"[ -]decades?\b", re.IGNORECASE)


class Amount(NamedTuple):
    """A figure as it is compared: its value, its unit, its currency where one is named, and what it counts."""

    value: float
    unit: str = ""
    currency: str = ""
    beside: frozenset[str] = frozenset()


def missing_figures(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the figures of a statement, as written, that its cited text and what is known of it do not hold."""
    statement, text = whole_years(statement), whole_years(f"{cited} . {about}")
    held = set(_amounts(text))
    dated = {at for one in days(statement) for at in range(one.start, one.end)}
    calendar = [*days(text), *meant(cited, published), *_years(held)]
    return [
        shown
        for figure, shown in _figures(statement)
        if figure.start not in dated
        and not _OF_A_NAME.search(statement[max(0, figure.start - _REACH) : figure.start])
        and not _NO_COUNT.search(statement[max(0, figure.start - 8) : figure.end].lstrip() if shown != "one" else shown)
        and not _held(_amount(statement, figure), statement, figure, held)
        and not _is_span(statement, figure, calendar)
        and not _of_the_calendar(statement, figure, calendar)
    ]


def missing_dates(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return the dates of a statement, as written, that its cited text does not hold or mean."""
    statement, cited = whole_years(statement), whole_years(cited)
    held = [*days(f"{cited} . {about}"), *meant(cited, published)]
    years = _years(_amounts(cited))
    return [
        said
        for one in days(statement)
        if not agrees(one, [*held, *years]) and (said := statement[one.start : one.end].strip())
    ]


def _years(amounts: Iterable[Amount]) -> list[Day]:
    """Return the figures that may be years: "in the 1960s", "from 1968-73"."""
    return [Day(year=int(one.value)) for one in amounts if 1000 <= one.value < 2100 and one.value % 1 == 0]


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
        if _DECADES.match(text, figure.end):
            yield Amount(figure.value * 10, beside=frozenset({stem("years")}))
    for one, other in pairwise(found):  # "10 to 12 percent": ten percent as well
        if _RANGE.fullmatch(text, one.end, other.start) and not one.unit.replace("money", ""):
            last = _amount(text, other)
            yield last._replace(value=one.value)
            yield last._replace(value=round(one.value * _scale(text, other), 6))
    for match in _ORDINAL.finditer(text):
        number = _ORDINALS[match.group().lower()]
        yield Amount(number, beside=_beside(text, match.start(), match.end()))
    for match in _WORTHY.finditer(text):
        said = match.group().lower()
        yield Amount(*_WORTH[said.replace("-", " ")], beside=frozenset({said}))


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
    unit = "money" if currency and figure.unit == "" else figure.unit
    return Amount(figure.value, unit, currency, _beside(text, figure.start, figure.end))


def _beside(text: str, start: int, end: int) -> frozenset[str]:
    """Return the stems of the words that say what a figure counts, or the figure that it makes a score with.

    These are three words after it, unless they open with a function word ("four of", "four were"), or a name before it.
    """
    after = _COUNTED.match(text, end)
    before = _NUMBERED.search(text[max(0, start - _REACH) : start])
    said = [word for match in (after, before) if match for word in match.group().replace("-", " ").split()]
    if stuck := _STUCK.match(text, end):
        said.append(stuck.group())
    scores = {
        match.group(1) for match in (_SCORE.match(text, end), _SCORED.search(text[max(0, start - 4) : start])) if match
    }
    return frozenset(stem(word) for word in said if fold(word) not in STOPWORDS) | scores


def _held(said: Amount, statement: str, figure: Figure, held: set[Amount]) -> bool:
    rounded = _ROUNDED.search(statement[max(0, figure.start - _REACH) : figure.start])
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
    if not said.beside or said.unit or said.value > _SMALL:
        return False
    elsewhere = all(one.beside and not one.beside & said.beside for one in same)
    return elsewhere and any(one.value != said.value and one.beside & said.beside for one in held)


def _rounds(said: float, value: float, towards: str | None) -> bool:
    """Whether a figure that is given as "about" so much is another one, rounded to the digits that it has.

    It is rounded down after "more than", up after "less than", and by a twentieth at most when it is neither.
    """
    digits = f"{said:.10g}".replace(".", "").strip("0")
    if not said or not digits:
        return False
    last = 10.0 ** (len(f"{int(abs(said))}") - len(digits)) if abs(said) >= 1 else 0.0
    if towards == "down":
        return said <= value < min(said + last, 2 * said)
    if towards == "up":
        return max(said - last, said / 2) < value <= said
    return abs(said - value) <= min(last / 2, _ROUNDING * abs(said))


def _is_span(statement: str, figure: Figure, calendar: Sequence[Day]) -> bool:
    """Whether a figure is an age or a number of years that lies between two years of the text."""
    aged = _AGE.search(statement[max(0, figure.start - _REACH) : figure.start])
    if not aged and not _YEARS.match(statement, figure.end):
        return False
    years = {one.year for one in calendar if one.year}
    return any(one + figure.value + off in years for one in years for off in (0, 1))


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
