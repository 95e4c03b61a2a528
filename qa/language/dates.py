"""The days that a text names, and those that it means: "yesterday" is reckoned from the article's date."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from qa.language.terms import MONTHS, WEEKDAYS

_MONTH = (
    r"(?P<month>(?:"
    + "|".join(name.title() for name in MONTHS)
    + r")|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1\d{3}|20\d\d)"
_FORMS = [
    re.compile(form)
    for form in (
        r"\b(?P<year>\d{4})-(?P<number>0[1-9]|1[0-2])-(?P<day>[0-3]\d)(?:\b|(?=T\d))",
        rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}\b(?![.,:]?\d)(?:,?\s+{_YEAR}\b)?",
        rf"(?<![\d.,$€£])\b{_DAY}\s+(?:of\s+)?{_MONTH}\b(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b{_MONTH}(?![\w’'-])",
        rf"(?<![\w.,$€£¥₹/-]){_YEAR}\b(?![,.]?\d|\s?(?:%|per ?cent|hundred|thousand|million|billion))",
        rf"\b(?P<weekday>{'|'.join(name.title() for name in WEEKDAYS)})s?\b",
    )
]
# "May" and "March" are words as well: alone they are months only after a preposition of time.
_AMBIGUOUS = re.compile(r"(?:May|March)$")
_IN_TIME = re.compile(
    r"\b(?:in|since|until|till|by|from|to|of|early|late|last|next|this|before|after|during|between|and)\s+$", re.I
)
_REACH = 40
"""So many characters before a month are looked at: all that stand before it take quadratic time in a long text."""
_AGO = re.compile(r"\b(\d{1,3}|a|an|one|two|three|four|five|six|seven|eight|nine|ten)\s+(day|year)s?\s+ago\b", re.I)
_SEASON = re.compile(r"\b(1\d|20)(\d\d)[-–/](\d\d)\b(?![-–/]?\d)")
_DECADE = re.compile(r"(\b[Tt]he (?:(?:early|mid|late)[ -])?(?:1\d|20)\d0)['’]s\b")
_COUNTS = {word: count for count, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}
_RELATIVE = re.compile(r"\b(today|tonight|yesterday|tomorrow|last night|(?:last|this|next) (?:month|year))\b", re.I)
_DAYS_OFF = {"today": 0, "tonight": 0, "yesterday": -1, "last night": -1, "tomorrow": 1}
_STEPS = {"last": -1, "this": 0, "next": 1}


class Day(NamedTuple):
    """A day, a month, a year or a weekday: what is not said is None. `start` and `end` tell where it stands."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    start: int = 0
    end: int = 0

    @property
    def parts(self) -> tuple[int | None, int | None, int | None, int | None]:
        """Year, month, day of the month, weekday (Monday is 0)."""
        return self[:4]


def whole_years(text: str) -> str:
    """Return a text with "2018-2019" for "2018-19", and "the 1990s" for "the 1990's"."""
    return _DECADE.sub(r"\1s", _SEASON.sub(r"\1\2-\1\3", text))


def days(text: str) -> list[Day]:
    """Return the days that a text names, in order; a name inside a longer one is not given again."""
    found: list[Day] = []
    taken: set[int] = set()
    for form in _FORMS:
        for match in form.finditer(text):
            if taken.isdisjoint(range(*match.span())) and _is_time(match):
                found.append(_day(match))
                taken.update(range(*match.span()))
    return sorted(found, key=lambda one: one.start)


def calendar_days(text: str) -> list[Day]:
    """Return the days that a text names, with their year or without."""
    return [one for one in days(text) if one.month and one.day]


def full_days(text: str) -> list[Day]:
    """Return the days that a text names with their year."""
    return [one for one in days(text) if one.year and one.month and one.day]


def without(text: str, some: Sequence[Day]) -> str:
    """Return a text with blanks for some of its days; the text as it is where nothing else would be left."""
    rest = text
    for one in some:
        rest = rest[: one.start] + " " * (one.end - one.start) + rest[one.end :]
    return rest if any(map(str.isalnum, rest)) else text


