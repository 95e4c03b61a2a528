"""Gather a stream of tokens into statements, the same ones however the stream is cut into tokens."""

import re
from collections.abc import Iterator

from qa.citations import Draft
from qa.markers import MARKER

_END = re.compile(r"""[.!?…。！？:;]["'”’)»\]】］]*$""")
_OPENS_MARKER = "[【［"
_IN_MARKER = re.compile(r"[\[【［][\d\s,;，、–—-]*$")
_TAIL = 1000
"""So many characters before a word decide whether it begins a statement: else a long one takes quadratic time."""
_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


class StatementSplitter:
    """Feed it text as it comes; it gives back each statement once the next one has begun."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._buffer = ""
        self._separator = ""

    def feed(self, text: str) -> Iterator[Draft]:
        """Take more text and yield the statements that it completes."""
        for char in text:
            if self._begins_a_statement(char):
                yield from self._take()
            self._buffer += char

    def finish(self) -> Iterator[Draft]:
        """Yield what is left when the stream has ended."""
        yield from self._take()

    def _begins_a_statement(self, char: str) -> bool:
        """Whether `char` is the first of a new statement: judged on the text before it only."""
        if char.isspace() or char in _OPENS_MARKER or not self._buffer[-1:].isspace():
            return False
        tail = self._buffer[-_TAIL:]
        done = tail.rstrip()
        if not done or _ITEM.fullmatch(done + " ") or _IN_MARKER.search(done):
            return False
        if "\n" in tail[len(done) :]:
            return True
        return bool(_END.search(MARKER.sub("", done).rstrip())) and self._is_boundary(done, char)

    def _is_boundary(self, done: str, char: str) -> bool:
        """Ask the sentence splitter whether a full stop is one, or stands in an abbreviation or a number."""
        import sentencex

        plain = MARKER.sub("", done).rstrip()
        ends = [boundary["end_index"] for boundary in sentencex.get_sentence_boundaries("en", f"{plain} {char}")]
        return len(plain) + 1 in ends or len(plain) in ends

    def _take(self) -> Iterator[Draft]:
        text = self._buffer.strip()
        if text:
            yield Draft.parsed(text, self._separator)
        tail = self._buffer[len(self._buffer.rstrip()) :]
        self._separator = "\n\n" if tail.count("\n") > 1 else "\n" if "\n" in tail else " "
        self._buffer = ""
