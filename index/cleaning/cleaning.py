"""Decide line by line what is article text and what is page junk; nothing is deleted, offsets stay as they are.

The fitted model of lines (`line_model`) decides both questions. First: does a page stand around this text? It does
where some lines are surely a page's own (menus, sharing buttons, notices on cookies). A text without such lines keeps
every line, however short. Second, on a page only: which lines are its junk? There the model finds teasers, captions
and comments as well, which read as prose does; a word alone on a line above the first paragraph is the page's. In
doubt a line is kept: losing the only mention of something is worse than keeping a menu word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from index.cleaning import line_model
from index.cleaning.metadata import Metadata
from index.models import Span
from index.text.lines import PARAGRAPH_WORDS, Line

_SHORT_LINES = 0.25  # a page of menus has more; spares most plain articles the cost of the model
_LEAST_EVIDENCE = 2.7  # all but three of 193 page dumps have more, 801 of 802 plain articles at most 1.4
_MENU_WORDS = 3
_HEADER_LINES = 12
_SURE_ODDS = 4.0  # where no line has as much (a page of few lines), less is asked of all
_LEAST_ODDS = -1.3  # a character of the article counts as three or four of junk; by cross-validation on `train`


@dataclass(frozen=True)
class Cleaned:
    """The spans of the lines that are article text, and of those that are not."""

    article_lines: tuple[Span, ...]
    junk_lines: tuple[Span, ...]


def clean(page: Sequence[Line], metadata: Metadata) -> Cleaned:
    """Split the lines of a page into article text and page junk; every line is in exactly one of the two."""
    kept: list[Span] = []
    junk: list[Span] = []
    for line, holds in zip(page, _held(page, metadata.headline), strict=True):
        keep = line.span == metadata.headline_span or (holds and line.span not in metadata.lines)
        (kept if keep else junk).append(line.span)
    return Cleaned(tuple(kept), tuple(junk)) if kept else Cleaned(tuple(line.span for line in page), ())


def _held(page: Sequence[Line], headline: str | None) -> Sequence[bool]:
    """Return for each line whether it is article text; a page says its headline more than once."""
    if sum(not line.is_prose for line in page) <= _SHORT_LINES * len(page):
        return [True] * len(page)
    model = line_model.shipped()
    odds = model.scores(page)
    if model.evidence_of_a_page(page, odds) < _LEAST_EVIDENCE:
        return [True] * len(page)
    paragraph = next((at for at, line in enumerate(page[:_HEADER_LINES]) if line.words >= PARAGRAPH_WORDS), 0)
    least = _LEAST_ODDS - max(0.0, _SURE_ODDS - float(odds.max())) / 2
    held = []
    for at, (line, odd) in enumerate(zip(page, odds, strict=True)):
        of_the_menu = at < paragraph and line.words <= _MENU_WORDS
        held.append(bool(odd >= least) and line.text != headline and not of_the_menu)
    return held
