"""Cut a stream of text into statements, the same ones however the stream is cut into tokens."""

import re
from collections.abc import Iterator
from dataclasses import replace

from index.text.language import likeliest_language
from qa.checking.citations import Draft
from qa.models.markers import LABEL, MARKER, ROUND, SUPERSCRIPTS
from qa.writing.wrapping import FENCE, opened

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
_QUOTES = (("“", "”"), ("«", "»"), ("「", "」"), ("『", "』"), ("„", "“”"))
_LETTERS = re.compile(r"\w+")
_OPENS_QUOTATION = frozenset('"“„«‘「『')
_CITED_END = re.compile(rf"[.!?…][{_CLOSING}]*\s*(?:{MARKER.pattern}\s*)+$")
"""A marker after a stop ends a sentence even where the stop may belong to an abbreviation."""
_LEADS = re.compile(rf"\s*(?:(?:[-*•]|\d{{1,2}}[.)])\s+)?(?:{MARKER.pattern})")
"""The beginning of a statement that begins with its marker."""
_LAST_MARKERS = re.compile(rf"(?:(?:{MARKER.pattern})\s*)+:?\s*$")
_MAY_LEAD = re.compile(r"[\]】］]:?\s*$")
_CITED_STOP = re.compile(rf"(?:{MARKER.pattern})[.!?…][{_CLOSING}]*$")
_OPENS_ROUND = re.compile(rf"\({LABEL}\d{{1,3}}[,;)]")
_ROUND_AT_END = re.compile(rf"(?<=[.!?…])\s*{ROUND}$")
"""Behind a stop, numbers in round brackets are a marker of the sentence before."""
_QUOTED = 300
"""A quotation of several sentences stays whole up to so many characters; a mark that is never closed ends there."""
_TAIL = 1000
"""So many characters before a word decide whether it begins a statement, and in which language: all of them would take
quadratic time."""
_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


