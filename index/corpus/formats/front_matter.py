"""Fields above an article of plain text or Markdown: fenced by `---` or `+++`, or as labelled lines alone.

They are read line by line and not as YAML or TOML, which refuse what people write by hand ("title: Oil: prices fall").
"""

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple

from index.corpus.documents import Declared
from index.corpus.fields import declared, is_known, named, stored

_FENCES = ("---", "+++")
_FIELD = re.compile(r"([^\W\d_][\w -]{0,30}?)[ \t]*[:=](?:[ \t]+(.*)|$)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
_BESIDE = re.compile(r"[ \t].*|#.*|\[.*\]|[\]}],?|")
_MAX_LINES = 100
_LEAST_LABELLED = 2


class FrontMatter(NamedTuple):
    """What the fields say, and the offset in the text at which the article begins."""

    declared: Declared
    end: int


class _Row(NamedTuple):
    """A line of the text without its end, and where the next one begins."""

    text: str
    end: int


def front_matter(text: str) -> FrontMatter:
    """Return the fields above an article; none, and an article that begins at 0, where it has no such block."""
    rows = list(_rows(text))
    fence = rows[0].text if rows else ""
    if fence in _FENCES:
        block = list(takewhile(lambda row: row.text != fence, rows[1:]))
        if len(block) + 2 > len(rows):
            return FrontMatter({}, 0)
        end, least = rows[len(block) + 1].end, 1
    else:
        block = list(takewhile(lambda row: row.text, rows))
        end, least = block[-1].end if block else 0, _LEAST_LABELLED
    lines = [row.text for row in block]
    labels = [match[1] for line in lines if (match := _FIELD.fullmatch(line))]
    beside = [line for line in lines if _ITEM.fullmatch(line) or _BESIDE.fullmatch(line)]
    if sum(map(is_known, labels)) < least or len(labels) + len(beside) < len(lines):
        return FrontMatter({}, 0)
    return FrontMatter(stored(declared(named(_values(lines)))), end)


def _rows(text: str) -> Iterator[_Row]:
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    for _ in range(_MAX_LINES):
        if start >= len(text):
            return
        end = text.find("\n", start) + 1 or len(text)
        yield _Row(text[start:end].rstrip(), end)
        start = end


def _values(lines: Iterable[str]) -> dict[str, str | list[str]]:
    """Return the values by name, without quotation marks; a list, in brackets or a line each, as its items."""
    found: dict[str, str | list[str]] = {}
    items: list[str] = []
    for line in lines:
        if field := _FIELD.fullmatch(line):
            value, items = (field[2] or "").strip(), []
            in_brackets = value[:1] == "[" and value[-1:] == "]"
            listed = [_bare(one) for one in value[1:-1].split(",")] if in_brackets else items
            found.setdefault(field[1], _bare(value) if value and not in_brackets else listed)
        elif item := _ITEM.fullmatch(line):
            items.append(_bare(item[1]))
    return found


def _bare(value: str) -> str:
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1].replace(f"\\{value[0]}", value[0]) if quoted else value
