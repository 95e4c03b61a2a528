"""Decide line by line what is article text and what is page junk; nothing is deleted, offsets stay as they are.

A line is judged by what it says (notices, adverts, contact lines), by its shape (prose or a menu item) and by its
place: short lines above the first prose or below the last are the page's, short lines between paragraphs are
subheads. In doubt a line is kept: losing the only mention of something is worse than keeping a menu word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.lines import PARAGRAPH_WORDS, Line
from index.metadata import Metadata, is_bare_date
from index.models import Span

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


@dataclass(frozen=True)
class Cleaned:
    """The spans of the lines that are article text, and of those that are not."""

    kept: tuple[Span, ...]
    junk: tuple[Span, ...]


def clean(page: Sequence[Line], metadata: Metadata) -> Cleaned:
    """Split the lines of a page into article text and page junk; every line is in exactly one of the two."""
    body = _body(page)
    kept: list[Span] = []
    junk: list[Span] = []
    for at, line in enumerate(page):
        repeats = line.span in metadata.lines or line.text == metadata.headline
        keep = line.span == metadata.headline_span or (not repeats and body.holds(at, line))
        (kept if keep else junk).append(line.span)
    return Cleaned(tuple(kept), tuple(junk)) if kept else Cleaned(tuple(line.span for line in page), ())


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


def _body(page: Sequence[Line]) -> _Body:
    """Find the article on the page; the tail of links starts at a tail heading that no paragraph follows."""
    prose = [at for at, line in enumerate(page) if line.is_prose and not is_junk(line)]
    if not prose:
        return _Body(0, -1, len(page))
    paragraphs = [at for at in prose if page[at].words >= PARAGRAPH_WORDS] or prose
    tail = (at for at in range(paragraphs[-1] + 1, len(page)) if _TAIL.match(page[at].text))
    return _Body(prose[0], paragraphs[0], next(tail, prose[-1] + 1))


def is_junk(line: Line) -> bool:
    """Whether the line is junk by what it says, wherever it stands; a paragraph may speak of a privacy policy."""
    notice = line.words < PARAGRAPH_WORDS and _NOTICE.search(line.text)
    return bool(notice or _JUNK.search(line.text)) or is_bare_date(line.text)


_LONG_ITEM = 10
_SHORT_SUBHEAD = 2
