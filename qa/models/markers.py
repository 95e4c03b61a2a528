"""Inline markers: the one place that reads and writes the forms that models emit."""

import re
from collections.abc import Iterable

# A number of up to four digits, or two with a dash between.
_RANGE = r"\d{1,4}(?:\s*[-–—]\s*\d{1,4})?"
# What some models put behind a dagger: "【3†source】".
_DETAIL = r"(?:†[^\s\[\]【】［］]*)?"
LABEL = r"(?:[\^#]|(?i:s(?:entences?|ources?)?)\.?\s*)?"
"""Labels that models put before the number of a sentence: "[S3]", "[^3]", "[sentences 3 and 5]"."""
NEXT = r"(?:\s*[,;，、&]\s*|\s+and\s+)"
MARKER = re.compile(rf"[\[【［]\s*{LABEL}{_RANGE}(?:{NEXT}{LABEL}{_RANGE})*\s*{_DETAIL}[\]】］]")
ROUND = rf"\({LABEL}\d{{1,3}}(?:{NEXT}{LABEL}\d{{1,3}})*\)"
"""Numbers in round brackets: some models cite with these; an age stands in them, too."""
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
"""Some models cite with these; a unit ("km²") has them too."""
_NUMBERS = re.compile(r"(\d{1,4})(?:\s*[-–—]\s*(\d{1,4}))?")
_MAX_RANGE = 50
# From its first space on: else each space of a long run is tried.
_SPACE_BEFORE_STOP = re.compile(r"(?<!\s)\s+(?=[.,;:!?])")


def numbers_of(marker: str) -> list[int]:
    """Return the numbers of one marker in any of its forms; a range counts each number in it."""
    numbers: list[int] = []
    for match in _NUMBERS.finditer(marker.partition("†")[0]):
        first = int(match[1])
        last = int(match[2]) if match[2] else first
        # A range is cut: "[1-9999]" must not become ten thousand numbers. One that runs backwards is two numbers.
        numbers.extend(range(first, min(last, first + _MAX_RANGE) + 1) if last >= first else (first, last))
    return numbers


def markers_in(text: str) -> list[int]:
    """Return the numbers of all markers in a text, in order, repeats kept."""
    return [number for match in MARKER.finditer(text) for number in numbers_of(match.group())]


def markers_text(numbers: Iterable[int]) -> str:
    """Return markers in the one form that answers use: `[1][2]`."""
    return "".join(f"[{number}]" for number in numbers)


def unmarked(text: str) -> str:
    """Return a statement without its markers, and without the space that they leave before a stop."""
    return _SPACE_BEFORE_STOP.sub("", MARKER.sub("", text)).strip()


def neutralised(text: str) -> str:
    """Return article text in which nothing can be read as a marker: `[1]` becomes `(1)`, length kept."""
    # As long as before, so that offsets into the text stay right.
    return MARKER.sub(lambda match: f"({match.group()[1:-1]})", text)
