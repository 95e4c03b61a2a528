"""What formats with named fields share: their names, dates, the parts of a file, and what is said of those left out."""

import hashlib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
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
_KNOWN = frozenset((*HEADLINE, *_OUTLET, *_AUTHOR, *_PUBLISHED, *_UPDATED, *URL))
_ISO = re.compile(r"\s*(\d{4}-\d{2}-\d{2}|\d{8})(?!\d)")
_BARE_NUMBER = re.compile(r"\s*\d+(?:\.\d*)?\s*")
MAX_ARTICLES = 20_000
MAX_BAD_START = 1_000
_MAX_DATE = 64
_LONGEST_NAME = 64
_SHOWN_PROBLEMS = 20
_NAMING = "name title rendered main original text content".split()
"""Which field of an object is its name or its text, in NewsAPI, WordPress, the New York Times and others."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BY = re.compile(r"by:?\s+", re.IGNORECASE)
_OTHER_DAYS = (datetime(2000, 1, 1), datetime(2001, 2, 2))


def day(value: str) -> date | None:
    """Return the day that a date field names, as written there; None when it is incomplete or can be read two ways."""
    from dateutil.parser import ParserError, parse

    try:
        if iso := _ISO.match(value):
            return date.fromisoformat(iso.group(1))
        if len(value) > _MAX_DATE or _BARE_NUMBER.fullmatch(value):
            return None
        readings = {
            parse(value, default=other, dayfirst=dayfirst, ignoretz=True).date()
            for other in _OTHER_DAYS
            for dayfirst in (False, True)
        }
    except (ParserError, OverflowError, ValueError, TypeError):
        return None
    return readings.pop() if len(readings) == 1 else None


def named(record: Any) -> dict[str, Any]:
    """Return the fields of a record by plain names: `publishedAt`, `published_at` and `published-at` are one."""
    if not isinstance(record, dict):
        return {}
    return {letters(name[:_LONGEST_NAME]): value for name, value in record.items() if isinstance(name, str)}


def is_known(name: str) -> bool:
    """Whether a field of this name says something of an article that `declared` reads."""
    return letters(name) in _KNOWN


def declared(fields: Mapping[str, Any]) -> Declared:
    """Return what the fields of an article say of it; `fields` go by plain names, as `named` gives them.

    A number is no name of an author or outlet but its key in some table; a byline goes without its "By".
    """
    in_words = {name: value for name, value in fields.items() if not isinstance(value, int | float)}
    return {
        "headline": unescaped(line_of(fields, HEADLINE)),
        "outlet": unescaped(line_of(in_words, _OUTLET)),
        "author": _BY.sub("", unescaped(line_of(in_words, _AUTHOR, " and ")), count=1),
        "published": day(line_of(fields, _PUBLISHED)),
        "updated": day(line_of(fields, _UPDATED)),
        "url": line_of(fields, URL),
    }


def first_of(fields: Mapping[str, Any], names: Sequence[str], between: str = "\n") -> str:
    """Return the first of some fields that holds any text; items of a list with `between` them."""
    return next((value for name in names if (value := _words(fields.get(name), between)).strip()), "")


def line_of(fields: Mapping[str, Any], names: Sequence[str], between: str = ", ") -> str:
    """Return the first of some fields that holds any text, on one line."""
    return " ".join(first_of(fields, names, between).split())


def unescaped(text: str) -> str:
    """Return text with its HTML entities as the characters they stand for; "&" alone stays what it is."""
    return _ENTITY.sub(lambda entity: html.unescape(entity.group()), text)


def _words(value: Any, between: str) -> str:
    """Return a value as text: a string, a number, the name of an object (`{"name": "Reuters"}`), or a list of them."""
    if isinstance(value, list):
        return between.join(filter(None, (_words(one, "") for one in value if not isinstance(one, list))))
    if isinstance(value, dict):
        inner = next((value[name] for name in _NAMING if value.get(name)), None)
        return "" if isinstance(inner, dict | list) else _words(inner, "")
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def stored(about: Declared) -> Declared:
    """Return those fields that say something, as the catalog can hold them."""
    return {key: storable(value) if isinstance(value, str) else value for key, value in about.items() if value}


class Parts:
    """Gathers the articles of one file, and the reasons for those that cannot be read."""

    def __init__(self, encoding: str) -> None:
        """Begin with nothing; `encoding` is that of the file."""
        self._encoding = encoding
        self._documents: list[Document] = []
        self._times: dict[str, int] = {}
        self._problems: list[str] = []
        self._more = 0
        self._end: list[str] = []

    def add(self, text: str, about: Declared, identity: str | None, *, cut_off: bool = False) -> None:
        """Add one article; its name in the file is a digest of `identity`, or of the text where it has none.

        Raises UnreadableFile when there is no text, or too much for one article.
        """
        self.put(Document(text, self._encoding, cut_off=cut_off), about, identity)

    def put(self, document: Document, about: Declared, identity: str | None) -> None:
        """Add an article that has been read elsewhere, as `add` does; `about` replaces what it says of itself."""
        text = document.text
        if fault := fault_of(text):
            raise UnreadableFile(fault)
        name = hashlib.sha256((identity or text).encode("utf-8", "replace")).hexdigest()[:12]
        self._times[name] = self._times.get(name, 0) + 1
        part = name if self._times[name] == 1 else f"{name}-{self._times[name]}"
        self._documents.append(replace(document, text=storable(text), declared=stored(about), part=part))

    def is_full(self, where: str) -> bool:
        """Whether the file has given as many articles as one may; what follows `where` is then noted as left out."""
        if full := len(self) == MAX_ARTICLES:
            self.stop(where, f"is over the limit of {MAX_ARTICLES:,} articles; cut the file into several")
        return full

    def stop(self, where: str, reason: str) -> None:
        """Note why nothing is read that follows `where`."""
        self._end.append(f"what follows {where} {reason}")

    def refuse(self, where: str, reason: str) -> None:
        """Note that one part cannot be read; of very many, the first are told and the rest counted.

        Raises UnreadableFile when so many parts in a row, from the start, show that the file is none of articles.
        """
        if len(self._problems) < _SHOWN_PROBLEMS:
            self._problems.append(f"{where} {reason}")
        else:
            self._more += 1
        if not self._documents and self._more + _SHOWN_PROBLEMS == MAX_BAD_START:
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
        """Return what was gathered; raise UnreadableFile when that is nothing at all."""
        if not self.holds_anything:
            raise UnreadableFile("it holds no article")
        more = [f"{self._more:,} more parts cannot be read"] if self._more else []
        return Contents(tuple(self._documents), (*self._problems, *more, *self._end))

    def __len__(self) -> int:
        """Return the number of articles so far."""
        return len(self._documents)
