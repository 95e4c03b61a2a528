"""The amounts that a text gives: what its figures are worth, however they are written."""

import math
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from qa.language.terms import Figure, figures

_ORDINALS = {
    word: number
    for number, word in enumerate(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth""".split(),
        start=1,
    )
}
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:-|–|—|to|and|or)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
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
# "Twelve euros and fifty cents", "twelve point five".
_HUNDREDTHS = re.compile(r"(?: (?:dollars?|euros?|pounds?))? and ", re.IGNORECASE)
_CENTS = re.compile(r" (?:cents?|centimes?|pence|p)\b", re.IGNORECASE)
_POINT = re.compile(r" (?:point|dot) ", re.IGNORECASE)
_BELOW_A_HUNDRED = 100
_ROUNDING = 0.05
"""A figure is taken for a rounded one when it is off by no more than this share of it."""


class Amount(NamedTuple):
    """What a figure is worth: its value, its unit, and its currency where one is named."""

    value: float
    unit: str = ""
    currency: str = ""


def readings(text: str) -> list[tuple[Figure, tuple[Amount, ...]]]:
    """Return the figures of a text, each with all that it may be worth: "10 to 12 percent" has ten percent as well."""
    found = figures(text)
    worth = {figure: [_amount(figure)] for figure in found}
    for figure in found:
        if _DECADES.match(text, figure.end):
            worth[figure].append(Amount(figure.value * 10))
    for figure, after in pairwise(found):
        worth[figure] += _of_two(text, figure, after)
        if _RANGE.fullmatch(text, figure.end, after.start) and not figure.unit.replace("money", ""):
            scaled = round(figure.value * _scale(text, after), 6)
            worth[figure] += [_amount(after)._replace(value=value) for value in (figure.value, scaled)]
    return [(figure, tuple(worth[figure])) for figure in found]


def amounts(text: str) -> Iterator[Amount]:
    """Yield all that the figures of a text may be worth, and what its ordinals and words such as "half" are worth."""
    for _, worth in readings(text):
        yield from worth
    for match in _ORDINAL.finditer(text):
        yield Amount(_ORDINALS[match.group().lower()])
    for match in _WORTHY.finditer(text):
        yield Amount(*_WORTH[match.group().lower().replace("-", " ")])


def _of_two(text: str, figure: Figure, after: Figure) -> Iterator[Amount]:
    """Yield the amount that two figures make together: "twelve euros and fifty cents", "twelve point five"."""
    if after.value >= _BELOW_A_HUNDRED or after.value % 1 or figure.value % 1:
        return
    if _HUNDREDTHS.fullmatch(text, figure.end, after.start) and _CENTS.match(text, after.end):
        yield _amount(figure)._replace(value=figure.value + after.value / 100, unit="money")
    if _POINT.fullmatch(text, figure.end, after.start):
        yield _amount(after)._replace(value=figure.value + after.value / 10 ** len(f"{after.value:.0f}"))


def _scale(text: str, figure: Figure) -> float:
    number = _NUMBER.search(text, figure.start, figure.end)
    said = float(number.group().replace(",", "")) if number else 0.0
    return figure.value / said if said else 1.0


def _amount(figure: Figure) -> Amount:
    return Amount(figure.value, figure.unit, figure.currency)


def rounds(value: float, said: float) -> bool:
    """Return whether a value, rounded to the digits that a figure has, is that figure."""
    if not said or math.isinf(said):  # of more than 308 digits
        return False
    digits, _, exponent = f"{said:.9e}".partition("e")
    last = 10.0 ** (int(exponent) + 1 - len(digits.replace(".", "").rstrip("0")))
    return abs(said - value) <= min(last / 2, _ROUNDING * said)
