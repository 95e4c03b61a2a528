"""The lines of a text with their offsets: what cleaning and metadata look at."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from index.models import Span

# The content of a line without the white space around it, found in one pass.
_CONTENT = re.compile(r"\S(?:.*\S)?")
# Scripts that are written without spaces: of the first two a letter counts as a word, of the others four signs do.
_LETTER_WORDS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SIGN_WORDS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# Marks of accents and vowels join the letters around them: a vowelled Arabic or Hebrew word is one word.
_MARKS = "".join(char for char in map(chr, range(0x300, 0xE00)) if unicodedata.category(char).startswith("M"))
_PART = rf"[^\W_{_LETTER_WORDS}{_SIGN_WORDS}]+"
# A letter of a script without spaces; four signs of one; else letters and figures, with what may stand inside a word or
# a number between two of them: "don't", "1,500.50", "well-known".
_WORD = re.compile(rf"[{_LETTER_WORDS}]|[{_SIGN_WORDS}]{{1,4}}|{_PART}(?:(?:['’.,-]|[{_MARKS}]+){_PART})*")
# Full stops and question marks of the scripts of today (Unicode: Sentence_Terminal), and what may close after one.
_ENDS = ".!?…:;。｡！？؟۔।॥։።။។᙮჻"
_CLOSING = ")\\]\"'”’»」』）】》"
_TERMINAL = re.compile(rf"[{_ENDS}][{_CLOSING}]*(?:\s*\([A-Z][\w/ ]*\))?$|\)$")

PROSE_WORDS, PARAGRAPH_WORDS = 8, 25
"""A line of so many words is running text: where it ends as a sentence does, and in any case. Both by judgement."""


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
    result, start = [], 0
    # The ends are kept for the offsets: a line may end in one character or two, and not only in a line feed.
    for raw in text.splitlines(keepends=True):
        if match := _CONTENT.search(raw):
            result.append(Line(start + match.start(), start + match.end(), match.group()))
        start += len(raw)
    return result


def count_words(text: str) -> int:
    """Count the words of a text; figures and hyphenated words count as one, letters of Chinese and Japanese each."""
    return sum(1 for _ in _WORD.finditer(text))
