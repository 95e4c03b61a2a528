"""Find statements that repeat the instructions to the model instead of the articles, openly or encoded.

The instructions are public and hold no secret; but an answer holds news or nothing.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from index.text.normal_form import letters

_LEAST = 40
"""So many equal letters and digits in a row, white space and punctuation aside, are no accident."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[\s:,]?){24,}")
_ROT13 = str.maketrans("abcdefghijklmnopqrstuvwxyz", "nopqrstuvwxyzabcdefghijklm")


class Instructions:
    """The instructions of one prompt, to compare statements with."""

    def __init__(self, text: str, code: str | None = None) -> None:
        """Take the instructions as the model was given them, and the code that marks the evidence of its prompt."""
        self._letters, self._code = letters(text), code

    def are_in(self, statement: str) -> bool:
        """Return whether a statement holds 40 letters of the instructions in a row: plain, spaced, reversed or encoded.

        A statement that holds the code of the prompt repeats its frame, for no article has it.
        """
        if self._code and self._code in statement:
            return True
        return any(self._hold(letters(reading)) for reading in _readings(statement))

    def _hold(self, letters: str) -> bool:
        starts = range(len(letters) - _LEAST + 1)
        return any(letters[start : start + _LEAST] in self._letters for start in starts)


def _readings(statement: str) -> Iterator[str]:
    """Yield a statement, and the texts that it may encode."""
    yield statement
    yield statement[::-1]
    yield statement.casefold().translate(_ROT13)
    for digits in _HEX.findall(statement):
        yield bytes.fromhex("".join(re.findall("[0-9a-fA-F]", digits))).decode("utf-8", "ignore")
    for encoded in _BASE64.findall(statement):
        # The padding may have been cut off, or come twice; what it should be follows from the length.
        unpadded = encoded.rstrip("=")
        try:
            yield base64.b64decode(unpadded + "=" * (-len(unpadded) % 4)).decode("utf-8", "ignore")
        except binascii.Error:
            continue
