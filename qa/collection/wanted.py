"""What the articles asked for must have, read from exact facts of the question, and from the words of its topic."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from index.corpus.reading import is_read
from index.models import Span
from qa.language.dates import Day, full_days
from qa.language.terms import fold, names, quotations, terms, words
from qa.question.outlets import places
from qa.question.periods import Window, windows

_WITH_SUFFIX = re.compile(r"(?<![\w.])[\w/-][\w/.-]*\.\w+(?!\w)")


@dataclass(frozen=True)
class Wanted:
    """What articles must have: all of it, but one of the outlets and one of the windows are enough.

    `phrases` are names and quotations, which an article holds as they are; `words` it may hold in other forms.
    """

    outlets: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    phrases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def topic(self) -> tuple[str, ...]:
        """The phrases and words."""
        return self.phrases + self.words


def wanted(text: str, topic: Sequence[Span], outlets: Iterable[str], today: date) -> Wanted:
    """Return what a question wants, of whose words `topic` are those of its topic.

    What is named (an outlet, a day, a file) is no word of the topic; a name is one, whatever `topic` says.
    """
    named, dated = places(text, outlets), full_days(text)
    taken = {at for span in named.values() for at in range(*span)}
    taken |= {at for day in dated for at in range(day.start, day.end)}
    taken |= {at for found in _file_names(text) for at in range(*found.span())}
    phrases = []
    for phrase in (*quotations(text), *names(text)):
        free = _free(text, phrase, taken, topic)
        if free and terms(text[free.start : free.end]):
            phrases.append(text[free.start : free.end])
            taken |= set(range(*free))
    rest = (text[span.start : span.end] for span in topic if taken.isdisjoint(range(*span)))
    asked = windows(text, today)
    asked += [one for one in map(_window, dated) if one and not any(one.first in window[:2] for window in asked)]
    return Wanted(
        outlets=tuple(named),
        windows=tuple(asked),
        phrases=tuple(dict.fromkeys(phrases)),
        words=tuple(dict.fromkeys(word for word in rest if terms(word))),
    )


def files_named(text: str, paths: Sequence[str]) -> list[str]:
    """Return the paths of the articles whose file a text names in full, with its suffix."""
    folded = fold(text)
    return [path for path in paths if _stands_in(folded, fold(path)) or _stands_in(folded, fold(_file_of(path).name))]


def file_name_in(text: str) -> str | None:
    """Return what has the form of a file name in a text, with a suffix that is read, be there such a file or not."""
    return next((found.group() for found in _file_names(text)), None)


def files_meant(text: str, paths: Sequence[str]) -> list[str]:
    """Return the paths whose file names share the rarest words with a text, "file 6" being `06_correction.txt`."""
    parts = {path: name_parts(path) for path in paths}
    held = Counter(part for of_path in parts.values() for part in of_path)
    said = set(map(_plain_number, words(fold(text))))
    scores = {
        path: sum(math.log(len(paths) / held[part]) for part in sorted(of_path & said))
        for path, of_path in parts.items()
    }
    best = max(scores.values(), default=0.0)
    return [path for path, score in scores.items() if score > 0 and math.isclose(score, best)]


def name_parts(path: str) -> set[str]:
    """Return the words and numbers of a file name, without the zeros that numbers begin with."""
    return set(map(_plain_number, words(fold(_file_of(path).stem).replace("_", " "))))


def beside_the_name(parts: Sequence[str], path: str) -> list[str]:
    """Return those of some words that are not merely what a file is called."""
    called = name_parts(path)
    return [part for part in parts if not called.issuperset(map(_plain_number, words(fold(part))))]


def _file_names(text: str) -> Iterator[re.Match[str]]:
    return (found for found in _WITH_SUFFIX.finditer(text) if is_read(found.group()))


def _free(text: str, phrase: str, taken: set[int], topic: Sequence[Span]) -> Span | None:
    """Return where a name or quotation stands, without a capitalised word that only opens the question."""
    start = text.find(phrase)
    if start < 0 or not taken.isdisjoint(range(start, start + len(phrase))):
        return None
    end = start + len(phrase)
    opening = re.match(r"\w+\W+", text)
    if start == 0 and opening and Span(0, len(opening.group().rstrip())) not in topic:
        start = opening.end()
    return Span(start, end) if start < end else None


def _window(day: Day) -> Window | None:
    try:
        only = date(day.year or 0, day.month or 0, day.day or 0)
    except ValueError:
        return None
    return Window(only, only, "")


def _file_of(path: str) -> PurePosixPath:
    """Return the file of an article's path, which may go on to a part of that file (`feed.rss/1a2b3c`)."""
    whole = PurePosixPath(path)
    return next((one for one in reversed([whole, *whole.parents]) if one.suffix), whole)


def _stands_in(text: str, name: str) -> bool:
    return name in text and bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text))


def _plain_number(word: str) -> str:
    return word.lstrip("0") or word
