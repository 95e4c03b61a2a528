"""Turn drafted statements into cited ones: resolve their markers to exact spans, numbered by first use."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from index.models import Span
from qa.models import Citation
from qa.models.markers import MARKER, ROUND, SUPERSCRIPTS, markers_text, neutralised, numbers_of
from qa.prompting.evidence import EvidenceSentence, inert, visible
from qa.reader.reading import RankedSentence

_Sentence = TypeVar("_Sentence", EvidenceSentence, RankedSentence)
_ITEM = re.compile(r"^\s*(?:[-*•]|#{1,6}|\d{1,2}[.)])\s+")
_LAYOUT = re.compile(r"\*\*|__|[|`]")
_AT_END = re.compile(
    rf"(?:{ROUND}"
    r"|\\?[\[【［][^\W\d_]{0,12}[.:]?\s*\d{1,3}(?:\s*(?:[,;&–-]|[^\W\d_]{1,3}\s)\s*\d{1,3})*\\?[\]】］]"
    rf"|[{SUPERSCRIPTS}]{{1,3}}(?:,[{SUPERSCRIPTS}]{{1,3}})*)(?=[.!?]?\s*$)"
)
"""A possible marker at the end of a statement: numbers in round brackets (or an age), with a word of any language in
square ones (or an insertion), a superscript (or a unit)."""
_PLAIN_DIGITS = str.maketrans(SUPERSCRIPTS, "0123456789")
_SPACE_BEFORE_STOP = re.compile(r"\s+(?=[.,;:!?。！？।॥۔؟،؛](?:\s|$))")


@dataclass(frozen=True)
class Draft:
    """One statement as a writer drafts it: text, and in it the numbers of evidence sentences."""

    pieces: tuple[str | tuple[int, ...], ...]
    separator: str = " "
    covered_by: tuple[int, ...] = ()
    """Without a number of its own: the numbers of the next marker in its paragraph."""
    sources: tuple[int, ...] = ()
    """Without a number of its own: those that the writer lists at the end of its reply."""
    is_head: bool = False
    """Whether it is the head of a table or leads to a list, and so claims nothing."""
    reply_has_markers: bool = False
    """Without a number of its own: whether statements before it have markers in square brackets."""

    @classmethod
    def parsed(cls, text: str, separator: str = " ") -> "Draft":
        """Read a model's sentence; markers of any form with only white space between them count as one."""
        pieces: list[str | tuple[int, ...]] = []
        numbers: list[int] = []
        last = 0
        for match in MARKER.finditer(text):
            # Markers with nothing but white space between are one marker: the text between them is no piece.
            between = text[last : match.start()]
            if not pieces or between.strip():
                pieces += [tuple(numbers), between] if pieces else [between]
                numbers = []
            numbers += numbers_of(match.group())
            last = match.end()
        pieces += [tuple(numbers)] if pieces else []
        return cls((*pieces, text[last:]), separator)

    def bracketed(self) -> "Draft | None":
        """Return the draft with numbers at its end, in round brackets or raised, read as its marker; None without."""
        text = self._joined()
        read = _AT_END.sub(lambda match: markers_text(numbers_of(match.group().translate(_PLAIN_DIGITS))), text)
        return Draft.parsed(read, self.separator) if read != text else None

    def covered(self) -> "Draft | None":
        """Return the draft with the next marker in its paragraph as its own; None without."""
        return self.citing(self.covered_by) if self.covered_by else None

    @property
    def is_item(self) -> bool:
        """Whether it begins with the sign of a list or a heading."""
        return bool(_ITEM.match(self.text))

    @property
    def begins_with_marker(self) -> bool:
        """Whether a marker precedes its words, not counting the sign of a list."""
        return len(self.pieces) > 1 and not _ITEM.sub("", f"{self.pieces[0]} ").strip()

    def citing(self, numbers: Sequence[int]) -> "Draft":
        """Return the draft with a marker for these evidence sentences at its end."""
        return replace(self, pieces=(*self.pieces, " ", tuple(numbers)))

    @property
    def numbers(self) -> list[int]:
        """The numbers of the evidence sentences that it points at, each once, by first use."""
        markers = [piece for piece in self.pieces if not isinstance(piece, str)]
        return list(dict.fromkeys(number for marker in markers for number in sorted(marker)))

    @property
    def text(self) -> str:
        """The text without its markers."""
        return _SPACE_BEFORE_STOP.sub("", " ".join(self._joined().split()))

    @property
    def claim(self) -> str:
        """The text to be judged: without the signs of lists, tables, headings and emphasis, and of a footnote."""
        if self.is_head:
            return ""
        return " ".join(_LAYOUT.sub(" ", _ITEM.sub("", self.text)).split()).removeprefix(": ")

    def _joined(self) -> str:
        return "".join(piece for piece in self.pieces if isinstance(piece, str))


