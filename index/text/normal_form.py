"""The normal form of a text: what a person would type to find it. For matching only, since it moves offsets."""

import re
import unicodedata
from functools import lru_cache

# Characters that show nothing (the default ignorable ones of Unicode 16), and accents that join no letter.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_FOREIGN = re.compile(r"[^\W\x00-\x7f]")
_LOOSE_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")


def normalised(text: str) -> str:
    """Return the text without invisible characters, with accents joined to letters, and letters in their usual form.

    A ligature, a letter of full width or one from the mathematical alphabets becomes what it reads as; signs that only
    look like letters (a trade mark, a footnote's number) stay what they are.
    """
    if text.isascii():
        return text
    # Not NFKC for the whole text: that would make "™" the letters "TM", and a footnote's "²" a figure.
    usual = _FOREIGN.sub(lambda char: _usual(char.group()), _UNSEEN.sub("", text))
    return _LOOSE_ACCENTS.sub("", unicodedata.normalize("NFC", usual))


def letters(text: str) -> str:
    """Return the letters and digits of a text alone, whatever their case: names are compared by them."""
    return "".join(filter(str.isalnum, text)).casefold()


@lru_cache(4096)
def _usual(char: str) -> str:
    """Return the usual form of a letter or digit."""
    # A raised or lowered figure is a footnote's number or a unit, and no part of the word.
    raised = unicodedata.decomposition(char).startswith(("<super>", "<sub>"))
    return char if raised or not (char.isalpha() or char.isdecimal()) else unicodedata.normalize("NFKC", char)
