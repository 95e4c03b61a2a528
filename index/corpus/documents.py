"""The contents of a file before they are articles: texts, their encoding, and the fields that the format declares."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

# A file and an article are held in memory whole, and each line of an article is an object: hence these limits.
MAX_BYTES = 20 * 1024 * 1024
MAX_CHARACTERS = 1_000_000
MAX_LINES = 50_000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

Declared = dict[str, str | date | None]
"""The fields that a file declares of its article, by the names of the article's fields."""


@dataclass(frozen=True)
class Document:
    """The text of one article and the fields that its format declares.

    `part` names the article within a file of several, and stays the same when the file grows; it is empty where the
    file is the article. The text before `start` holds fields that are in `declared` too. Of an article that is
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
    """The articles of a file, and for each part that cannot be read a reason that names the part.

    Of an archive, `ignored` counts the files of types that are not read, by type.
    """

    documents: tuple[Document, ...]
    problems: tuple[str, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)

    def alone(self) -> "Contents":
        """Return the same with no name for the article within the file: its only article is the file itself."""
        return replace(self, documents=tuple(replace(document, part="") for document in self.documents))


def fault_of(text: str) -> str:
    """Return why a text is no article: it is empty, or too long; "" when it can be one."""
    if not text.strip():
        return "holds no text"
    if len(text) > MAX_CHARACTERS:
        return f"is {len(text):,} characters, over the limit of {MAX_CHARACTERS:,} for one article; cut it into several"
    if (lines := len(text.splitlines())) > MAX_LINES:
        return f"is {lines:,} lines, over the limit of {MAX_LINES:,} for one article; cut it into several"
    return ""


def storable(text: str) -> str:
    """Return a text with U+FFFD for each character that no text file can hold (NUL, halves of surrogate pairs)."""
    return _UNSTORABLE.sub("\ufffd", text)
