"""The rows of tables, and sentences as they are to be read: a row with its columns, in a transcript with the speaker.

The form of the lines says what a table is, whatever their language: three or more in succession with the same number of
cells, two or more, parted by tabs or bars. The first row names the columns where none of its cells holds a figure and
one below does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import regex

from index.models import Passage, Span
from index.passages.chunking import embedded_text, sentences_in
from index.passages.speakers import with_speakers

_SEPARATORS = "\t|"
_FEWEST_ROWS = 3
"""The names of the columns and two rows."""
_MOST_COLUMNS = 50
"""By judgement: lines of more cells are data that nobody prints in a newspaper."""
_LINE = regex.compile(r"[^\n]+")
_FIGURE = regex.compile(r"\p{N}")
_SAYS_SOMETHING = regex.compile(r"[\p{L}\p{N}]")


class Row(NamedTuple):
    """A row of a table below the names of its columns, as many as it has cells; `named_at` is where they stand."""

    columns: tuple[str, ...]
    cells: tuple[str, ...]
    named_at: Span

    @property
    def text(self) -> str:
        """The cells that are not empty, each after the name of its column: `List: Greens, Votes: 388.`"""
        pairs = zip(self.columns, self.cells, strict=True)
        return ", ".join(f"{column}: {cell}" if column else cell for column, cell in pairs if cell) + "."


def rows(passage: Passage) -> dict[Span, Row]:
    """Return the rows of the tables in a passage that have named columns, by their span in the article."""
    return {span: row for span, row in _table_lines(passage.text, passage.start).items() if row.cells}


@lru_cache(maxsize=512)  # each sentence of a passage asks
def _table_lines(text: str, start: int) -> Mapping[Span, Row]:
    """Return the rows, and the line with the names of their columns as one that has no cells."""
    found: dict[Span, Row] = {}
    for _, group in groupby(_lines(text, start), key=lambda line: len(line[1])):
        lines = list(group)
        (named_at, columns), *below = lines
        has_figures = [any(map(_FIGURE.search, cells)) for _, cells in lines]
        if 1 < len(columns) <= _MOST_COLUMNS and len(lines) >= _FEWEST_ROWS and not has_figures[0] and any(has_figures):
            found[named_at] = Row(columns, (), named_at)
            found |= {span: Row(columns, cells, named_at) for span, cells in below}
    return found


def _lines(text: str, start: int) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """Yield the lines of a passage with their cells; those that are only drawn, as `|---|---|` is, are left out."""
    if not any(map(text.__contains__, _SEPARATORS)):
        return
    for match in _LINE.finditer(text):
        line = match[0].strip()
        at = start + match.start() + match[0].find(line)
        separator = next((char for char in _SEPARATORS if char in line), "\n")
        if _SAYS_SOMETHING.search(line):
            # Not `line`: at the end of a row, tabs part empty cells.
            row = match[0].strip(" \r")
            row = row[1:].removesuffix("|") if row.startswith("|") else row
            yield Span(at, at + len(line)), tuple(cell.strip() for cell in row.split(separator, _MOST_COLUMNS))


def in_full(passage: Passage, span: Span) -> str:
    """Return a sentence of a passage as it is to be read."""
    return all_in_full(passage, [span])[0]


def all_in_full(passage: Passage, spans: Sequence[Span]) -> list[str]:
    """Return successive sentences of a passage as they are to be read; a speaker is named where it changes."""
    table = rows(passage)
    spoken = with_speakers(passage, spans)
    return [table[span].text if span in table else text for span, text in zip(spans, spoken, strict=True)]


def source_spans(passage: Passage, span: Span) -> list[Span]:
    """Return the sentences that hold what a sentence says as it is to be read: a row is read with its columns."""
    row = rows(passage).get(span)
    return [row.named_at, span] if row and row.named_at in passage.sentences else [span]


def text_in_full(
    headline: str | None, passage: Passage, is_asked: Callable[[Row], bool]
) -> tuple[str, list[tuple[Span, Span]]]:
    """Return a passage as it is to be read, after its headline, with its sentences and where they stand in that text.

    Of tables only the rows that are asked for are read: side by side, rows are alike.
    """
    table = _table_lines(passage.text, passage.start)
    if not table:
        text = embedded_text(headline, passage)
        return text, list(zip(passage.sentences, sentences_in(text, passage), strict=True))
    text, spans = f"{headline}\n" if headline else "", []
    for span in passage.sentences:
        if span not in table or (table[span].cells and is_asked(table[span])):
            sentence = in_full(passage, span)
            spans.append((span, Span(len(text), len(text) + len(sentence))))
            text += f"{sentence}\n"
    return text.rstrip("\n"), spans
