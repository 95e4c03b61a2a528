"""Cut a stream of text into statements, the same ones however the stream is cut into tokens."""

import re
from collections.abc import Iterator

from qa.checking.citations import Draft
from qa.models.markers import MARKER, SUPERSCRIPTS

_CLOSING = "\"'”’»」』)）\\]】］*_"
_END = re.compile(rf"[.!?…:;][{_CLOSING}]*$")
_SURE_END = re.compile(rf"(?P<stop>[。！？｡।॥۔؟።။።។])[{_CLOSING}]*$")
"""Stops that end a sentence wherever they stand, as a full stop does not."""
_UNSPACED = "。！？｡"
"""After these a sentence begins without a space."""
_MAY_END = frozenset(_UNSPACED + _CLOSING)
_CLOSED = re.compile(rf"(?:{MARKER.pattern})[.!?…。।۔{_CLOSING}]*$")
_OPENS_MARKER = "[【［"
_IN_MARKER = re.compile(r"[\[【［][\d\s,;，、–—^#&.A-Za-z-]{0,40}$")
_QUOTES = (("“", "”"), ("«", "»"), ("「", "」"), ("『", "』"))
_OPENS = '"“„«‘(*'
_OPENS_QUOTATION = frozenset('"“„«‘「『')
_CITED_END = re.compile(rf"[.!?…][{_CLOSING}]*\s*(?:{MARKER.pattern}\s*)+$")
"""A marker after a stop ends a sentence even where the stop may belong to an abbreviation."""
_QUOTED = 300
"""A quotation of several sentences stays whole up to so many characters; a mark that is never closed ends there."""
_TAIL = 1000
"""So many characters before a word decide whether it begins a statement: all of them would take quadratic time."""
_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_FENCE = "```"


class StatementSplitter:
    """Takes text as it comes, and yields each statement once its end is certain.

    It ends where the next one begins, or at the end of a line that closes with a marker. A row of a list or a table is
    a statement, and so is a block of code.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._gap = ""
        self._buffer: list[str] = []
        self._in_code = False
        self._line_ended = False

    @property
    def waiting(self) -> int:
        """The number of characters of the statement whose end is not certain yet."""
        return len(self._buffer)

    def feed(self, text: str) -> Iterator[Draft]:
        """Take more text and yield the statements that it completes."""
        for char in text:
            if not self._buffer and char.isspace():
                self._gap = _separator(self._gap + char)
                continue
            # More than one empty line parts no more than one does.
            if char == "\n" and self._buffer[-2:] == ["\n", "\n"] and not self._in_code:
                continue
            if self._begins_a_statement(char):
                yield from self._take()
            self._buffer.append(char)
            if char == "`" and self._buffer[-len(_FENCE) :] == [*_FENCE]:
                self._in_code = not self._in_code
            elif char == "\n" and not self._line_ended and self._is_closed():
                yield from self._take()
            # Of many line ends in a row the first decides: else the text before would be read again for each.
            self._line_ended = char.isspace() and (self._line_ended or char == "\n")

    def finish(self) -> Iterator[Draft]:
        """Yield what is left when the stream has ended."""
        yield from self._take()

    def _begins_a_statement(self, char: str) -> bool:
        """Return whether `char` is the first of a new statement, by the text before it only."""
        if self._in_code or char.isspace() or char in _OPENS_MARKER:
            return False
        before = self._buffer[-1] if self._buffer else ""
        spaced = before.isspace()
        # Without a space only a stop that takes none can end a sentence, and only once its closing marks are through.
        if not spaced and (before not in _MAY_END or char in _MAY_END):
            return False
        tail = self._tail()
        done = tail.rstrip()
        if not done or _ITEM.fullmatch(done + " ") or _IN_MARKER.search(done):
            return False
        if "\n" in tail[len(done) :]:
            return True
        if char in _OPENS_QUOTATION and _CITED_END.search(done):
            return True
        if _in_quotation(done):
            return False
        # Markers and raised numbers stand between a stop and the next sentence.
        unmarked = MARKER.sub("", done).rstrip().rstrip(SUPERSCRIPTS)
        if sure := _SURE_END.search(unmarked):
            return spaced or sure["stop"] in _UNSPACED
        return spaced and bool(_END.search(unmarked)) and self._is_boundary(unmarked, char)

    def _is_boundary(self, text: str, char: str) -> bool:
        """Return whether a full stop ends a sentence, and stands in no abbreviation or number, by `sentencex`."""
        import sentencex

        first = "A" if char in _OPENS else char  # a quotation that is not closed would keep all together
        ends = [boundary["end_index"] for boundary in sentencex.get_sentence_boundaries("en", f"{text} {first}")]
        return len(text) + 1 in ends or len(text) in ends

    def _is_closed(self) -> bool:
        """Return whether the line that has just ended closes with a marker: then the next one is another statement."""
        return not self._in_code and bool(_CLOSED.search(self._tail().rstrip()))

    def _tail(self) -> str:
        return "".join(self._buffer[-_TAIL:])

    def _take(self) -> Iterator[Draft]:
        whole = "".join(self._buffer)
        text = whole.rstrip()
        if text:
            yield Draft.parsed(text, _separator(self._gap))
            self._gap = _separator(whole[len(text) :])
        self._buffer.clear()


def _in_quotation(text: str) -> bool:
    """Return whether a text ends inside a quotation that began not long ago."""
    # A mark that opened long ago is one that is never closed.
    near = text[-_QUOTED:]
    if near.count('"') % 2 and text.count('"') % 2:
        return True
    return any(opening in near and text.count(opening) > text.count(closing) for opening, closing in _QUOTES)


def _separator(gap: str) -> str:
    """Return the separator of two statements: at most a space, a line or a paragraph."""
    return "\n" * min(gap.count("\n"), 2) or " " * bool(gap)
