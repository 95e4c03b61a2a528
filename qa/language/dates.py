"""The days that a text names, and those that it implies: "yesterday" is reckoned from the article's date."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

MONTHS = tuple("january february march april may june july august september october november december".split())
WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
COUNT_WORDS = {word: count for count, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}
_MONTH = (
    r"(?P<month>(?:"
    + "|".join(name.title() for name in MONTHS)
    + r")|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1\d{3}|20\d\d)"
# The longest forms come first: what one of them has taken, the ones below leave alone.
_FORMS = [
    re.compile(form)
    for form in (
        r"\b(?P<year>\d{4})-(?P<number>0[1-9]|1[0-2])-(?P<day>[0-3]\d)(?:\b|(?=T\d))",
        rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}\b(?![.,:]?\d)(?:,?\s+{_YEAR}\b)?",
        rf"(?<![\d.,$€£])\b{_DAY}\s+(?:of\s+)?{_MONTH}\b(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b{_MONTH}(?![\w’'-])",
        # A year is no sum of money, no share and no part of a longer number.
        rf"(?<![\w.,$€£¥₹/-]){_YEAR}\b(?![,.]?\d|\s?(?:%|per ?cent|hundred|thousand|million|billion))",
        rf"\b(?P<weekday>{'|'.join(map(str.title, WEEKDAYS))})s?\b",
    )
]
# "May" and "March" are words as well: alone they are months only after a preposition of time.
_AMBIGUOUS = re.compile(r"(?:May|March)$")
_IN_TIME = re.compile(
    r"\b(?:in|since|until|till|by|from|to|of|early|late|last|next|this|before|after|during|between|and)\s+$", re.I
)
_REACH = 40
"""Characters before a month that are read: all of them would take quadratic time in a long text."""
_AGO = re.compile(rf"\b(\d{{1,3}}|an?|{'|'.join(COUNT_WORDS)})\s+(day|year)s?\s+ago\b", re.I)
_SEASON = re.compile(r"\b(1\d|20)(\d\d)[-–/](\d\d)\b(?![-–/]?\d)")
_DECADE = re.compile(r"(\b[Tt]he (?:(?:early|mid|late)[ -])?(?:1\d|20)\d0)['’]s\b")
_RELATIVE = re.compile(r"\b(today|tonight|yesterday|tomorrow|last night|(?:last|this|next) (?:month|year))\b", re.I)
_DAYS_OFF = {"today": 0, "tonight": 0, "yesterday": -1, "last night": -1, "tomorrow": 1}
_STEPS = {"last": -1, "this": 0, "next": 1}


class Day(NamedTuple):
    """A day, a month, a year or a weekday, at `start:end` of a text; parts that the text does not give are None."""

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
    named: list[Day] = []
    taken: set[int] = set()
    for form in _FORMS:
        for match in form.finditer(text):
            if taken.isdisjoint(range(*match.span())) and _is_time(match):
                named.append(_day(match))
                taken.update(range(*match.span()))
    return sorted(named, key=lambda day: day.start)


def calendar_days(text: str) -> list[Day]:
    """Return the days that a text names, with their year or without."""
    return [day for day in days(text) if day.month and day.day]


def full_days(text: str) -> list[Day]:
    """Return the days that a text names with their year."""
    return [day for day in calendar_days(text) if day.year]


def without_days(text: str, some: Sequence[Day]) -> str:
    """Return a text with blanks for some of its days; unchanged where nothing else would be left."""
    rest = text
    for day in some:
        rest = rest[: day.start] + " " * (day.end - day.start) + rest[day.end :]
    return rest if any(map(str.isalnum, rest)) else text


def implied_days(text: str, published: Sequence[date]) -> list[Day]:
    """Return the dates of publication of a text, and the days that it implies by them without naming them."""
    return [day for today in published for day in (*_of(today), *_implied(text, today))]


def agrees(day: Day, known: Sequence[Day]) -> bool:
    """Return whether a day is among known ones: one of them shares a part, and none of its parts differs.

    What that one leaves open (the year, the weekday) must be in another that contradicts nothing either.
    """
    fitting = [other for other in map(_with_weekday, known) if not _differ(day, other)]
    # Not a month from one date and a day of the month from another: both must stand in one.
    if day.month and day.day and not any(other.month and other.day for other in fitting):
        return False
    for index, part in enumerate(day.parts):
        if part is not None and all(other.parts[index] is None for other in fitting):
            return False
    return True


def day_text(day: date | None) -> str:
    """Return a day in words; an empty text for None."""
    return f"{day.day} {day:%B %Y}" if day else ""


def period_text(first: date, last: date) -> str:
    """Return days of publication in words."""
    if first == last:
        return f"on {day_text(first)}"
    if first == date.min:
        return f"until {day_text(last)}"
    if last == date.max:
        return f"since {day_text(first)}"
    return f"from {day_text(first)} to {day_text(last)}"


def tells_of(text: str, day: Day, published: Sequence[date]) -> bool:
    """Return whether a text that was published on one of these dates tells of a day: it names or implies it.

    A text that names other days alone tells of those, whenever it was published.
    """
    named = calendar_days(text)
    known = [*days(text), *implied_days(text, published)]
    # A text that names days does not tell of the day on which it was published as well.
    return agrees(day, known) and (not named or any(not _differ(day, other) for other in named))


def _with_weekday(day: Day) -> Day:
    try:
        return day._replace(weekday=date(day.year or 0, day.month or 0, day.day or 0).weekday())
    except ValueError:  # a part is not given, or there is no such day
        return day


def _differ(day: Day, other: Day) -> bool:
    pairs = zip(day.parts, other.parts, strict=True)
    return any(part is not None and of_other is not None and part != of_other for part, of_other in pairs)


def _is_time(match: re.Match[str]) -> bool:
    # Only a month that stands alone is in doubt: "May 3" is a day.
    return not _AMBIGUOUS.match(match.group()) or bool(
        _IN_TIME.search(match.string, max(0, match.start() - _REACH), match.start())
    )


def _day(match: re.Match[str]) -> Day:
    groups = match.groupdict()
    year, month, day = (int(groups[part]) if groups.get(part) else None for part in ("year", "number", "day"))
    if name := groups.get("month"):
        month = next(number for number, full in enumerate(MONTHS, 1) if full.startswith(name.lower()[:3]))
    weekday = WEEKDAYS.index(groups["weekday"].lower()) if groups.get("weekday") else None
    return Day(year, month, day, weekday, match.start(), match.end())


def _of(day: date, off: int = 0) -> list[Day]:
    """Return the day so many days after a date; none where the calendar ends: "0001-01-01" stands for no date."""
    try:
        day += timedelta(days=off)
    except OverflowError:
        return []
    return [Day(day.year, day.month, day.day, day.weekday())]


def _implied(text: str, today: date) -> Iterator[Day]:
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
        number = int(count) if count.isdigit() else COUNT_WORDS.get(count, 1)
        yield from [Day(today.year - number)] if unit == "year" else _of(today, -number)
    for day in days(text):
        if day.weekday is not None and day.day is None:  # the one before the article and the one after
            back = (today.weekday() - day.weekday) % 7
            yield from (*_of(today, -back), *_of(today, 7 - back))
        elif day.month and day.year is None:
            # Without a year a date is near the article's: around New Year it may be of the year before or after.
            yield from (day._replace(year=today.year + off) for off in (-1, 0, 1))
