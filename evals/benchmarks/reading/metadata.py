"""Metadata: what is read from news articles whose second line tells the truth, with that line and without it.

Reads `articles/*.txt`: the headline; `author | source | date | url` (a source may itself hold a bar); the body. With
the line, every field must be right. Without it, what is found should be right, and most is not there to be found.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dateutil import parser as dates

from evals.benchmarks import Figures
from evals.errors import EvalError
from index.cleaning import metadata
from index.cleaning.metadata import Metadata
from index.text import lines

_FIELDS = ("headline", "outlet", "published", "author")
_NOBODY = "Unknown"


@dataclass(frozen=True)
class Told:
    """An article's lines, and what its second line and its first say about it."""

    rows: tuple[str, ...]
    headline: str
    outlet: str
    published: date
    author: str | None


def run(data: Path) -> Figures:
    """Read all articles twice, and count what is right."""
    told = read_articles(data)
    figures: Figures = {"articles": len(told)}
    with_line = [_parse(one.rows) for one in told]
    without = [_parse((one.rows[0], *one.rows[2:])) for one in told]
    for name in _FIELDS:
        right = sum(getattr(found, name) == getattr(one, name) for found, one in zip(with_line, told, strict=True))
        figures[f"{name}: right"] = right / len(told)
    for name in _FIELDS:
        pairs = [(getattr(found, name), getattr(one, name)) for found, one in zip(without, told, strict=True)]
        said = [(value, truth) for value, truth in pairs if value is not None]
        figures[f"{name}, line removed: found"] = len(said)
        figures[f"{name}, line removed: right"] = sum(value == truth for value, truth in said)
    updated = [(found.updated, one.published) for found, one in zip(without, told, strict=True) if found.updated]
    figures["updated, line removed: found"] = len(updated)
    figures["updated, line removed: not before the date"] = sum(value >= truth for value, truth in updated)
    spoken = Counter(found.language for found in with_line)
    return figures | {f"language {name}": count for name, count in sorted(spoken.items(), key=lambda one: str(one[0]))}


def read_articles(data: Path) -> list[Told]:
    """Return the articles with what their second line says; raise EvalError when one has none."""
    try:
        return [
            _told(file.read_bytes().decode("utf-8")) for file in sorted((data / "articles").glob("*.txt"))
        ] or _none()
    except (OSError, ValueError) as error:
        raise EvalError(f"The metadata benchmark in {str(data)!r} cannot be read: {error}") from error


def _none() -> list[Told]:
    raise ValueError("there is no articles/*.txt")


def _told(text: str) -> Told:
    rows = tuple(text.split("\n"))
    if len(rows) < 3 or rows[1].count(" | ") < 3:
        raise ValueError(f"the second line of {rows[0]!r} is not `author | source | date | url`")
    left, written, _ = rows[1].rsplit(" | ", 2)
    author, outlet = left.split(" | ", 1)
    day = dates.isoparse(written.strip()).date()
    return Told(rows, rows[0].strip(), outlet.strip(), day, None if author == _NOBODY else author.strip())


def _parse(rows: tuple[str, ...]) -> Metadata:
    return metadata.parse(lines.lines("\n".join(rows)))
