"""Headline, outlet, author and date of an article, from what its page says about itself.

Wrong is worse than missing: a field is set only where the page labels it (a byline line, "Updated: ...", a header
`author | source | date`, HTML meta tags). A date that merely stands on the page is the page's, not the article's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from dateutil import parser as dates

from index.lines import PARAGRAPH_WORDS, Line
from index.models import Span

_HEADLINE_WORDS = range(4, 31)
_HEADER_LINES = 12
_MENU_TAIL = 12
_ROW_FIELDS = 3

_DATE = (
    r"(?:\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    r"|(?:[A-Z][a-z]{2,8}\.? )?\d{1,2}(?:st|nd|rd|th)?,? [A-Z][a-z]{2,8}\.?,? \d{4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})"
)
_LABELLED = re.compile(rf"\b(published|created|posted|updated|last modified)\b[^|]{{0,40}}?({_DATE})", re.IGNORECASE)
_BARE_DATE = re.compile(rf"^\W*(?:[A-Z][a-z]+day,? )?(?:date )?{_DATE}\b")
_URL = re.compile(r"https?://\S+")
_BYLINE = re.compile(r"^(?i:by):? ([A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3})\b(?! [a-z])")
_NAME = re.compile(r"^[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3}$")
_WRITER = re.compile(
    r"^(?:The (?:writer|author)|[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3}) is an? "
    r"[\w\s,-]*\b(?:journalist|reporter|correspondent|columnist|editor)"
)
_EDITED_BY = re.compile(r"not been edited by (?:the )?([A-Z][\w.&]*(?: [A-Z][\w.&]*){0,3}?)(?:'s)? staff")
_DATELINE = re.compile(r"^[A-Z][A-Za-z./ ,-]{2,40}(?: \([A-Z]\w+\))?(?::| [-–—]) ")
_MARKDOWN_HEADING = re.compile(r"^#{1,3} +")


@dataclass(frozen=True)
class Metadata:
    """What was found, where the headline stands, and which lines only carry metadata."""

    headline: str | None = None
    outlet: str | None = None
    author: str | None = None
    published: date | None = None
    url: str | None = None
    headline_span: Span | None = None
    lines: frozenset[Span] = frozenset()


def parse(page: Sequence[Line]) -> Metadata:
    """Return the metadata that the lines of a page state."""
    body = next((at for at, line in enumerate(page) if line.is_prose and not _is_byline(line)), len(page))
    header = page[: min(body + 1, _HEADER_LINES)]
    at = _headline_at(page, body)
    found = Metadata()
    if at is not None:
        line = page[at]
        mark = _MARKDOWN_HEADING.match(line.text)
        found = replace(found, headline=line.text[mark.end() if mark else 0 :], headline_span=line.span)
    for line in page[:_HEADER_LINES]:
        if line.words < PARAGRAPH_WORDS or " | " in line.text:
            found = _from_header_line(found, line)
    return _from_people(found, page, header)


def is_bare_date(text: str) -> bool:
    """Whether a line is nothing but a date (and perhaps a menu word): the page's own date."""
    match = _BARE_DATE.match(text)
    return bool(match) and len(text) - (match.end() if match else 0) <= _MENU_TAIL


def parse_date(text: str) -> date | None:
    """Parse one written date, day before month where the figures leave it open; None when it is none."""
    try:
        if re.match(r"\d{4}-", text):
            return dates.isoparse(text.replace(" ", "T")).date()
        return dates.parse(text, dayfirst=True, ignoretz=True).date()
    except (ValueError, OverflowError):
        return None


def _headline_at(page: Sequence[Line], body: int) -> int | None:
    for at, line in enumerate(page[:body]):
        if at >= _HEADER_LINES:
            break
        if _could_be_headline(line):
            return at
    return None


def _could_be_headline(line: Line) -> bool:
    text = _MARKDOWN_HEADING.sub("", line.text)
    return (
        line.words in _HEADLINE_WORDS
        and (text[0].isupper() or text[0].isdigit() or text[0] in "“\"'‘")
        and not text.endswith((".", ":", ";"))
        and " | " not in text
        and not is_bare_date(text)
        and not _DATELINE.match(text)
    )


def _is_byline(line: Line) -> bool:
    return " | " in line.text or bool(_LABELLED.search(line.text) or _WRITER.match(line.text))


def _from_header_line(found: Metadata, line: Line) -> Metadata:
    fields = [part.strip() for part in line.text.split(" | ")]
    labelled = _LABELLED.findall(line.text)
    if len(fields) >= _ROW_FIELDS and not labelled and _row_date(fields):
        return _from_table_row(found, fields, line)
    if labelled:
        by_label = {label.lower(): parse_date(written) for label, written in labelled}
        first = next((by_label[label] for label in ("published", "created", "posted") if by_label.get(label)), None)
        named = len(fields) > 1 and (_NAME.match(fields[0]) or fields[0].isupper())
        credit = fields[0] if named else None
        found = replace(found, published=found.published or first or next(iter(by_label.values())))
        return replace(found, author=found.author or credit, lines=found.lines | {line.span})
    if match := _BYLINE.match(line.text):
        return replace(found, author=found.author or match.group(1), lines=found.lines | {line.span})
    return found


def _from_table_row(found: Metadata, fields: list[str], line: Line) -> Metadata:
    """Read `author | source | date [| url]`; url and date from the right, since a source may itself hold a bar."""
    url = fields.pop() if _URL.match(fields[-1]) else None
    published = _row_date(fields)
    fields.pop()
    author = fields[0] if fields[0].lower() not in {"", "unknown", "none"} else None
    outlet = " | ".join(fields[1:]) or None
    return replace(found, author=author, outlet=outlet, published=published, url=url, lines=found.lines | {line.span})


def _row_date(fields: list[str]) -> date | None:
    written = re.search(_DATE, fields[-2] if _URL.match(fields[-1]) else fields[-1])
    return parse_date(written.group()) if written else None


def _from_people(found: Metadata, page: Sequence[Line], header: Sequence[Line]) -> Metadata:
    """Take a bare name above a line that says who the writer is, and the outlet that says it did not edit the text."""
    names = [line for line in header if _NAME.match(line.text) and line.span != found.headline_span]
    bio = next((line for line in header if _WRITER.match(line.text)), None)
    if bio:
        before = [line for line in names if line.start < bio.start]
        spans = found.lines | {bio.span} | {line.span for line in before if before[-1].text == line.text}
        found = replace(found, author=found.author or (before[-1].text if before else None), lines=spans)
    for line in page:
        if not found.outlet and (match := _EDITED_BY.search(line.text)):
            found = replace(found, outlet=match.group(1))
    return found
