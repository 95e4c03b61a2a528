"""JSON: one article, a list of them, or one a line; fields go by the names that feeds, APIs and corpora use."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from index.corpus.documents import Contents, Document, decode, storable
from index.corpus.fields import URL, Parts, declared, first_of, line_of, named
from index.corpus.formats.markup import looks_like_markup, text_of
from index.errors import UnreadableFile

_BODY = "text body content articlebody contenttext contenthtml bodytext bodyhtml fulltext maintext article".split()
_TEXT = [*_BODY, "description", "summary", "abstract"]
_IDENTITY = "id guid uuid articleid docid".split()
_LISTS = "articles items entries stories documents docs results records data".split()
_MAX_VALUES = 1_000_000
_MARK = "[{,:"
_BOMS_16 = (b"\xff\xfe", b"\xfe\xff")


def read_json(data: bytes) -> Contents:
    """Return the article of a JSON object, or those of a list; a file of one object a line is read as such."""
    text, encoding = decode(data)
    try:
        value = _loaded(text)
    except ValueError as error:
        if "Extra data" in str(error):
            return read_json_lines(data)
        raise UnreadableFile(f"it is not JSON ({_what(error)})") from None
    parts, records = Parts(encoding), _listed(value)
    if records is None:
        try:
            _add(parts, value)
        except UnreadableFile as error:
            raise UnreadableFile(f"its record {error}") from None
        [document] = parts.contents().documents
        return Contents((Document(document.text, encoding, document.declared),))
    for number, record in enumerate(records, 1):
        if parts.is_full(f"record {number - 1}"):
            break
        _add_or_refuse(parts, record, f"record {number}")
    return parts.contents()


def read_json_lines(data: bytes) -> Contents:
    """Return the articles of a file with one JSON object a line; a bad line is reported, and the rest is read."""
    parts = Parts("utf-8")
    for number, line in _lines(data):
        if parts.is_full(f"line {number - 1}"):
            break
        try:
            record = _loaded(decode(line)[0])
        except UnreadableFile as error:
            parts.refuse(f"line {number}", str(error).removeprefix("it "))
        except RecursionError:
            parts.refuse(f"line {number}", "is nested too deeply")
        except ValueError as error:
            parts.refuse(f"line {number}", f"is not JSON ({_what(error)})")
        else:
            _add_or_refuse(parts, record, f"line {number}")
    return parts.contents()


def _loaded(text: str) -> Any:
    """Parse JSON of a bounded number of values: in memory each takes up to fifty times its length in the file.

    Marks inside strings are counted too; the text of twenty megabytes of news has about a third of the limit.
    """
    if sum(map(text.count, _MARK)) > _MAX_VALUES:
        raise UnreadableFile(
            f"it may hold more than {_MAX_VALUES:,} values; keep the articles only, or one a line (.jsonl)"
        )
    return json.loads(text)


def _what(error: ValueError) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return "a number is too long"
    return f"{error.msg}, character {error.pos + 1}"


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number the lines that are not blank; each is decoded by itself, so that one cannot spoil the others."""
    if data.startswith(_BOMS_16):
        data = decode(data)[0].encode()
    return ((number, line) for number, line in enumerate(BytesIO(data), 1) if line.strip(b" \t\r\n\xef\xbb\xbf"))


def _listed(value: Any) -> list[Any] | None:
    """Return the records of a list, or of an object that holds one (NewsAPI, JSON Feed); None for a single record."""
    if isinstance(value, list):
        return value
    fields = named(value)
    if first_of(fields, _BODY):
        return None
    return next((fields[name] for name in _LISTS if isinstance(fields.get(name), list)), None)


def _add_or_refuse(parts: Parts, record: Any, where: str) -> None:
    try:
        _add(parts, record)
    except UnreadableFile as error:
        parts.refuse(where, str(error))


def _add(parts: Parts, record: Any) -> None:
    fields = named(record)
    if not fields:
        raise UnreadableFile("is not an object with fields")
    text = first_of(fields, _TEXT)
    if not text:
        raise UnreadableFile(f"has no text (in a field such as {', '.join(_TEXT[:3])})")
    text = text_of(storable(text)) if looks_like_markup(text) else text
    parts.add(text, declared(fields), line_of(fields, _IDENTITY) or line_of(fields, URL))
