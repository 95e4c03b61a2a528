"""What formats with named fields share: the names of fields, dates, and the articles and problems of one file."""

import hashlib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from itertools import product
from typing import Any

from index.corpus.documents import Contents, Declared, Document, fault_of, storable
from index.errors import UnreadableFile
from index.text.normal_form import letters

HEADLINE = "headline title webtitle name heading".split()
_OUTLET = "source outlet publisher sitename publication newspaper medianame site".split()
_AUTHOR = "author authors byline creator embeddedauthor".split()
_PUBLISHED = (
    "published publishedat publishedon publishdate publisheddate datepublished pubdate publicationdate "
    "webpublicationdate datetimepub datetime date"
).split()
_UPDATED = "updated updatedat updateddate modified modifiedat datemodified lastmod lastmodified".split()
URL = "url link canonicalurl sourceurl weburl".split()
_FIELD_NAMES = frozenset((*HEADLINE, *_OUTLET, *_AUTHOR, *_PUBLISHED, *_UPDATED, *URL))
_ISO = re.compile(r"\s*(\d{4}-\d{2}-\d{2}|\d{8})(?!\d)")
_BARE_NUMBER = re.compile(r"\s*\d+(?:\.\d*)?\s*")
MAX_ARTICLES = 20_000
MAX_BAD_START = 1_000
_MAX_DATE = 64
_LONGEST_NAME = 64
_MOST_PROBLEMS = 20
_NAME_FIELDS = "name title rendered main original text content".split()
"""The fields that name an object or hold its text, in NewsAPI, WordPress, the New York Times and others."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BY = re.compile(r"by:?\s+", re.IGNORECASE)
_DEFAULTS = (datetime(2000, 1, 1), datetime(2001, 2, 2))
"""What dateutil fills in for a missing year, month or day: an incomplete date comes out as two days."""


def day(value: str) -> date | None:
    """Return the day that is written in a date field; None when it is incomplete or can be read two ways."""
    from dateutil.parser import ParserError, parse

    try:
        # First, and apart: with `dayfirst` dateutil reads 2024-03-05 as the third of May.
        if iso := _ISO.match(value):
            return date.fromisoformat(iso.group(1))
        # A bare number may be a year, a count of seconds or a key.
        if len(value) > _MAX_DATE or _BARE_NUMBER.fullmatch(value):
            return None
        readings = set()
        # A missing part differs with the default, and figures that can be read two ways with `dayfirst`: either gives
        # two days.
        for default, dayfirst in product(_DEFAULTS, (False, True)):
            readings.add(parse(value, default=default, dayfirst=dayfirst, ignoretz=True).date())
    except (ParserError, OverflowError, ValueError, TypeError):
        return None
    return readings.pop() if len(readings) == 1 else None


def fields_by_name(record: Any) -> dict[str, Any]:
    """Return the fields of a record by the letters of their names: `publishedAt` and `published_at` are one."""
    if not isinstance(record, dict):
        return {}
    return {letters(name[:_LONGEST_NAME]): value for name, value in record.items() if isinstance(name, str)}


def is_field_name(name: str) -> bool:
    """Whether `declared` reads a field of this name."""
    return letters(name) in _FIELD_NAMES


def declared(fields: Mapping[str, Any]) -> Declared:
    """Return the article fields that a record declares, from its fields as `fields_by_name` gives them.

    A number is no name of an author or outlet but its key in some table; a byline goes without its "By".
    """
    in_words = {name: value for name, value in fields.items() if not isinstance(value, int | float)}
    return {
        "headline": unescaped(first_line(fields, HEADLINE)),
        "outlet": unescaped(first_line(in_words, _OUTLET)),
        "author": _BY.sub("", unescaped(first_line(in_words, _AUTHOR, " and ")), count=1),
        "published": day(first_line(fields, _PUBLISHED)),
        "updated": day(first_line(fields, _UPDATED)),
        "url": first_line(fields, URL),
    }


def first_text(fields: Mapping[str, Any], names: Sequence[str], between: str = "\n") -> str:
    """Return the first of some fields that holds any text, with `between` the items of a list."""
    texts = (_text(fields.get(name), between) for name in names)
    return next((text for text in texts if text.strip()), "")


def first_line(fields: Mapping[str, Any], names: Sequence[str], between: str = ", ") -> str:
    """Return the first of some fields that holds any text, on one line."""
    return " ".join(first_text(fields, names, between).split())


def unescaped(text: str) -> str:
    """Return text with the characters that its HTML entities stand for; "&" alone stays what it is."""
    return _ENTITY.sub(lambda entity: html.unescape(entity.group()), text)


def _text(value: Any, between: str) -> str:
    """Return a value as text: a string, a number, the name of an object (`{"name": "Reuters"}`), or a list of them."""
    if isinstance(value, list):
        return between.join(filter(None, (_text(item, "") for item in value if not isinstance(item, list))))
    if isinstance(value, dict):
        inner = next((value[name] for name in _NAME_FIELDS if value.get(name)), None)
        return "" if isinstance(inner, dict | list) else _text(inner, "")
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def storable_fields(fields: Declared) -> Declared:
    """Return the fields that have a value, as the catalog can hold them."""
    return {name: storable(value) if isinstance(value, str) else value for name, value in fields.items() if value}


class Parts:
    """Gathers the articles of one file, and the reasons for those that cannot be read."""

    def __init__(self, encoding: str) -> None:
        """Begin without articles; `encoding` is that of the file."""
        self._encoding = encoding
        self._documents: list[Document] = []
        self._uses: dict[str, int] = {}
        self._problems: list[str] = []
        self._more_problems = 0
        self._stops: list[str] = []

    def add(self, text: str, fields: Declared, identity: str | None, *, cut_off: bool = False) -> None:
        """Add one article; its name in the file is a digest of `identity`, or of the text where it has none.

        Raises UnreadableFile when there is no text, or too much for one article.
        """
        self.put(Document(text, self._encoding, cut_off=cut_off), fields, identity)

    def put(self, document: Document, fields: Declared, identity: str | None) -> None:
        """Add an article from another file, as `add` does; `fields` replace those that it declares."""
        text = document.text
        if fault := fault_of(text):
            raise UnreadableFile(fault)
        # The place in the file would change with each article that is added above; the identity does not.
        name = hashlib.sha256((identity or text).encode("utf-8", "replace")).hexdigest()[:12]
        self._uses[name] = self._uses.get(name, 0) + 1
        part = name if self._uses[name] == 1 else f"{name}-{self._uses[name]}"
        self._documents.append(replace(document, text=storable(text), declared=storable_fields(fields), part=part))

    def is_full(self, where: str) -> bool:
        """Whether the file has as many articles as one may; it is then noted that what follows `where` is left out."""
        if full := len(self) == MAX_ARTICLES:
            self.stop(where, f"is over the limit of {MAX_ARTICLES:,} articles; cut the file into several")
        return full

    def stop(self, where: str, reason: str) -> None:
        """Note why nothing is read that follows `where`."""
        self._stops.append(f"what follows {where} {reason}")

    def refuse(self, where: str, reason: str) -> None:
        """Note that one part cannot be read; of very many, the first are named and the rest counted.

        Raises UnreadableFile when so many of the first parts cannot be read that the file holds no articles.
        """
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(f"{where} {reason}")
        else:
            self._more_problems += 1
        # A file of some other kind has no end of parts, and none of them an article.
        if not self._documents and self._more_problems + _MOST_PROBLEMS == MAX_BAD_START:
            raise UnreadableFile(f"none of its first {MAX_BAD_START:,} parts is an article; {self._problems[0]}")

    @contextmanager
    def refusing(self, where: str) -> Iterator[None]:
        """Note that one part cannot be read, where the block raises UnreadableFile."""
        try:
            yield
        except UnreadableFile as error:
            self.refuse(where, str(error))

    @property
    def holds_anything(self) -> bool:
        """Whether there is an article, or a part that cannot be read."""
        return bool(self._documents or self._problems)

    def contents(self) -> Contents:
        """Return the articles and the problems; raise UnreadableFile when there is neither."""
        if not self.holds_anything:
            raise UnreadableFile("it holds no article")
        more = [f"{self._more_problems:,} more parts cannot be read"] if self._more_problems else []
        return Contents(tuple(self._documents), (*self._problems, *more, *self._stops))

    def __len__(self) -> int:
        """Return the number of articles so far."""
        return len(self._documents)
