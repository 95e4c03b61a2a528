"""Fields above an article of plain text or Markdown: fenced by `---` or `+++`, or as labelled lines alone.

Between `---` they are YAML, between `+++` TOML. Where people write by hand what those refuse ("title: Oil: prices
fall"), and without a fence, they are read line by line.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import takewhile
from typing import Any, NamedTuple

from index.corpus.documents import Declared
from index.corpus.fields import declared, fields_by_name, is_field_name, storable_fields

_FENCES = ("---", "+++")
# A label of words, then a colon or an equals sign with a space behind it, so that no URL or time is one.
_FIELD = re.compile(r"([^\W\d_][\w -]{0,30}?)[ \t]*[:=](?:[ \t]+(.*)|$)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
# What belongs to the field above it: an indented line, a comment, the brackets of a list, an empty line.
_BESIDE = re.compile(r"[ \t].*|#.*|\[.*\]|[\]}],?|")
_MAX_LINES = 100
_MOST_PARSED = 20_000
_LEAST_LABELS = 2


class FrontMatter(NamedTuple):
    """The declared fields, and the offset in the text at which the article begins."""

    declared: Declared
    end: int


class _Row(NamedTuple):
    """A line of the text without its end, and where the next one begins."""

    text: str
    end: int


def front_matter(text: str) -> FrontMatter:
    """Return the fields above an article; without such a block no fields, and an article that begins at 0."""
    rows = list(_rows(text))
    fence = rows[0].text if rows else ""
    if fence in _FENCES:
        block = list(takewhile(lambda row: row.text != fence, rows[1:]))
        # The fence is never closed: a rule above the text, and no block.
        if len(block) + 2 > len(rows):
            return FrontMatter({}, 0)
        end, least_labels = rows[len(block) + 1].end, 1
    else:
        block = list(takewhile(lambda row: row.text, rows))
        end, least_labels = block[-1].end if block else 0, _LEAST_LABELS
    lines = [row.text for row in block]
    fields = _parsed(fence, lines) if fence in _FENCES else None
    if fields is None:
        fields = _read_by_line(lines, least_labels)
    if not any(map(is_field_name, fields)):
        return FrontMatter({}, 0)
    return FrontMatter(storable_fields(declared(fields_by_name(fields))), end)


def _parsed(fence: str, lines: list[str]) -> dict[str, Any] | None:
    """Return the fields as YAML or TOML has them, days as text; None where the lines are neither, or no mapping."""
    import yaml

    text = "\n".join(lines)
    if len(text) > _MOST_PARSED:
        return None
    try:
        # BaseLoader makes strings of everything: no tag builds an object, and "no" or a date stays as it is written.
        fields = tomllib.loads(text) if fence == "+++" else yaml.load(text, yaml.BaseLoader)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    return {str(name): value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}


def _rows(text: str) -> Iterator[_Row]:
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    for _ in range(_MAX_LINES):
        if start >= len(text):
            return
        end = text.find("\n", start) + 1 or len(text)
        yield _Row(text[start:end].rstrip(), end)
        start = end


def _read_by_line(lines: Sequence[str], least_labels: int) -> dict[str, Any]:
    """Return the values by name, without quotation marks; a list, in brackets or a line each, as its items.

    Nothing is returned for lines that do not all belong to fields, or have too few labels that name a field.
    """
    labels = [match[1] for line in lines if (match := _FIELD.fullmatch(line))]
    others = [line for line in lines if _ITEM.fullmatch(line) or _BESIDE.fullmatch(line)]
    if sum(map(is_field_name, labels)) < least_labels or len(labels) + len(others) < len(lines):
        return {}
    values: dict[str, Any] = {}
    items: list[str] = []
    for line in lines:
        if field := _FIELD.fullmatch(line):
            value, items = (field[2] or "").strip(), []
            in_brackets = value[:1] == "[" and value[-1:] == "]"
            # Without a value the field is the list that the items on the lines below are added to.
            listed = [_unquoted(item) for item in value[1:-1].split(",")] if in_brackets else items
            values.setdefault(field[1], _unquoted(value) if value and not in_brackets else listed)
        elif item := _ITEM.fullmatch(line):
            items.append(_unquoted(item[1]))
    return values


def _unquoted(value: str) -> str:
    value = value.strip()
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1].replace(f"\\{value[0]}", value[0]) if is_quoted else value
