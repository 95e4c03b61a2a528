"""Decide line by line what is article text and what is page junk; nothing is deleted, offsets stay as they are.

A line is judged three times. Hard rules find notices by what they say (adverts, contact lines, copyright). Shape and
place find menus: short lines above the first prose or below the last are the page's, short lines between paragraphs
are subheads. On a page that holds much besides its article, a model of lines (`line_model`) decides instead of
place: it finds teasers, captions and comments, which read as prose does. An article without such a page around it is
left to the first two, and kept whole where no line is a notice and no menu stands above. In doubt a line is kept:
losing the only mention of something is worse than keeping a menu word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.cleaning import line_context, line_model
from index.cleaning.metadata import Metadata, is_bare_date
from index.models import Span
from index.text.lines import PARAGRAPH_WORDS, PROSE_WORDS, Line

"""The modules that the verdicts of this one depend on."""

_JUNK = re.compile(
    r"^[-–—*•\s]*(?:advertisement|sponsored|short url|web analytics|top news|trending|most (?:read|popular)|"
    r"more stories|read more|also read|related(?: (?:stories|articles|news))?|latest news|share(?: this)?(?: article)?|"
    r"follow us|connect us on|give feedback|newsletters?|sign (?:in|up)|log in|menu|home|search|loading|"
    r"skip to (?:main )?content|comments?|tags?|poll|next|previous|copy link|print|email|country:?)[-–—*•:\s.]*$"
    r"|^(?:e-?mail|phone|tel|fax)\s*:|\[email\s*protected\]"
    r"|^photo(?:graph)?: |^representative image"
    r"|(?:story|article|report) has not been edited by"
    r"|(?:story|article|report) (?:is|has been) (?:auto-?)?(?:generated|published) from an?\b"
    r"|without any modifications to the text",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"©|\(c\) ?(?:19|20)\d\d|all rights reserved|terms of (?:use|service)|privacy policy|cookie policy"
    r"|subscribe to (?:our|the)\b|sign up (?:for|to) (?:our|the)\b|follow us on\b|click here to\b|image credit",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"^[-–—*•\s]*(?:trending|more stories|most (?:read|popular)|related(?: (?:stories|articles|news))?|latest news|"
    r"poll|other links|sectors|connect us on|read (?:more|next)|"
    r"recommended(?: for you)?|you may (?:also )?like|comments?)\W*$",
    re.IGNORECASE,
)

_LONG_ITEM = 10
_SHORT_SUBHEAD = 2
_MENU_WORDS = 3
_LINES_OF_A_DUMP = 12
_LINES_OF_A_MENU = 6
_REJECTED_LINES = 0.2
_DUMP_SHARE = 0.1
_LEAST_ODDS = -1.3  # a character of the article counts as three or four of junk; by cross-validation on `train`
_BEST_SHARE = 0.3
_SURE_ODDS = 4.0
_LENIENCY = 0.5


@dataclass(frozen=True)
class Cleaned:
    """The spans of the lines that are article text, and of those that are not."""

    kept: tuple[Span, ...]
    junk: tuple[Span, ...]


def clean(page: Sequence[Line], metadata: Metadata) -> Cleaned:
    """Split the lines of a page into article text and page junk; every line is in exactly one of the two."""
    held = _held(page, _body(page))
    kept: list[Span] = []
    junk: list[Span] = []
    above: Line | None = None
    for line, holds in zip(page, held, strict=True):
        repeats = line.span in metadata.lines or line.text == metadata.headline
        standfirst = above is not None and above.span == metadata.headline_span and line.is_prose and not is_junk(line)
        keep = line.span == metadata.headline_span or (not repeats and (holds or standfirst))
        above = line
        (kept if keep else junk).append(line.span)
    return Cleaned(tuple(kept), tuple(junk)) if kept else Cleaned(tuple(line.span for line in page), ())


def _held(page: Sequence[Line], body: "_Body") -> list[bool]:
    """Return for each line whether it is article text, by the means that the page calls for."""
    held = [body.holds(at, line) for at, line in enumerate(page)]
    if len(page) < _LINES_OF_A_DUMP:
        return held
    if body.first < _LINES_OF_A_MENU and not any(map(is_junk, page)):
        return [True] * len(page)
    by_model = _held_by_the_model(page, body) if held.count(False) >= _REJECTED_LINES * len(page) else None
    return by_model or [body.spans(at, line) for at, line in enumerate(page)]


def _held_by_the_model(page: Sequence[Line], body: "_Body") -> list[bool] | None:
    """Return which lines the model holds that are no notice and no menu word, or None when it finds too little junk."""
    notices = [is_junk(line) for line in page]
    odds = line_model.shipped().scores(page, notices, [heads_a_tail(line) for line in page])
    lengths = np.array([len(line.text) for line in page])
    rejected = odds < _LEAST_ODDS - _leniency(page, odds)
    if lengths[rejected].sum() < _DUMP_SHARE * lengths.sum():
        return None
    menu = [at < body.paragraph and line.words <= _MENU_WORDS for at, line in enumerate(page)]
    return [not any(reasons) for reasons in zip(notices, menu, rejected, strict=True)]


def _leniency(page: Sequence[Line], odds: line_context.Column) -> float:
    """Return by how much less to ask of the lines of a page on whose best third of prose the model is not sure.

    An article of lists, say: all its lines have low odds, and still higher ones than the rest of the page.
    """
    best = sorted(((float(odd), len(line.text)) for odd, line in zip(odds, page, strict=True)), reverse=True)
    wanted = _BEST_SHARE * sum(len(line.text) for line in page if line.words >= PROSE_WORDS)
    left, total = wanted, 0.0
    for odd, length in best:
        taken = min(left, length)
        left, total = left - taken, total + odd * taken
    return _LENIENCY * max(0.0, _SURE_ODDS - total / wanted) if wanted else 0.0


@dataclass(frozen=True)
class _Body:
    """Where the article stands on its page: from the first prose line, the first full paragraph, to the end."""

    first: int
    paragraph: int
    end: int

    def holds(self, at: int, line: Line) -> bool:
        """Whether the line is article text; short items count only between the paragraphs, as subheads."""
        if is_junk(line) or not self.first <= at < self.end:
            return False
        return line.is_prose or line.words >= _LONG_ITEM or (at > self.paragraph and line.words >= _SHORT_SUBHEAD)

    def spans(self, at: int, line: Line) -> bool:
        """Whether the line stands in the article, however short, or right above it; for pages that hold little else."""
        return self.first - 1 <= at < self.end and not is_junk(line)


def _body(page: Sequence[Line]) -> _Body:
    """Find the article on the page; the tail of links starts at a tail heading that no paragraph follows."""
    prose = [at for at, line in enumerate(page) if line.is_prose and not is_junk(line)]
    if not prose:
        return _Body(0, -1, len(page))
    paragraphs = [at for at in prose if page[at].words >= PARAGRAPH_WORDS] or prose
    tail = (at for at in range(paragraphs[-1] + 1, len(page)) if heads_a_tail(page[at]))
    return _Body(prose[0], paragraphs[0], next(tail, prose[-1] + 1))


def is_junk(line: Line) -> bool:
    """Whether the line is junk by what it says, wherever it stands; a paragraph may speak of a privacy policy."""
    notice = line.words < PARAGRAPH_WORDS and _NOTICE.search(line.text)
    return bool(notice or _JUNK.search(line.text)) or is_bare_date(line.text)


def heads_a_tail(line: Line) -> bool:
    """Whether the line heads the links below an article."""
    return bool(_TAIL.match(line.text))
