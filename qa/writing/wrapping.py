"""Unwrap a whole answer that a model, against the rules, puts into a block of code or JSON."""

import json
import re

_FENCE = "```"
_OPENED = re.compile(rf"{_FENCE}(?:[\w-]*\s*\n)?")
_OPENINGS = ("{", "`")


class Wrapping:
    """Takes an answer out of its wrapping; a reply without one passes as it comes."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.waiting = 0
        """The number of characters that wait for the end of the reply."""
        self._pieces: list[str] = []
        self._is_wrapped = False
        self._is_open = False

    def taken_from(self, text: str | None) -> str:
        """Return the readable part of more text of a reply, None being its end; wrapped text waits for the end."""
        if self._is_open:
            return text or ""
        self._pieces.append(text or "")
        self.waiting += len(text or "")
        opening = self._pieces[-1].lstrip()
        self._is_wrapped = self._is_wrapped or opening.startswith(_OPENINGS)
        # Until something comes that is no white space, nobody knows whether it is wrapped.
        if text is not None and (self._is_wrapped or not opening):
            return ""
        self.waiting, self._is_open = 0, True
        whole = "".join(self._pieces)
        return _unwrapped(whole.lstrip()) if self._is_wrapped else whole


def _unwrapped(reply: str) -> str:
    """Return the text in a block of code and after it; of a JSON object, its longest text."""
    after = ""
    if opened := _OPENED.match(reply):
        reply, _, after = reply[opened.end() :].partition(_FENCE)
    return f"{_longest_text(reply.strip())}\n{after.strip()}".rstrip()


def _longest_text(reply: str) -> str:
    """Return the longest text of a JSON object; any other reply, and an object without text, unchanged."""
    if not reply.startswith("{"):
        return reply
    try:
        texts = [value for value in json.loads(reply).values() if isinstance(value, str)]
    except (ValueError, RecursionError):  # that of what is nested too deep
        return reply
    # JSON can say half of a surrogate pair, which no text can hold.
    return max(texts, key=len, default=reply).encode(errors="replace").decode()
