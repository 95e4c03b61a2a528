"""What a file holds before it is an article: text, its encoding, and what the format itself says about it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

MAX_BYTES = 20 * 1024 * 1024
MAX_CHARACTERS = 1_000_000
MAX_LINES = 50_000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

Declared = dict[str, str | date | None]
"""What a file says of its article in fields of its own, by the names of the article's fields."""


@dataclass(frozen=True)
class Document:
    """The text of one article and what its format itself says about it.

    `part` names the article within a file of several, and stays the same when the file grows; it is empty where the
    file is the article. What stands in the text before `start` are fields that `declared` gives. Of an article that is
    `cut_off`, the file holds only the beginning or a summary. `doubts` are sentences for the report: what may be wrong
    with the text, though it was read.
    """

    text: str
    encoding: str
    declared: Declared = field(default_factory=dict)
    part: str = ""
    start: int = 0
    cut_off: bool = False
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contents:
    """What a file holds: its articles, and for each part that cannot be read a reason that says which part.

    Of an archive, `ignored` counts the files in it that are of types which are not read, by type.
    """

    documents: tuple[Document, ...]
    problems: tuple[str, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)

    def alone(self) -> "Contents":
        """Return the same where its only article is the file itself, and needs no name within it."""
        return replace(self, documents=tuple(replace(document, part="") for document in self.documents))


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