def meant(text: str, published: Sequence[date]) -> list[Day]:
    """Return the days that a text of one of these dates means without naming them, and the dates themselves."""
    return [one for today in published for one in (*_of(today), *_meant(text, today))]


def agrees(said: Day, held: Sequence[Day]) -> bool:
    """Whether a day is among those held: one of them must share a part, none of its parts may differ.

    What that one leaves open (the year, the weekday) must be said by another that contradicts nothing either.
    """
    fitting = [one for one in map(_with_weekday, held) if not _differ(said, one)]
    wanted = [at for at, part in enumerate(said.parts) if part is not None]
    if said.month and said.day and not any(one.month and one.day for one in fitting):
        return False
    return all(any(one.parts[at] is not None for one in fitting) for at in wanted)


def said_day(day: date | None) -> str:
    """Return a day in words; an empty text for None."""
    return f"{day.day} {day:%B %Y}" if day else ""


def tells_of(text: str, day: Day, published: Sequence[date]) -> bool:
    """Whether a text that was published on one of these dates tells of a day: it names or means it.

    What names other days alone tells of those, whenever it was published.
    """
    named = calendar_days(text)
    held = [*days(text), *meant(text, published)]
    return agrees(day, held) and (not named or any(not _differ(day, other) for other in named))


def _with_weekday(one: Day) -> Day:
    if one.year and one.month and one.day:
        try:
            return one._replace(weekday=date(one.year, one.month, one.day).weekday())
        except ValueError:
            return one
    return one


def _differ(one: Day, other: Day) -> bool:
    return any(
        mine is not None and yours is not None and mine != yours
        for mine, yours in zip(one.parts, other.parts, strict=True)
    )


def _is_time(match: re.Match[str]) -> bool:
    return not _AMBIGUOUS.match(match.group()) or bool(
        _IN_TIME.search(match.string, max(0, match.start() - _REACH), match.start())
    )


def _day(match: re.Match[str]) -> Day:
    said = match.groupdict()
    year, day = (int(said[part]) if said.get(part) else None for part in ("year", "day"))
    month = int(said["number"]) if said.get("number") else None
    if name := said.get("month"):
        month = next(at for at, full in enumerate(MONTHS, 1) if full.startswith(name.lower()[:3]))
    weekday = WEEKDAYS.index(said["weekday"].lower()) if said.get("weekday") else None
    return Day(year, month, day, weekday, match.start(), match.end())


def _of(day: date, off: int = 0) -> list[Day]:
    """Return the day so many days after a date; none where the calendar ends: "0001-01-01" stands for no date."""
    try:
        day += timedelta(days=off)
    except OverflowError:
        return []
    return [Day(day.year, day.month, day.day, day.weekday())]


def _meant(text: str, today: date) -> Iterator[Day]:
    for match in _RELATIVE.finditer(text):
        words = match.group().lower()
        if words in _DAYS_OFF:
            yield from _of(today, _DAYS_OFF[words])
            continue
        step, unit = words.split()
        months = today.year * 12 + today.month - 1 + _STEPS[step]
        yield Day(today.year + _STEPS[step]) if unit == "year" else Day(months // 12, months % 12 + 1)
    for match in _AGO.finditer(text):
        count, unit = match.group(1).lower(), match.group(2).lower()
        number = int(count) if count.isdigit() else _COUNTS.get(count, 1)
        yield from [Day(today.year - number)] if unit == "year" else _of(today, -number)
    for one in days(text):
        if one.weekday is not None and one.day is None:  # the one before the article and the one after
            back = (today.weekday() - one.weekday) % 7
            yield from (*_of(today, -back), *_of(today, 7 - back))
        elif one.month and one.year is None:
            yield from (one._replace(year=today.year + off) for off in (-1, 0, 1))
