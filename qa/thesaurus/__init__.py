"""Words that readers and articles use for the same thing ("cop", "police"), for matching without a model.

`words.txt` and `places.txt` hold one group a line, written from general knowledge of news English. A question is read
as concepts: a word, or a phrase of a group, with the other entries of its groups as alternatives.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from qa.terms import terms

Entry = tuple[str, ...]
"""The stems of a word or phrase, in order."""


class Concept(NamedTuple):
    """A word or phrase of a question, and what an article may say instead."""

    entry: Entry
    alternatives: frozenset[Entry]


class Thesaurus:
    """Groups of words that stand for each other."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        """Read groups of words or phrases as written."""
        self._alternatives: dict[Entry, set[Entry]] = defaultdict(set)
        for group in groups:
            entries = {entry for phrase in group if (entry := _entry(phrase))}
            for entry in entries:
                self._alternatives[entry] |= entries - {entry}
        self._longest = max(map(len, self._alternatives), default=1)

    def concepts(self, text: str) -> list[Concept]:
        """Return the concepts of a text, each once, the longest phrases of the groups taken first."""
        stems, found, at = tuple(terms(text)), {}, 0
        while at < len(stems):
            size = next(
                (size for size in range(self._longest, 1, -1) if stems[at : at + size] in self._alternatives), 1
            )
            entry = stems[at : at + size]
            found[entry] = Concept(entry, frozenset(self._alternatives.get(entry, ())))
            at += size
        return list(found.values())


def _entry(phrase: str) -> Entry:
    """Return the stems of a phrase; none when only one word of several carries meaning ("kick out")."""
    stems = tuple(terms(phrase))
    return stems if len(stems) > 1 or " " not in phrase else ()


@cache
def bundled() -> Thesaurus:
    """Return the thesaurus that ships with the program, read once."""
    folder = Path(__file__).parent
    lines = [line for name in ("words.txt", "places.txt") for line in (folder / name).read_text("utf-8").splitlines()]
    return Thesaurus([part.strip() for part in line.split(",")] for line in lines if line and line[0] != "#")
