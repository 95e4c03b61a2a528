"""Headline, outlet, author, dates and language of an article, from labelled lines of its page.

Wrong is worse than missing: a field is set only where the page labels it (a byline, "Updated: ...", a header
`author | source | date`), and each has a note of where it was found. A date that merely stands on the page is that of
the page, unless it stands beside the byline; figures that leave open which is the month are no date.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import takewhile
from typing import Any

from dateutil import parser as dates

from index.models import Span
from index.text.language import language
from index.text.lines import PARAGRAPH_WORDS, Line

FIELDS = ("headline", "outlet", "author", "published", "updated", "language", "url")
"""The fields of Metadata that an article takes over."""

_HEADLINE_WORDS = range(4, 31)
_HEADLINE_OVER_A_ROW = range(1, 61)
_HEADER_LINES = 12
_LINES_TO_THE_TEXT = 6
_SHARED_WORDS = 2
_MENU_TAIL = 12
_TIME_TAIL = 20
_ROW_FIELDS = 3
_LINES_OF_A_HEADER = 4

# ISO 8601, with a time; year first; figures with the year last; the month as a word behind or before the day.
_DATE = (
    r"(?:\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+(?:Z| ?[+-]\d{2}:?\d{2})?)?"
    r"|\d{4}/\d{1,2}/\d{1,2}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    r"|(?:[A-Z][a-z]{2,8}\.?,? )?\d{1,2}(?:st|nd|rd|th)?,? [A-Z][a-z]{2,8}\.?,? \d{4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})"
)
# A label, at most 40 characters of other words ("on", "at", a place), and the date; not beyond a bar, where the next
# field begins.
_LABELLED = re.compile(
    rf"\b(published|created|posted|updated|last modified|modified)\b[^|]{{0,40}}?({_DATE})", re.IGNORECASE
)
_PUBLISHED = ("published", "created", "posted")
_BARE_DATE = re.compile(rf"^\W*(?:[A-Z][a-z]+day,? )?(?:date )?({_DATE})\b")
_AMBIGUOUS = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}")
_URL = re.compile(r"https?://\S+")
_PERSON = r"[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3}"
# A name that goes on with a small letter is the subject of a sentence ("By Ada Berg is ...").
_BYLINE = re.compile(rf"^(?i:by):? ({_PERSON})\b(?! [a-z])")
_DATED_BYLINE = re.compile(rf"^(?i:by):? ({_PERSON}?)(?:,? on|,| [|•·-])? (?:[A-Z][a-z]+day,? )?({_DATE})")
_NAME = re.compile(rf"^{_PERSON}$")
_DATED_LINE = re.compile(
    rf"^(?P<before>.{{0,60}}?)\W{{0,3}}\b(?:[A-Z][a-z]+day,? )?(?P<date>{_DATE})\b.{{0,{_TIME_TAIL}}}$"
)
_OUTLET = re.compile(
    r"^(?:By\b.{3,60}[,|] )?((?:[A-Z][\w.&'’-]* (?:of |the )?){1,4}(?:Times|Post|News|Tribune|Courier|Herald|Journal"
    r"|Gazette|Press|Guardian|Telegraph|Chronicle|Observer|Examiner|Mirror|Dispatch|Bulletin|Mail|Independent|Weekly"
    r"|Daily|Review|Magazine)|Reuters|AFP|Bloomberg)\W*$"
)
_WRITER = re.compile(
    rf"^(?:The (?:writer|author)|{_PERSON}) is an? [\w\s,-]*\b(?:journalist|reporter|correspondent|columnist|editor)"
)
_EDITED_BY = re.compile(r"not been edited by (?:the )?([A-Z][\w.&]*(?: [A-Z][\w.&]*){0,3}?)(?:'s)? staff")
_OF_THE_ARTICLE = re.compile(
    r"^short url$|\b(?:story|article|report) (?:has not been edited by"
    r"|(?:is|has been) (?:auto-?)?(?:generated|published) from an?)\b",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"^[A-Z]{3}[A-Za-z./ ,-]{0,40}(?: \([A-Z]\w+\))?(?::| [-–—]) |^[A-Z][\w. ,-]+ \([A-Z]\w+\) ?[-–—]"
)
_MARKDOWN_HEADING = re.compile(r"^#{1,3} +")
_OF_THE_PAGE = re.compile(
    r"^(?:skip to|jump to|continue reading|welcome to|from wikipedia)\b"
    r"|\b(?:subscribe|newsletters?|browser|cookies|sign up|log in)\b",
    re.IGNORECASE,
)
_CONTENT_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True)
class Metadata:
    """The fields, where each was found, where the headline stands, and which lines carry nothing but metadata."""

    headline: str | None = None
    outlet: str | None = None
    author: str | None = None
    published: date | None = None
    updated: date | None = None
    language: str | None = None
    url: str | None = None
    found: Mapping[str, str] = field(default_factory=dict)
    headline_span: Span | None = None
    lines: frozenset[Span] = frozenset()

    def adding(self, where: str, line: Line | None = None, **fields: str | date | None) -> "Metadata":
        """Return the metadata with those of `fields` that are not set yet; `line` then carries only metadata."""
        new = {name: value for name, value in fields.items() if value and not getattr(self, name)}
        values: dict[str, Any] = dict(new)
        values["found"] = {**self.found, **dict.fromkeys(new, where)}
        values["lines"] = self.lines | {line.span} if line else self.lines
        return replace(self, **values)


def parse(page: Sequence[Line]) -> Metadata:
    """Return the metadata in the lines of a page."""
    # Where the text begins. A byline may be as long as prose and is none.
    body = next((number for number, line in enumerate(page) if line.is_prose and not _is_byline(line)), len(page))
    metadata = _with_headline(Metadata(), page, body)
    for number, line in enumerate(page[:_HEADER_LINES]):
        if line.words < PARAGRAPH_WORDS or " | " in line.text:
            metadata = _with_header_line(metadata, line, f"line {number + 1}")
    metadata = _with_people(metadata, page, page[: min(body + 1, _HEADER_LINES)])
    metadata = _with_date_beside_the_byline(metadata, page)
    # Else the first line is the page's own, and what stands below it may be too.
    if page and metadata.headline_span == page[0].span:
        metadata = _with_short_header(metadata, _short_header(page, body))
    notes = {line.span for line in page if _OF_THE_ARTICLE.search(line.text)}
    # Notes of the outlet on the article are no part of its text.
    metadata = replace(metadata, lines=metadata.lines | notes)
    return metadata.adding("the words of the text", language=language("\n".join(line.text for line in page)))


def is_bare_date(text: str) -> bool:
    """Whether a line is nothing but a date, and perhaps a menu word: it is the date of the page."""
    match = _BARE_DATE.match(text)
    return bool(match) and len(text) - (match.end() if match else 0) <= _MENU_TAIL


def parse_date(text: str) -> date | None:
    """Return one written date; None when it is none, or when slashes leave open which figure is the month.

    Figures with dots or dashes are read day first.
    """
    try:
        if year_first := re.match(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", text):
            return date(*map(int, year_first.groups()))
        # "05/03/2024" is 5 March or May 3; "13/03/2024" and "05/05/2024" are one day in either order.
        figures = _AMBIGUOUS.match(text)
        if figures and figures[1] != figures[2] and max(int(figures[1]), int(figures[2])) <= 12:
            return None
        return dates.parse(text, dayfirst=True, ignoretz=True).date()
    except (ValueError, OverflowError):
        return None


def _with_headline(metadata: Metadata, page: Sequence[Line], body: int) -> Metadata:
    """Add the headline: the first line of the page where metadata follows, else the first that looks like one."""
    has_header = len(page) > 1 and (_is_row(page[1]) or bool(_short_header(page, body)))
    if has_header and page[0].words in _HEADLINE_OVER_A_ROW and not _is_about_the_article(page[0]):
        # A header below the first line says that it is the headline, whatever it looks like.
        number = 0
    else:
        near = range(max(0, body - _LINES_TO_THE_TEXT), min(body + 1, _HEADER_LINES, len(page)))
        candidates = [number for number in near if _could_be_headline(page[number], page)]
        if not candidates:
            return metadata
        number = candidates[0]
    mark = _MARKDOWN_HEADING.match(page[number].text)
    headline = page[number].text[mark.end() if mark else 0 :]
    return replace(metadata.adding(f"line {number + 1}", headline=headline), headline_span=page[number].span)


def _could_be_headline(line: Line, page: Sequence[Line]) -> bool:
    text = _MARKDOWN_HEADING.sub("", line.text)
    return (
        line.words in _HEADLINE_WORDS
        and (text[0].isupper() or text[0].isdigit() or text[0] in "“\"'‘")
        and not text.endswith((".", ":", ";"))
        and not (line.is_prose and line.words >= PARAGRAPH_WORDS)
        and " | " not in text
        and not _OF_THE_PAGE.search(text)
        and not is_bare_date(text)
        and not _is_byline(line)
        and not _BYLINE.match(text)
        and not _DATELINE.match(text)
        and _is_spoken_of(text, page)
    )


def _is_spoken_of(headline: str, page: Sequence[Line]) -> bool:
    """Whether words of the headline occur in the prose of the page: an article speaks of what its headline says."""
    words = {word.lower() for word in _CONTENT_WORD.findall(headline)}
    # Without the lines that repeat the headline, which would bear itself out.
    prose = "\n".join(line.text.lower() for line in page if line.is_prose and headline not in line.text)
    shared = sum(word in prose for word in words)
    return shared >= _SHARED_WORDS or 2 * shared > len(words)


def _is_byline(line: Line) -> bool:
    return " | " in line.text or bool(_LABELLED.search(line.text) or _WRITER.match(line.text))


def _is_row(line: Line) -> bool:
    fields = _fields(line)
    return len(fields) >= _ROW_FIELDS and not _LABELLED.search(line.text) and bool(_row_date(fields))


def _fields(line: Line) -> list[str]:
    return [part.strip() for part in line.text.strip("| ").split(" | ")]


def _with_header_line(metadata: Metadata, line: Line, where: str) -> Metadata:
    if _is_row(line):
        # In order of what they say for sure: a row names its fields by their places, a label by a word, a byline only
        # the author. The first that fits decides.
        return _with_table_row(metadata, line, where)
    if labelled := _LABELLED.findall(line.text):
        return _with_labels(metadata, line, labelled, where)
    if dated := _DATED_BYLINE.match(line.text):
        return metadata.adding(f"the byline, {where}", line, author=dated[1], published=parse_date(dated[2]))
    if match := _BYLINE.match(line.text):
        return metadata.adding(f"the byline, {where}", line, author=match[1])
    return metadata


def _with_labels(metadata: Metadata, line: Line, labelled: Sequence[tuple[str, str]], where: str) -> Metadata:
    """Add the fields of a line such as `Ada Berg | Updated: 7 March 2024 | Created: 5 March 2024`."""
    by_label = {label.lower(): parse_date(written) for label, written in labelled}
    published = next((by_label[label] for label in _PUBLISHED if by_label.get(label)), None)
    updated = next((day for label, day in by_label.items() if day and label not in _PUBLISHED), None)
    fields = _fields(line)
    named = len(fields) > 1 and (_NAME.match(fields[0]) or fields[0].isupper())
    author = fields[0] if named and not _LABELLED.search(fields[0]) else None
    return metadata.adding(where, line, published=published, updated=updated, author=author)


def _with_table_row(metadata: Metadata, line: Line, where: str) -> Metadata:
    """Add the fields of `author | source | date [| url]`, read from the right: a source may itself hold a bar."""
    # The last field is the URL where there is one, else the date.
    fields = _fields(line)
    url = fields.pop() if _URL.match(fields[-1]) else None
    published = _row_date(fields)
    fields.pop()
    author = fields[0] if fields[0].lower() not in {"", "unknown", "none"} else None
    outlet = " | ".join(fields[1:]) or None
    return metadata.adding(where, line, author=author, outlet=outlet, published=published, url=url)


def _row_date(fields: list[str]) -> date | None:
    written = re.search(_DATE, fields[-2] if _URL.match(fields[-1]) else fields[-1])
    return parse_date(written.group()) if written else None


def _with_people(metadata: Metadata, page: Sequence[Line], header: Sequence[Line]) -> Metadata:
    """Add a bare name above a note on the writer as author, and the outlet of a note that it did not edit the text."""
    names = [line for line in header if _NAME.match(line.text) and line.span != metadata.headline_span]
    bio = next((line for line in header if _WRITER.match(line.text)), None)
    if bio:
        before = [line for line in names if line.start < bio.start]
        # Menus repeat the name: every line that is equal to it goes with it.
        spans = metadata.lines | {bio.span} | {line.span for line in before if before[-1].text == line.text}
        author = before[-1].text if before else None
        metadata = replace(metadata.adding("the note on the writer", author=author), lines=spans)
    for line in page:
        if match := _EDITED_BY.search(line.text):
            metadata = metadata.adding("the note that its staff did not edit the text", outlet=match[1])
    return metadata


def _with_date_beside_the_byline(metadata: Metadata, page: Sequence[Line]) -> Metadata:
    """Add a bare date on the line above or below a byline: there it is the date of the article."""
    for number, line in enumerate(page[:_HEADER_LINES]):
        if not _BYLINE.match(line.text):
            continue
        # At most some characters behind the date, such as a time; more, and the date is part of a sentence.
        for near in page[max(0, number - 1) : number + 2]:
            if (match := _BARE_DATE.match(near.text)) and len(near.text) - match.end() <= _TIME_TAIL:
                metadata = metadata.adding("beside the byline", near, published=parse_date(match[1]))
    return metadata


def _short_header(page: Sequence[Line], body: int) -> Sequence[Line]:
    """Return the lines below the first that each tell something of the article, where they are few and text follows.

    There is no page around such an article, which could have a date or a name of its own: between them and the text
    no line has a word. Where no line is long enough to be `body`, the text begins with the first that tells nothing.
    """
    header = list(takewhile(_is_about_the_article, page[1:]))
    between = page[1 + len(header) : body] if body < len(page) else ()
    is_bare = len(header) <= _LINES_OF_A_HEADER and not any(map(str.isalpha, "".join(line.text for line in between)))
    return header if is_bare and len(header) + 1 < len(page) else ()


def _is_about_the_article(line: Line) -> bool:
    """Whether a line of a header has the date, the outlet or the author of the article."""
    return bool(_DATED_LINE.match(line.text) or _OUTLET.match(line.text) or _BYLINE.match(line.text))


def _with_short_header(metadata: Metadata, header: Sequence[Line]) -> Metadata:
    """Add date and outlet from the lines between a headline and the text below it."""
    for line in header:
        dated = _DATED_LINE.match(line.text)
        before = dated["before"] if dated else line.text
        named = _OUTLET.match(before)
        if dated or named:
            published, outlet = parse_date(dated["date"]) if dated else None, named[1] if named else None
            only = named or not before
            metadata = metadata.adding("below the headline", line if only else None, published=published, outlet=outlet)
    return metadata
