"""Read from a question what its articles must have: exact facts such as outlets and days, and words of its topic."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import PurePosixPath

from index.corpus.reading import is_read
from index.models import Span
from qa.language.dates import Day, full_days
from qa.language.terms import fold, names, quotations, terms, words
from qa.question.outlets import places
from qa.question.periods import Window, windows

_WITH_SUFFIX = re.compile(r"(?<![\w.])[\w/-][\w/.-]*\.\w+(?!\w)")


@dataclass(frozen=True)
class Requirements:
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


def requirements_of(text: str, topic: Sequence[Span], outlets: Iterable[str], today: date) -> Requirements:
    """Return what a question requires; `topic` are the words of its topic.

    A word of an outlet, a day or a file name is none of the topic; that of another name is, whatever `topic` says.
    """
    outlet_spans, dated = places(text, outlets), full_days(text)
    used = {index for span in outlet_spans.values() for index in range(*span)}
    used |= {index for day in dated for index in range(day.start, day.end)}
    used |= {index for match in _file_names(text) for index in range(*match.span())}
    phrases = []
    # Quotations go before names: a name inside one is no phrase of its own.
    for phrase in (*quotations(text), *names(text)):
        span = _free_span(text, phrase, used, topic)
        if span and terms(text[span.start : span.end]):
            phrases.append(text[span.start : span.end])
            used |= set(range(*span))
    rest = [text[span.start : span.end] for span in topic if used.isdisjoint(range(*span))]
    periods = windows(text, today)
    bounds = {day for window in periods for day in (window.first, window.last)}
    # A day in words may be the end of a window already ("since 3 May 2024"), and then is none of its own.
    periods += [window for window in map(_window, dated) if window and window.first not in bounds]
    return Requirements(
        outlets=tuple(outlet_spans),
        windows=tuple(periods),
        phrases=tuple(dict.fromkeys(phrases)),
        words=tuple(dict.fromkeys(word for word in rest if terms(word))),
    )


def files_named(text: str, paths: Sequence[str]) -> list[str]:
    """Return the paths of the articles whose file a text names in full, with its suffix."""
    folded = fold(text)
    return [path for path in paths if _stands_in(folded, fold(path)) or _stands_in(folded, fold(_file_of(path).name))]


def file_name_in(text: str) -> str | None:
    """Return the first file name in a text, with a suffix of a format that is read; there need be no such file."""
    return next((match.group() for match in _file_names(text)), None)


def files_meant(text: str, paths: Sequence[str]) -> list[str]:
    """Return the paths whose file names share the rarest words with a text: "file 6" means `06_correction.txt`."""
    parts = {path: name_parts(path) for path in paths}
    frequencies = Counter(chain.from_iterable(parts.values()))
    text_words = set(map(_plain_number, words(fold(text))))
    scores = {}
    for path, of_path in parts.items():
        # Sorted: a sum of floats depends on the order, and equal names must have equal sums.
        rarities = [math.log(len(paths) / frequencies[part]) for part in sorted(of_path & text_words)]
        scores[path] = sum(rarities)
    best = max(scores.values(), default=0.0)
    return [path for path, score in scores.items() if score > 0 and math.isclose(score, best)]


def name_parts(path: str) -> set[str]:
    """Return the words and numbers of a file name, without the zeros that numbers begin with."""
    return set(map(_plain_number, words(fold(_file_of(path).stem).replace("_", " "))))


def words_beyond_name(parts: Sequence[str], path: str) -> list[str]:
    """Return the words that are not merely in the name of a file."""
    of_name = name_parts(path)
    return [part for part in parts if not of_name.issuperset(map(_plain_number, words(fold(part))))]


def _file_names(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _WITH_SUFFIX.finditer(text) if is_read(match.group()))


def _free_span(text: str, phrase: str, used: set[int], topic: Sequence[Span]) -> Span | None:
    """Return where a name or quotation stands, without a capitalised word that only opens the question."""
    start = text.find(phrase)
    if start < 0 or not used.isdisjoint(range(start, start + len(phrase))):
        return None
    end = start + len(phrase)
    opening = re.match(r"\w+\W+", text)
    # "Articles about ..." opens with a capital that is none of a name.
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
    return next((part for part in reversed([whole, *whole.parents]) if is_read(part.name)), whole)


def _stands_in(text: str, name: str) -> bool:
    return name in text and bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text))


def _plain_number(word: str) -> str:
    return word.lstrip("0") or word
