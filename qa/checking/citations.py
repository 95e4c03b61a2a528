"""From drafted statements to cited ones: markers are resolved to exact spans and numbered by first use."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.models import Span
from qa.markers import MARKER, SUPERSCRIPTS, neutralised, numbers_of, written
from qa.models import Citation
from qa.prompting.evidence import EvidenceSentence, inert, visible

_ITEM = re.compile(r"^\s*(?:[-*•]|#{1,6}|\d{1,2}[.)])\s+")
_LAYOUT = re.compile(r"\*\*|__|[|`]")
_AT_END = re.compile(rf"(?:\((\d{{1,3}}(?:\s*,\s*\d{{1,3}})*)\)|([{SUPERSCRIPTS}]{{1,3}}))(?=[.!?]?\s*$)")
"""What may be a marker at the end of a statement, as some models write it: round brackets, or an age; a superscript,
or a part of a unit."""
_PLAIN_DIGITS = str.maketrans(SUPERSCRIPTS, "0123456789")
_SPACE_BEFORE_STOP = re.compile(r"\s+(?=[.,;:!?。！？।॥۔؟،؛](?:\s|$))")


@dataclass(frozen=True)
class Draft:
    """One statement as a writer drafts it: text, and in it the numbers of evidence sentences."""

    pieces: tuple[str | tuple[int, ...], ...]
    separator: str = " "

    @classmethod
    def parsed(cls, text: str, separator: str = " ") -> "Draft":
        """Read a model's sentence; markers of any form with white space between them count as one."""
        texts: list[str] = []
        numbers: list[list[int]] = []  # one list for each text, which it follows
        last = 0
        for match in MARKER.finditer(text):
            between = text[last : match.start()]
            if not texts or between.strip():
                texts.append(between)
                numbers.append([])
            numbers[-1] += numbers_of(match.group())
            last = match.end()
        pieces = [piece for said, cited in zip(texts, numbers, strict=True) for piece in (said, tuple(cited))]
        return cls((*pieces, text[last:]), separator)

    def bracketed(self) -> "Draft | None":
        """Return the draft with numbers at its end, in round brackets or raised, read as its marker; None without."""
        text = "".join(piece for piece in self.pieces if isinstance(piece, str))
        read = _AT_END.sub(lambda found: f"[{found[1] or found[2].translate(_PLAIN_DIGITS)}]", text)
        return Draft.parsed(read, self.separator) if read != text else None

    def citing(self, numbers: Sequence[int]) -> "Draft":
        """Return the draft with a marker for these evidence sentences at its end."""
        return replace(self, pieces=(*self.pieces, " ", tuple(numbers)))

    @property
    def plain(self) -> str:
        """The text without its markers."""
        text = "".join(piece for piece in self.pieces if isinstance(piece, str))
        return _SPACE_BEFORE_STOP.sub("", " ".join(text.split()))

    @property
    def claim(self) -> str:
        """What it says, to be judged: the plain text without the signs of lists, tables, headings and emphasis."""
        return " ".join(_LAYOUT.sub(" ", _ITEM.sub("", self.plain)).split())


@dataclass(frozen=True)
class Resolved:
    """A statement whose markers are those of the answer."""

    text: str
    markers: tuple[int, ...]
    new: tuple[Citation, ...]


class CitationBook:
    """The citations of one answer, in the order of their first use."""

    def __init__(self, evidence: Sequence[EvidenceSentence]) -> None:
        """Resolve the numbers of `evidence`; any other is dropped."""
        self.evidence = tuple(evidence)
        self._evidence = {sentence.number: sentence for sentence in evidence}
        self._markers: dict[tuple[str, Span], int] = {}
        self.citations: list[Citation] = []

    def cited(self, draft: Draft) -> tuple[EvidenceSentence, ...]:
        """Return the evidence sentences that a draft points at, each once, by first use; no marker is given out yet."""
        numbers = dict.fromkeys(
            number for piece in draft.pieces if not isinstance(piece, str) for number in sorted(piece)
        )
        return tuple(self._evidence[number] for number in numbers if number in self._evidence)

    def resolve(self, draft: Draft) -> Resolved:
        """Give a draft its markers; numbers that were not shown are dropped.

        What is said around a dropped marker is neutralised as one, so that no new marker can close over the gap. The
        text is made inert, for clients render it.
        """
        before = len(self.citations)
        text, said, markers = "", "", []
        for piece in draft.pieces:
            if isinstance(piece, str):
                said += piece
                continue
            sentences = [self._evidence[number] for number in sorted(set(piece)) if number in self._evidence]
            if not sentences:
                continue
            here = [self._marker(run) for run in in_runs(sentences)]
            text, said = text + neutralised(visible(said)) + written(here), ""
            markers += here
        tidy = inert(_SPACE_BEFORE_STOP.sub("", " ".join((text + neutralised(visible(said))).split())))
        new = tuple(self.citations[before:])
        return Resolved(tidy, tuple(dict.fromkeys(markers)), new)

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


def in_runs(sentences: Sequence[EvidenceSentence]) -> list[list[EvidenceSentence]]:
    """Group sentences that follow one another in one passage, said by the same speaker: they become one span."""
    runs: list[list[EvidenceSentence]] = []
    for sentence in sentences:
        before = runs[-1][-1] if runs else None
        if before and _follows(before, sentence):
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    return runs


def _follows(before: EvidenceSentence, sentence: EvidenceSentence) -> bool:
    passage = sentence.passage
    if passage.id != before.passage.id or sentence.number != before.number + 1:
        return False
    return passage.speaker(sentence.span) == passage.speaker(before.span)
