"""The order in which a page is read: story by story, column by column, line by line.

It is a recursive cut of the page at white space (Nagy and Seth 1984, "Hierarchical representation of optically scanned
documents"): first above each heading under which the page is white from side to side, then along the gutter that the
fewest pieces cross; a piece that crosses it, such as a headline, ends the columns above it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from index.corpus.formats.pdf.pieces import Piece, runs_right_to_left


@dataclass(frozen=True)
class Line(Piece):
    """A line of a column, and the share of its width that is text: small in the row of a table."""

    inked: float = 1.0


_LARGER = 1.15
"""A heading is so many times as high as the text, at least; by judgement, as are the other shares here."""
# In heights of the text: the white space above a heading, and the width of a gutter at least; then how much of their
# height pieces of one line have in common.
_WHITE_ABOVE, _GUTTER, _SHARED_HEIGHT = 0.3, 0.5, 0.5
_LEAST_BESIDE = 2
_FILLED = 0.5
"""The share of its column that a line of text fills at least; the cells of a table do not."""
_MOST_PIECES = 5_000


def columns_in_order(pieces: Sequence[Piece]) -> list[list[Line]]:
    """Return the stretches of columns in which the text of a page runs on, each as its lines, in reading order."""
    if not pieces:
        return []
    # Each edge is compared with all pieces. Beyond so many, the page is taken as the file has it.
    if len(pieces) > _MOST_PIECES:
        return [[Line(piece.left, piece.bottom, piece.right, piece.top, piece.text) for piece in pieces]]
    stories = _stories(pieces)
    if len(stories) > 1:
        return [stretch for story in stories for stretch in columns_in_order(story)]
    gutter = _gutter(pieces)
    return _by_column(pieces, *gutter) if gutter else [_lines(pieces)]


def _stories(pieces: Sequence[Piece]) -> list[list[Piece]]:
    usual = median(piece.height for piece in pieces)
    stories: list[list[Piece]] = [[]]
    bottom = float("inf")
    # From the top down: a story begins below white space, with a heading.
    for piece in sorted(pieces, key=lambda piece: -piece.top):
        white = bottom - piece.top > _WHITE_ABOVE * usual
        if stories[-1] and white and piece.height > _LARGER * usual:
            stories.append([])
        stories[-1].append(piece)
        bottom = min(bottom, piece.bottom)
    return stories


def _gutter(pieces: Sequence[Piece]) -> tuple[float, float] | None:
    """Return the left and right edge of the white space between two columns; None where the page has one column."""
    usual = median(piece.height for piece in pieces)
    starts = sorted(piece.left for piece in pieces)
    gutters = []
    # White space between columns begins where a piece ends, and ends where the next one starts.
    for edge in sorted({piece.right for piece in pieces}):
        after = bisect_left(starts, edge)
        if after == len(starts) or starts[after] - edge < _GUTTER * usual:
            continue
        left, right = _beside(pieces, edge, starts[after])
        crossing, beside = len(pieces) - len(left) - len(right), _lines_beside(left, right)
        if beside >= _LEAST_BESIDE and beside > crossing:
            gutters.append((crossing, -beside, edge - starts[after], edge, starts[after]))
    # The gutter that the fewest pieces cross; of those, the one with the most lines beside each other, then the widest.
    for *_, edge, start in sorted(gutters):
        if all(_is_text(side, start - edge) for side in _beside(pieces, edge, start)):
            return edge, start
    return None


def _beside(pieces: Sequence[Piece], edge: float, start: float) -> tuple[list[Piece], list[Piece]]:
    return [piece for piece in pieces if piece.right <= edge], [piece for piece in pieces if piece.left >= start]


def _lines_beside(left: Sequence[Piece], right: Sequence[Piece]) -> int:
    """Return how many pieces on the left have one on the right at their height."""
    middles = sorted((piece.bottom + piece.top) / 2 for piece in right)
    nearest = [(piece, bisect_left(middles, piece.bottom)) for piece in left]
    return sum(index < len(middles) and middles[index] <= piece.top for piece, index in nearest)


def _is_text(side: Sequence[Piece], gutter: float) -> bool:
    """Whether the lines on one side of a gutter fill their column, and are wider than the gutter."""
    width = max(piece.right for piece in side) - min(piece.left for piece in side)
    return median(line.width for line in _lines(side)) >= max(_FILLED * width, gutter)


def _by_column(pieces: Sequence[Piece], edge: float, start: float) -> list[list[Line]]:
    """Return the columns left and right of a gutter; each piece that crosses it ends them, and comes in between."""
    stretches: list[list[Line]] = []
    across: list[Piece] = []
    left: list[Piece] = []
    right: list[Piece] = []
    from_the_right = runs_right_to_left("".join(piece.text for piece in pieces))

    def end_columns() -> None:
        for side in (right, left) if from_the_right else (left, right):
            stretches.extend(columns_in_order(side))
            side.clear()

    def end_across() -> None:
        if across:
            stretches.append(_lines(across))
            across.clear()

    for piece in sorted(pieces, key=lambda piece: -piece.top):
        if piece.right <= edge or piece.left >= start:
            end_across()
            (left if piece.right <= edge else right).append(piece)
        else:
            end_columns()
            across.append(piece)
    end_across()
    end_columns()
    return stretches


def _lines(pieces: Sequence[Piece]) -> list[Line]:
    """Join the pieces that stand on one line."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: -(piece.bottom + piece.top)):
        # From the top down, so only the last rows can be at the height of the piece.
        for row in rows[-2:]:
            shared = min(piece.top, row[0].top) - max(piece.bottom, row[0].bottom)
            if shared > _SHARED_HEIGHT * min(piece.height, row[0].height):
                row.append(piece)
                break
        else:
            rows.append([piece])
    from_the_right = runs_right_to_left("".join(piece.text for piece in pieces))
    return [_line(sorted(row, key=lambda piece: piece.left, reverse=from_the_right)) for row in rows]


def _line(row: Sequence[Piece]) -> Line:
    left, right = min(piece.left for piece in row), max(piece.right for piece in row)
    bottom, top = min(piece.bottom for piece in row), max(piece.top for piece in row)
    inked = sum(piece.width for piece in row) / max(right - left, 1e-9)
    return Line(left, bottom, right, top, " ".join(piece.text for piece in row), inked)
