"""The amounts that a text gives, however its figures are written."""

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
# A statement may put a figure for these words of the text.
_AMOUNT_WORDS = {
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
_AMOUNT_WORD = re.compile(rf"\b(?:{'|'.join(_AMOUNT_WORDS).replace(' ', '[ -]')})\b", re.IGNORECASE)
_DECADES = re.compile(r"[ -]decades?\b", re.IGNORECASE)
# "Twelve euros and fifty cents", "twelve point five".
_HUNDREDTHS = re.compile(r"(?: (?:dollars?|euros?|pounds?))? and ", re.IGNORECASE)
_CENTS = re.compile(r" (?:cents?|centimes?|pence|p)\b", re.IGNORECASE)
_POINT = re.compile(r" (?:point|dot) ", re.IGNORECASE)
# "Half a million", "six in ten".
_PART_OF = re.compile(rf"(?P<part>{_AMOUNT_WORD.pattern})(?: of)? $", re.IGNORECASE)
_IN = re.compile(r" (?:in|out of) (?:every )?", re.IGNORECASE)
_REACH = 40
_BELOW_A_HUNDRED = 100
_ROUNDING = 0.05
"""A figure is taken for a rounded one when it is off by no more than this share of it."""


class Amount(NamedTuple):
    """The value of a figure, its unit, and its currency where one is named."""

    value: float
    unit: str = ""
    currency: str = ""


def figures_with_amounts(text: str) -> list[tuple[Figure, tuple[Amount, ...]]]:
    """Return the figures of a text, each with its possible amounts: "10 to 12 percent" has ten percent as well."""
    all_figures = figures(text)
    possible = {figure: [_amount_at(text, figure)] for figure in all_figures}
    for figure in all_figures:
        if _DECADES.match(text, figure.end):
            possible[figure].append(Amount(figure.value * 10))
    for figure, after in pairwise(all_figures):
        possible[figure] += _joint_amounts(text, figure, after)
        if _IN.fullmatch(text, figure.end, after.start) and figure.value < after.value:
            ratio = Amount(round(100 * figure.value / after.value, 6), "percent")
            possible[figure].append(ratio)
            possible[after].append(ratio)
        # In "10 to 12 percent" the unit is that of both figures, unless the first has one of its own. In "3 to 4
        # million" the scale may be, too: either reading counts.
        if _RANGE.fullmatch(text, figure.end, after.start) and not figure.unit.replace("money", ""):
            scaled = round(figure.value * _scale(text, after), 6)
            possible[figure] += [_amount(after)._replace(value=value) for value in (figure.value, scaled)]
    return [(figure, tuple(possible[figure])) for figure in all_figures]


def amounts(text: str) -> Iterator[Amount]:
    """Yield all possible amounts of the figures of a text, and those of its ordinals and of words such as "half"."""
    for _, possible in figures_with_amounts(text):
        yield from possible
    for match in _ORDINAL.finditer(text):
        yield Amount(_ORDINALS[match.group().lower()])
    for match in _AMOUNT_WORD.finditer(text):
        yield Amount(*_AMOUNT_WORDS[match.group().lower().replace("-", " ")])


def _joint_amounts(text: str, figure: Figure, after: Figure) -> Iterator[Amount]:
    """Yield the amount that two figures make together: "twelve euros and fifty cents", "twelve point five"."""
    if after.value >= _BELOW_A_HUNDRED or after.value % 1 or figure.value % 1:
        return
    if _HUNDREDTHS.fullmatch(text, figure.end, after.start) and _CENTS.match(text, after.end):
        yield _amount(figure)._replace(value=figure.value + after.value / 100, unit="money")
    if _POINT.fullmatch(text, figure.end, after.start):
        yield _amount(after)._replace(value=figure.value + after.value / 10 ** len(f"{after.value:.0f}"))


def _amount_at(text: str, figure: Figure) -> Amount:
    """Return the amount of a figure: of "a million" behind "half" the part."""
    amount = _amount(figure)
    part = _PART_OF.search(text, max(0, figure.start - _REACH), figure.start)
    # "Half of twelve seats" says twelve, too.
    if not part or text[figure.start] not in "aA":
        return amount
    share, unit = _AMOUNT_WORDS[part["part"].lower().replace("-", " ")]
    return amount._replace(value=round(amount.value * share / 100, 6)) if unit else amount


def _scale(text: str, figure: Figure) -> float:
    number = _NUMBER.search(text, figure.start, figure.end)
    written = float(number.group().replace(",", "")) if number else 0.0
    return figure.value / written if written else 1.0


def _amount(figure: Figure) -> Amount:
    return Amount(figure.value, figure.unit, figure.currency)


def rounds(value: float, figure: float) -> bool:
    """Return whether a value, rounded to the digits that a figure has, is that figure."""
    if not figure or math.isinf(figure):  # of more than 308 digits
        return False
    digits, _, exponent = f"{figure:.9e}".partition("e")
    # The last digit that is not zero says how finely a figure was rounded: 1,200 to hundreds, 1,230 to tens.
    last = 10.0 ** (int(exponent) + 1 - len(digits.replace(".", "").rstrip("0")))
    return abs(figure - value) <= min(last / 2, _ROUNDING * figure)
