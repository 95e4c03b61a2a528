"""What a file holds before it is an article: text, its encoding, and what the format itself says about it."""

import re
from dataclasses import dataclass, field
from datetime import date

from index.corpus.encodings import decode as decode

MAX_CHARACTERS = 1_000_000
MAX_LINES = 50_000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

Declared = dict[str, str | date | None]
"""What a file says of its article in fields of its own, by the names of the article's fields."""


@dataclass(frozen=True)
class Document:
    """The text of one article and what its format itself says about it.

    `part` names the article within a file of several, and stays the same when the file grows; it is empty where the
    file is the article. What stands in the text before `start` are fields that `declared` gives. `doubts` are sentences
    for the report: what may be wrong with the text, though it was read.
    """

    text: str
    encoding: str
    declared: Declared = field(default_factory=dict)
    part: str = ""
    start: int = 0
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contents:
    """What a file holds: its articles, and for each part that cannot be read a reason that says which part."""

    documents: tuple[Document, ...]
    problems: tuple[str, ...] = ()


def fault_of(text: str) -> str:
    """Say why a text is no article: it holds nothing, or is too long for one; empty when it can be one."""
    if not text.strip():
        return "holds no text"
    if len(text) > MAX_CHARACTERS:
        return f"is {len(text):,} characters, over the limit of {MAX_CHARACTERS:,} for one article; cut it into several"
    if (lines := len(text.splitlines())) > MAX_LINES:
        return f"is {lines:,} lines, over the limit of {MAX_LINES:,} for one article; cut it into several"
    return ""


def storable(text: str) -> str:
    """Replace what no text file can hold (NUL, halves of surrogate pairs) by U+FFFD, character for character."""
    return _UNSTORABLE.sub("\ufffd", text)