@dataclass(frozen=True)
class CitedText:
    """The text of a statement with the markers of the answer, and the citations that are new with it."""

    text: str
    markers: tuple[int, ...]
    new_citations: tuple[Citation, ...]


class CitationBook:
    """The citations of one answer, in the order of their first use."""

    def __init__(self, evidence: Sequence[EvidenceSentence]) -> None:
        """Resolve the numbers of `evidence`; any other is dropped."""
        self.evidence = tuple(evidence)
        self._by_number = {sentence.number: sentence for sentence in evidence}
        self._markers: dict[tuple[str, Span], int] = {}
        self.citations: list[Citation] = []

    def cited(self, draft: Draft) -> tuple[EvidenceSentence, ...]:
        """Return the evidence sentences that a draft points at, each once, by first use; no marker is given out yet."""
        return tuple(self._by_number[number] for number in draft.numbers if number in self._by_number)

    def resolve(self, draft: Draft) -> CitedText:
        """Give a draft its markers; numbers that were not shown are dropped.

        The text on both sides of a dropped marker is neutralised as one, so that no new marker can close over the gap.
        The text is made inert, for clients render it.
        """
        before = len(self.citations)
        text, unmarked, markers = "", "", []
        for piece in draft.pieces:
            if isinstance(piece, str):
                unmarked += piece
                continue
            sentences = [self._by_number[number] for number in sorted(set(piece)) if number in self._by_number]
            # Numbers that were not shown leave the text before and after them in `unmarked`, to be neutralised
            # together.
            if sentences:
                new = [self._marker(run) for run in runs_of(sentences)]
                text, unmarked = text + neutralised(visible(unmarked)) + markers_text(new), ""
                markers += new
        text += neutralised(visible(unmarked))
        text = inert(_SPACE_BEFORE_STOP.sub("", " ".join(text.split())))
        return CitedText(text, tuple(dict.fromkeys(markers)), tuple(self.citations[before:]))

    def _marker(self, run: Sequence[EvidenceSentence]) -> int:
        first, passage = run[0].hit, run[0].passage
        span = Span(run[0].span.start, run[-1].span.end)
        key = (passage.path, span)
        if key not in self._markers:
            self._markers[key] = len(self.citations) + 1
            quote = passage.sentence(span)
            self.citations.append(
                Citation(
                    marker=len(self.citations) + 1,
                    path=passage.path,
                    headline=first.headline,
                    outlet=first.outlet,
                    published=first.published,
                    speaker=passage.speaker(span),
                    start=span.start,
                    end=span.end,
                    quote=quote,
                    passage_id=passage.id,
                    also_in=first.also_in,
                    since=first.since,
                )
            )
        return self._markers[key]


def runs_of(sentences: Sequence[_Sentence]) -> list[list[_Sentence]]:
    """Group sentences that follow one another in one passage, by the same speaker: each run is quoted as one span."""
    passages = {sentence.hit.passage.id: sentence.hit.passage for sentence in sentences}
    next_spans = {identity: dict(pairwise(passage.sentences)) for identity, passage in passages.items()}
    runs: list[list[_Sentence]] = []
    for sentence in sentences:
        if runs and _follows(runs[-1][-1], sentence, next_spans[sentence.hit.passage.id]):
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    return runs


def _follows(before: _Sentence, sentence: _Sentence, next_spans: Mapping[Span, Span]) -> bool:
    passage = sentence.hit.passage
    if passage.id != before.hit.passage.id or passage.speaker(sentence.span) != passage.speaker(before.span):
        return False
    return next_spans.get(before.span) == sentence.span
