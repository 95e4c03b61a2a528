"""The amounts that a text gives: its figures with their units and currencies, and what they count."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from qa.language.terms import STOPWORDS, Figure, figures, fold, stem

ORDINALS = {
    word: number
    for number, word in enumerate(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth""".split(),
        start=1,
    )
}
ORDINAL = re.compile(rf"\b(?:{'|'.join(ORDINALS)})\b", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:-|–|—|to|and|or)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_COUNTED = re.compile(
    rf"(?! (?:{'|'.join(map(re.escape, STOPWORDS - {'and', 'or'}))})\b)(?:[ -][a-z]{{2,}}){{1,3}}", re.IGNORECASE
)
_NUMBERED = re.compile(r"\b[A-Z]\w+\s$")
_SCORE, _SCORED = re.compile(r"[-–](\d\d?)\b(?![-–\d])"), re.compile(r"\b(\d\d?)[-–]$")
_STUCK = re.compile(r"[A-Za-z]+|(?<=[.!?:;] \d)[.)] ")  # "3D"; "3.", the number of an item
SMALL = 100
REACH = 40
"""So many characters before a figure are looked at: all that stand before it take quadratic time in a long text."""
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
# What a figure is worth in ones: "four decades", "19 chromosome pairs".
_DECADES = re.compile(r"[ -]decades?\b", re.IGNORECASE)
# "Twelve euros and fifty cents", "twelve point five".
_HUNDREDTHS = re.compile(r"(?: (?:dollars?|euros?|pounds?))? and ", re.IGNORECASE)
_CENTS = re.compile(r" (?:cents?|centimes?|pence|p)\b", re.IGNORECASE)
_POINT = re.compile(r" (?:point|dot) ", re.IGNORECASE)


class Amount(NamedTuple):
    """A figure as it is compared: its value, its unit, its currency where one is named, and what it counts."""

    value: float
    unit: str = ""
    currency: str = ""
    beside: frozenset[str] = frozenset()


def amounts(text: str) -> Iterator[Amount]:
    """Give the amounts of a text: its figures, what they make together, ordinals, and words worth a figure."""
    found = figures(text)
    for figure in found:
        yield amount(text, figure)
        if _DECADES.match(text, figure.end):
            yield Amount(figure.value * 10, beside=frozenset({stem("years")}))
    for one, other in pairwise(found):  # "10 to 12 percent": ten percent as well
        yield from _of_two(text, one, other)
        if _RANGE.fullmatch(text, one.end, other.start) and not one.unit.replace("money", ""):
            last = amount(text, other)
            yield last._replace(value=one.value)
            yield last._replace(value=round(one.value * _scale(text, other), 6))
    for match in ORDINAL.finditer(text):
        number = ORDINALS[match.group().lower()]
        yield Amount(number, beside=_beside(text, match.start(), match.end()))
    for match in _WORTHY.finditer(text):
        said = match.group().lower()
        yield Amount(*_WORTH[said.replace("-", " ")], beside=frozenset({said}))


def _of_two(text: str, one: Figure, other: Figure) -> Iterator[Amount]:
    """Give the amount that two figures make together: "twelve euros and fifty cents", "twelve point five"."""
    if other.value >= SMALL or other.value % 1 or one.value % 1:
        return
    if _HUNDREDTHS.fullmatch(text, one.end, other.start) and _CENTS.match(text, other.end):
        yield amount(text, one)._replace(value=one.value + other.value / 100, unit="money")
    if _POINT.fullmatch(text, one.end, other.start):
        yield amount(text, other)._replace(value=one.value + other.value / 10 ** len(f"{other.value:.0f}"))


def _scale(text: str, figure: Figure) -> float:
    number = _NUMBER.search(text, figure.start, figure.end)
    said = float(number.group().replace(",", "")) if number else 0.0
    return figure.value / said if said else 1.0


def amount(text: str, figure: Figure) -> Amount:
    """Return a figure of a text with its unit, its currency, and what it counts."""
    return Amount(figure.value, figure.unit, figure.currency, _beside(text, figure.start, figure.end))


def _beside(text: str, start: int, end: int) -> frozenset[str]:
    """Return the stems of the words that say what a figure counts, or the figure that it makes a score with.

    These are three words after it, unless they open with a function word ("four of", "four were"), or a name before it.
    """
    after = _COUNTED.match(text, end)
    before = _NUMBERED.search(text[max(0, start - REACH) : start])
    said = [word for match in (after, before) if match for word in match.group().replace("-", " ").split()]
    if stuck := _STUCK.match(text, end):
        said.append(stuck.group())
    scores = {
        match.group(1) for match in (_SCORE.match(text, end), _SCORED.search(text[max(0, start - 4) : start])) if match
    }
    return frozenset(stem(word) for word in said if fold(word) not in STOPWORDS) | scores
