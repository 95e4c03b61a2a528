"""JSON (RFC 8259): one article, a list of them, or one a line."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from index.corpus.documents import Contents
from index.corpus.encodings import decoded
from index.corpus.fields import Parts
from index.corpus.formats.records.record import FieldNames, add_article, records_in
from index.errors import UnreadableFile

_MAX_VALUES = 1_000_000
_MARKS = "[{,:"
_BOMS_16 = (b"\xff\xfe", b"\xfe\xff")


def read_json(data: bytes, field_names: FieldNames) -> Contents:
    """Return the article of a JSON object, or those of a list; a file of one object a line is read as such."""
    text, encoding, _ = decoded(data)
    try:
        value = _loaded(text)
    except ValueError as error:
        # A second value after the first: one object a line, whatever the suffix says.
        if "Extra data" in str(error):
            return read_json_lines(data, field_names)
        raise UnreadableFile(f"it is not JSON ({_fault(error)})") from None
    parts, records = Parts(encoding), records_in(value)
    if records is None:
        try:
            add_article(parts, value, field_names)
        except UnreadableFile as error:
            raise UnreadableFile(f"its record {error}") from None
        return parts.contents().alone()
    for number, record in enumerate(records, 1):
        if parts.is_full(f"record {number - 1}"):
            break
        with parts.refusing(f"record {number}"):
            add_article(parts, record, field_names)
    return parts.contents()


def read_json_lines(data: bytes, field_names: FieldNames) -> Contents:
    """Return the articles of a file with one JSON object a line; a bad line is reported, and the rest is read."""
    parts = Parts("utf-8")
    for number, line in _lines(data):
        if parts.is_full(f"line {number - 1}"):
            break
        try:
            record = _loaded(decoded(line).text)
        except UnreadableFile as error:
            parts.refuse(f"line {number}", str(error).removeprefix("it "))
        except RecursionError:
            parts.refuse(f"line {number}", "is nested too deeply")
        except ValueError as error:
            parts.refuse(f"line {number}", f"is not JSON ({_fault(error)})")
        else:
            with parts.refusing(f"line {number}"):
                add_article(parts, record, field_names)
    return parts.contents()


def _loaded(text: str) -> Any:
    """Parse JSON of a bounded number of values: in memory each takes up to fifty times its length in the file.

    Marks inside strings are counted too; the text of twenty megabytes of news has about a third of the limit.
    """
    if sum(map(text.count, _MARKS)) > _MAX_VALUES:
        raise UnreadableFile(
            f"it may hold more than {_MAX_VALUES:,} values; keep the articles only, or one a line (.jsonl)"
        )
    return json.loads(text)


def _fault(error: ValueError) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return "a number is too long"
    return f"{error.msg}, character {error.pos + 1}"


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number the lines that are not blank; each is decoded by itself, so that one cannot spoil the others."""
    # In UTF-16 a line feed is two bytes, and half of one may be part of a letter.
    if data.startswith(_BOMS_16):
        data = decoded(data).text.encode()
    return ((number, line) for number, line in enumerate(BytesIO(data), 1) if line.strip(b" \t\r\n\xef\xbb\xbf"))
