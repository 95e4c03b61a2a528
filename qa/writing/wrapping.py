"""Unwrap what a model, against the rules, puts into a block of code, and a whole answer that it puts into JSON."""

import json
import re
from collections.abc import Iterator, Mapping

from pydantic_core import from_json

from qa.models.markers import MARKER, markers_in, markers_text

FENCE = "```"
_LANGUAGE = re.compile(r"[\w-]*[^\S\n]*\n")
"""The first line of a block of code."""
_JSON = re.compile(r"\{|\[\s*[{\"]")
_MAYBE = re.compile(r"\[?\s*")
"""The beginning of a list in JSON or of a marker."""


class Wrapping:
    """Takes an answer out of JSON; a reply that does not begin as such passes as it comes."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.waiting = 0
        """The number of characters that wait for the end of the reply."""
        self._pieces: list[str] = []
        self._opening = ""
        self._is_wrapped = False
        self._is_open = False

    def taken_from(self, text: str | None) -> str:
        """Return the readable part of more text of a reply, None being its end; wrapped text waits for the end."""
        if self._is_open:
            return text or ""
        self._pieces.append(text or "")
        self.waiting += len(text or "")
        if not self._is_wrapped:
            self._opening = (self._opening + (text or "")).lstrip()
            self._is_wrapped = bool(_JSON.match(self._opening))
        # Until something comes that is no white space, nobody knows whether it is wrapped.
        if text is not None and (self._is_wrapped or _MAYBE.fullmatch(self._opening)):
            return ""
        self.waiting, self._is_open = 0, True
        whole = "".join(self._pieces)
        return _text_in(whole.strip()) if self._is_wrapped else whole


def opened(block: str) -> str:
    """Return the text in blocks of code, and between them; where that in a block is JSON, the text that it holds."""
    texts = []
    for index, part in enumerate(block.split(FENCE)):
        language = _LANGUAGE.match(part) if index % 2 else None
        inside = part[language.end() if language else 0 :].strip()
        texts.append(_text_in(inside) if index % 2 else inside)
    return "\n".join(filter(None, texts))


def _text_in(reply: str) -> str:
    """Return the text that JSON holds, whole or cut off, and what follows it; a reply without such text unchanged."""
    if not _JSON.match(reply):
        return reply
    try:
        value, end = _parsed(reply)
        text = _text_of(value)
    except (ValueError, RecursionError):  # that of what is nested too deep
        return reply
    # JSON can say half of a surrogate pair, which no text can hold.
    return reply if text is None else f"{text}\n{reply[end:].strip()}".rstrip().encode(errors="replace").decode()


def _parsed(reply: str) -> tuple[object, int]:
    """Return the value of JSON, or of the part of it that came, and its length; raise ValueError for other text."""
    try:
        return json.JSONDecoder().raw_decode(reply)
    except ValueError:
        return from_json(reply, allow_partial="trailing-strings"), len(reply)


def _text_of(value: object) -> str | None:
    """Return a text, or the texts of a list, a line each; of an object those with markers, else its longest.

    A text without a marker gets those that its object lists beside it: {"sentence": "It rained.", "citations": [3]}.
    None where there is no text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        texts = [text for text in map(_text_of, value) if text is not None]
        return "\n".join(texts) if texts else None
    if not isinstance(value, dict):
        return None
    texts = [text for text in map(_text_of, value.values()) if text is not None and not _is_marker(text)]
    if cited := list(filter(markers_in, texts)):
        return "\n".join(cited)
    text = max(texts, key=len, default=None)
    return text and f"{text} {markers_text(_listed(value))}".rstrip()


def _listed(fields: Mapping[str, object]) -> Iterator[int]:
    """Yield the numbers that an object names as such: [3, "4"], "[5]", ["[6]", "[7]"]."""
    for value in fields.values():
        items = (
            [f"[{item}]" if str(item).isdecimal() else item for item in value] if isinstance(value, list) else [value]
        )
        yield from (number for item in items if _is_marker(item) for number in markers_in(str(item)))


def _is_marker(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not MARKER.sub("", value).strip(" ,;")