class StatementSplitter:
    """Takes text as it comes, and yields each statement once its end is certain.

    It ends where the next one begins, or at the end of a line that closes with a marker. A row of a list or a table is
    a statement. Of a block of code, the text in it is read.
    """

    def __init__(self, question: str = "") -> None:
        """Start with the question, in whose language a reply begins as a rule."""
        self._before = question
        self._language = likeliest_language(question)
        self._gap = ""
        self._buffer: list[str] = []
        self._possible_start: int | None = None
        """Where the word stands in the buffer that may begin a statement; its end decides."""
        self._in_code = False
        self._line_ended = False
        self._is_led = False
        """Whether the last marker stands before its statement."""

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
            if char.isspace():
                yield from self._decide()
            if self._begins_a_statement(char):
                yield from self._take(self._start())
            self._buffer.append(char)
            if char == "`" and self._buffer[-len(FENCE) :] == [*FENCE]:
                self._in_code = not self._in_code
            elif char == "\n" and not self._line_ended and self._is_closed():
                yield from self._take()
            # Of many line ends in a row the first decides: else the text before would be read again for each.
            self._line_ended = char.isspace() and (self._line_ended or char == "\n")

    def finish(self) -> Iterator[Draft]:
        """Yield what is left when the stream has ended."""
        yield from self._decide()
        yield from self._take()

    def _decide(self) -> Iterator[Draft]:
        """Yield the statement before the word that has just ended, if that word begins another."""
        start, self._possible_start = self._possible_start, None
        if start is None:
            return
        before, word = self._buffer[:start], _LEADS.sub("", "".join(self._buffer[start:]), count=1)
        if not _OPENS_ROUND.match(word) and self._is_boundary(_unmarked("".join(before[-_TAIL:])), word):
            yield from self._take(start)

    def _start(self) -> int:
        """Return where in the buffer the next statement starts: before the markers at its end if they belong to it.

        They do where the last marker before stood before its statement, and below a line that is no sentence: a label.
        """
        last = self._last_markers()
        is_led = _LEADS.match(self._tail()) or (self._is_led and "\n" not in self._gap)
        return len(self._buffer) - (len(last) if is_led or self._is_below_a_label(last) else 0)

    def _last_markers(self) -> str:
        last = _LAST_MARKERS.search(self._tail()) if _MAY_LEAD.search("".join(self._buffer[-3:])) else None
        return last.group() if last else ""

    def _is_below_a_label(self, markers: str) -> bool:
        """Return whether the markers at the end begin a line, below one that does not end as a sentence."""
        before = self._tail().removesuffix(markers)
        done = before.rstrip()
        if not markers or not done or "\n" not in before[len(done) :]:
            return False
        return done.endswith(":") or not (_END.search(done) or _SURE_END.search(done))

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
        if "\n" in tail[len(done) :] or (spaced and self._is_below_a_label(self._last_markers())):
            return True
        if char in _OPENS_QUOTATION and _CITED_END.search(done):
            return True
        if _in_quotation(done):
            return False
        # No abbreviation has a marker before its stop.
        if spaced and _CITED_STOP.search(done):
            return True
        unmarked = _unmarked(done)
        if sure := _SURE_END.search(unmarked):
            return spaced or sure["stop"] in _UNSPACED
        if spaced and _END.search(unmarked) and not _ITEM.fullmatch(f"{unmarked} "):
            self._possible_start = self._start()
        return False

    def _is_boundary(self, text: str, word: str) -> bool:
        """Return whether a full stop ends a sentence, and stands in no abbreviation or number, by `sentencex`."""
        import sentencex

        # "Am 10. November" is cut by the rules of English.
        language = self._language or "en"
        # Without its marks: a quotation that is not closed would keep all together.
        letters = _LETTERS.match(word)
        following = f"{text} {letters.group() if letters else 'A'}"
        ends = [boundary["end_index"] for boundary in sentencex.get_sentence_boundaries(language, following)]
        return len(text) + 1 in ends or len(text) in ends

    def _is_closed(self) -> bool:
        """Return whether the line that has just ended closes with a marker: then the next one is another statement."""
        return not self._in_code and bool(_CLOSED.search(self._tail().rstrip()))

    def _tail(self) -> str:
        return "".join(self._buffer[-_TAIL:])

    def _take(self, end: int | None = None) -> Iterator[Draft]:
        """Yield the statement in the buffer up to `end`; the rest begins the next one."""
        whole, rest = "".join(self._buffer[:end]), self._buffer[len(self._buffer) if end is None else end :]
        text = whole.rstrip()
        if text:
            self._before = f"{self._before} {text}"[-_TAIL:]
            self._language = likeliest_language(self._before)
            yield from self._drafts(text)
            self._gap = _separator(whole[len(text) :])
        self._buffer = rest

    def _drafts(self, text: str) -> Iterator[Draft]:
        """Yield a statement; of a block of code, the statements in it."""
        separator = _separator(self._gap)
        if text.startswith(FENCE):
            inside = StatementSplitter(self._before)
            for index, draft in enumerate((*inside.feed(opened(text)), *inside.finish())):
                yield draft if index else replace(draft, separator=separator)
            return
        draft = Draft.parsed(text, separator)
        self._is_led = draft.begins_with_marker if draft.numbers else self._is_led
        yield draft


def _unmarked(text: str) -> str:
    """Return a text without what stands between a stop and the next sentence: markers and raised numbers."""
    return MARKER.sub("", _ROUND_AT_END.sub("", text.rstrip())).rstrip().rstrip(SUPERSCRIPTS)


def _in_quotation(text: str) -> bool:
    """Return whether a text ends inside a quotation that began not long ago."""
    # A mark that opened long ago is one that is never closed.
    near = text[-_QUOTED:]
    if near.count('"') % 2 and text.count('"') % 2:
        return True
    # In „these marks“ the one that opens others closes.
    quotes = _QUOTES[1:] if "„" in text else _QUOTES[:-1]
    return any(opening in near and text.count(opening) > sum(map(text.count, closing)) for opening, closing in quotes)


def _separator(gap: str) -> str:
    """Return the separator of two statements: at most a space, a line or a paragraph."""
    return "\n" * min(gap.count("\n"), 2) or " " * bool(gap)
