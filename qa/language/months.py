"""The months that a text names in any language, by the names of the Unicode Common Locale Data Repository."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Literal

from index.text.language import NAMES, likely_language

_WORD = re.compile(r"\w+")
_BESIDE = 2
"""A figure stands within so many words of a month that is no other word: "10. mai", "mayo de 2024"."""
_WORDS_TOO = {"en"}
"""In these languages months are words as well ("may", "march"): `qa.language.dates` reads them."""


def months(text: str) -> set[int]:
    """Return the months, 1 to 12, that words of a text may name in any language, whole or shortened."""
    numbers = _numbers(("wide", "abbreviated"))
    return {number for word in _WORD.findall(text.lower()) for number in numbers.get(word, ())}


def dated_months(text: str) -> list[tuple[set[int], str]]:
    """Return the words of a text that name a month beside a day or a year, each with the months that it may be.

    They are looked up in the language of the text where its words tell it: "Mars" is French for March.
    """
    numbers, words = _numbers(("wide",), likely_language(text)), _WORD.findall(text)
    dated = []
    for index, word in enumerate(words):
        beside = words[max(0, index - _BESIDE) : index] + words[index + 1 : index + 1 + _BESIDE]
        if (possible := numbers.get(word.lower())) and any(map(str.isdecimal, beside)):
            dated.append((set(possible), word))
    return dated


@cache
def _numbers(
    widths: Sequence[Literal["wide", "abbreviated"]], language: str | None = None
) -> Mapping[str, Collection[int]]:
    """Return the numbers of the months by their names in lower case; the same name may be of two months."""
    from babel.dates import get_month_names

    numbers: dict[str, set[int]] = defaultdict(set)
    for code in ({language} & NAMES.keys() or NAMES.keys()) - _WORDS_TOO:
        for width in widths:
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, code).items():
                    numbers[name.lower().rstrip(".")].add(number)
    return numbers
