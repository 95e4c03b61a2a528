"""Words that readers and articles use for the same thing ("cop", "police"), for matching without a model.

`words.txt` and `places.txt` hold one group a line, written from general knowledge of news English. A question is read
as concepts: a word, or a phrase of a group, with the other entries of its groups as alternatives.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from qa.terms import runs, terms

Entry = tuple[str, ...]
"""The stems of a word or phrase, in order."""


class Concept(NamedTuple):
    """A word or phrase of a question, and what an article may say instead."""

    entry: Entry
    alternatives: frozenset[Entry]


class Role(NamedTuple):
    """What belongs to a place, as in "Pakistan's ambassador": the number of the place, and the word that follows it."""

    place: int
    role: Entry


class Thesaurus:
    """Groups of words that stand for each other; groups of places are names as well."""

    def __init__(self, words: Iterable[Sequence[str]], places: Iterable[Sequence[str]] = ()) -> None:
        """Read groups of words or phrases as written."""
        self._alternatives: dict[Entry, set[Entry]] = defaultdict(set)
        self._places: dict[Entry, int] = {}
        for group in words:
            self._join(group)
        for number, group in enumerate(places):
            for entry in self._join(group):
                self._places.setdefault(entry, number)
        self._longest = max(map(len, self._alternatives), default=1)

    def concepts(self, text: str) -> list[Concept]:
        """Return the concepts of a text, each once."""
        return [self._concept(entry) for entry in dict.fromkeys(self._entries(terms(text)))]

    def places(self, text: str) -> list[Concept]:
        """Return the places that a text names, each once."""
        return [self._concept(entry) for entry in dict.fromkeys(self._entries(terms(text))) if entry in self._places]

    def roles(self, text: str) -> set[Role]:
        """Return the pairs of a place and the word right after it, with no other word or stop between."""
        return {
            Role(self._places[place], role)
            for run in runs(text)
            for place, role in pairwise(self._entries(run))
            if place in self._places
        }

    def same(self, one: Entry, other: Entry) -> bool:
        """Whether two entries are equal or stand for each other."""
        return one == other or other in self._alternatives.get(one, ())

    def _join(self, group: Sequence[str]) -> set[Entry]:
        entries = {entry for phrase in group if (entry := _entry(phrase))}
        for entry in entries:
            self._alternatives[entry] |= entries - {entry}
        return entries

    def _concept(self, entry: Entry) -> Concept:
        return Concept(entry, frozenset(self._alternatives.get(entry, ())))

    def _entries(self, words: Sequence[str]) -> list[Entry]:
        """Read stems as entries, the longest phrases of the groups taken first."""
        stems, found, at = tuple(words), [], 0
        while at < len(stems):
            sizes = range(self._longest, 1, -1)
            size = next((size for size in sizes if stems[at : at + size] in self._alternatives), 1)
            found.append(stems[at : at + size])
            at += size
        return found


def _entry(phrase: str) -> Entry:
    """Return the stems of a phrase; none when only one word of several carries meaning ("kick out")."""
    stems = tuple(terms("US" if phrase == "us" else phrase))
    return stems if len(stems) > 1 or " " not in phrase else ()


@cache
def bundled() -> Thesaurus:
    """Return the thesaurus that ships with the program, read once."""
    return Thesaurus(_groups("words.txt"), _groups("places.txt"))


def _groups(name: str) -> list[list[str]]:
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [[phrase.strip() for phrase in line.split(",")] for line in lines if line and line[0] != "#"]
