"""Decide line by line what is article text and what is page junk; nothing is deleted, offsets stay as they are.

The fitted model of lines (`line_model`) decides two questions. First: is the text a page dump? It is where some lines
surely belong to a page (menus, sharing buttons, notices on cookies). A text without such lines keeps every line,
however short. Second, for a page only: which lines are its junk? There the model finds teasers, captions and comments
as well, which read as prose does; a word alone on a line above the first paragraph is junk. In doubt a line is kept:
losing the only mention of something is worse than keeping a menu word.
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
    article_lines: list[Span] = []
    junk_lines: list[Span] = []
    for line, is_text in zip(page, _are_text(page, metadata.headline), strict=True):
        # The headline stays whatever the model says of it: it is what the article is about, and it may be cited.
        if line.span == metadata.headline_span or (is_text and line.span not in metadata.lines):
            article_lines.append(line.span)
        else:
            junk_lines.append(line.span)
    # Nothing but junk means that the model is wrong, not that the page is empty.
    if not article_lines:
        return Cleaned(tuple(line.span for line in page), ())
    return Cleaned(tuple(article_lines), tuple(junk_lines))


def _are_text(page: Sequence[Line], headline: str | None) -> Sequence[bool]:
    """Return for each line whether it is article text; a page repeats its headline, and only one of them is."""
    everything = [True] * len(page)
    if sum(not line.is_prose for line in page) <= _SHORT_LINES * len(page):
        return everything
    model = line_model.shipped()
    odds = model.scores(page)
    if model.evidence_of_a_page(page, odds) < _LEAST_EVIDENCE:
        return everything
    header = enumerate(page[:_HEADER_LINES])
    # Without a paragraph near the top no line stands above one, and none is taken for a menu.
    first_paragraph = next((number for number, line in header if line.words >= PARAGRAPH_WORDS), 0)
    least_odds = _LEAST_ODDS - max(0.0, _SURE_ODDS - float(odds.max())) / 2
    result = []
    for number, (line, line_odds) in enumerate(zip(page, odds, strict=True)):
        is_menu = number < first_paragraph and line.words <= _MENU_WORDS
        result.append(bool(line_odds >= least_odds) and line.text != headline and not is_menu)
    return result
