"""The lines of a text with their offsets: what cleaning and metadata look at."""

import re
from dataclasses import dataclass
from functools import cached_property

from index.models import Span

_CONTENT = re.compile(r"\S(?:.*\S)?")
_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_TERMINAL = re.compile(r"""[.!?…。:;][)\]"'”’»]*(?:\s*\([A-Z][\w/ ]*\))?$|\)$""")

PROSE_WORDS = 8
PARAGRAPH_WORDS = 25


@dataclass(frozen=True)
class Line:
    """A line without the white space around it."""

    start: int
    end: int
    text: str

    @property
    def span(self) -> Span:
        """Where the line stands in the text."""
        return Span(self.start, self.end)

    @cached_property
    def words(self) -> int:
        """The number of words in the line."""
        return count_words(self.text)

    @property
    def ends_a_sentence(self) -> bool:
        """Whether the line ends as a sentence does, closing quotes and brackets allowed."""
        return bool(_TERMINAL.search(self.text))

    @property
    def is_prose(self) -> bool:
        """Whether the line reads as running text: a sentence, or too long for a menu."""
        return self.words >= PARAGRAPH_WORDS or (self.words >= PROSE_WORDS and self.ends_a_sentence)


def lines(text: str) -> list[Line]:
    """Return the lines of `text` that are not blank; offsets are those of the stripped line."""
    found, start = [], 0
    for raw in text.splitlines(keepends=True):
        if match := _CONTENT.search(raw):
            found.append(Line(start + match.start(), start + match.end(), match.group()))
        start += len(raw)
    return found


def count_words(text: str) -> int:
    """Count the words of a text; figures and hyphenated words count as one."""
    return sum(1 for _ in _WORD.finditer(text))
