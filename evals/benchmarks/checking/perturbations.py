"""Rules that make a true statement false: a number, a date, a name, a quoted word changed, a negation put in or out.

What is put in is drawn by chance with a seed, and stands nowhere in the passage: a changed statement is another claim.
"""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

_MONTHS = tuple("January February March April May June July August September October November December".split())
_WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
_COUNTS = tuple("two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty".split())
_NUMBER = re.compile(rf"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w]|[.,]\d)|\b(?:{'|'.join(_COUNTS)})\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b(?![,.]?\d|\s?(?:%|per))")
_DAY_OF_MONTH = re.compile(
    rf"\b(?:(?P<month>{'|'.join(_MONTHS)}) (?P<day>[0-3]?\d)\b|(?P<day2>[0-3]?\d) (?:{'|'.join(_MONTHS)}))\b"
)
_IN_MONTH = re.compile(rf"(?<=\b[io]n )(?:{'|'.join(_MONTHS)})\b|\b(?:{'|'.join(_MONTHS)})(?= \d)")
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_WEEKDAYS)})\b")
_CAPITALS = re.compile(r"\b[A-Z][a-z]+(?:[ ][A-Z][a-z]+)*\b(?![’'-]\w)")
_NEGATED = re.compile(r"\b(is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|must)( not\b|n['’]t\b)")
_PLAIN = re.compile(r"\b(is|are|was|were|has|have|had|will|would|can|could|should|must|did|does)\b(?! not| n['’]t)")
_QUOTED = re.compile(r"(?<![^\s(])(?:“([^“”\"]{12,})”|\"([^“”\"\s][^“”\"]{10,}[^“”\"\s])\")(?!\w)")
_WORD = re.compile(r"[^\W\d_]{4,}")


class Chance:
    """What the rules draw from: a seeded generator, and the names and words of other passages."""

    def __init__(self, texts: Iterable[str], seed: int = 0) -> None:
        """Gather names (capitalised inside a sentence, lower case nowhere) and words of the texts."""
        self._random = random.Random(seed)
        every = list(texts)
        lower = {word for text in every for word in re.findall(r"\b[a-z]+\b", text)}
        inside = {match.group() for text in every for match in re.finditer(r"(?<=[a-z,] )[A-Z][a-z]+\b", text)}
        self.known = {word for word in inside if word.lower() not in lower} - {*_MONTHS, *_WEEKDAYS}
        found = {match.group() for text in every for match in _CAPITALS.finditer(text)}
        self.names = sorted(name for name in found if self.is_name(name))
        self.words = sorted({word for text in every for word in _WORD.findall(text) if word.islower()})

    def is_name(self, run: str) -> bool:
        """Whether a run of capitalised words is made of known names."""
        return all(word in self.known for word in run.split())

    def pick(self, options: Sequence[str]) -> str | None:
        """Return one of the options; None when there are none."""
        return self._random.choice(options) if options else None

    def other(self, options: Sequence[str], passage: str, tries: int = 50) -> str | None:
        """Return an option no word of which stands in the passage."""
        held = {word.lower() for word in re.findall(r"[\w.,]*\w", passage)}
        for _ in range(tries):
            option = self.pick(options)
            if option and not any(word.lower() in held for word in option.split()):
                return option
        return None

    def match(self, form: re.Pattern[str], text: str) -> re.Match[str] | None:
        """Return one of the places where a form fits."""
        places = list(form.finditer(text))
        return self._random.choice(places) if places else None

    def digits(self, number: str) -> str:
        """Return a number of the same shape with one digit changed; the first does not become 0."""
        places = [at for at, char in enumerate(number) if char.isdigit()]
        at = self._random.choice(places)
        return number[:at] + self._random.choice([one for one in "123456789" if one != number[at]]) + number[at + 1 :]


Rule = Callable[[str, str, Chance], str | None]


class Changed(NamedTuple):
    """A statement, what a rule made of it, and the passage that bears out the first."""

    statement: str
    changed: str
    passage: str


def number(statement: str, passage: str, chance: Chance) -> str | None:
    """Change one number that is no date, in digits or in words."""
    dates = [match.span() for form in (_YEAR, _DAY_OF_MONTH) for match in form.finditer(statement)]
    places = [
        match
        for match in _NUMBER.finditer(statement)
        if not any(start <= match.start() < end for start, end in dates) and match.group() != "0"
    ]
    if not places:
        return None
    at = places[int(chance.digits("1" * 3)) % len(places)]
    written = at.group()
    options = [chance.digits(written) for _ in range(20)] if written[0].isdigit() else _COUNTS
    new = chance.other(options, passage)
    return _put(statement, at.span(), new)


def date(statement: str, passage: str, chance: Chance) -> str | None:
    """Change a year by up to nine, a month, a day of the month or a weekday."""
    if at := chance.match(_DAY_OF_MONTH, statement):
        span = at.span("day") if at["day"] else at.span("day2")
        return _put(statement, span, chance.other([str(day) for day in range(1, 29)], passage))
    if at := chance.match(_YEAR, statement):
        years = [str(int(at.group()) + off) for off in range(-9, 10) if off]
        return _put(statement, at.span(), chance.other(years, passage))
    for form, names in ((_IN_MONTH, _MONTHS), (_WEEKDAY, _WEEKDAYS)):
        if at := chance.match(form, statement):
            return _put(statement, at.span(), chance.other(names, passage))
    return None


def name(statement: str, passage: str, chance: Chance) -> str | None:
    """Put a name of another passage, of as many words, for a name that the passage holds."""
    runs = [run for run in _CAPITALS.finditer(statement) if chance.is_name(run.group()) and run.group() in passage]
    if not runs:
        return None
    at = runs[int(chance.digits("1" * 3)) % len(runs)]
    alike = [one for one in chance.names if one.count(" ") == at.group().count(" ")]
    return _put(statement, at.span(), chance.other(alike, passage))


def negation(statement: str, _passage: str, chance: Chance) -> str | None:
    """Take a "not" out, or put one in after an auxiliary verb; nothing where the statement has another negation."""
    if at := chance.match(_NEGATED, statement):
        return _put(statement, at.span(2), "")
    if re.search(r"\b(?:not|no|never|none|nor|neither|nothing|without)\b|n['’]t\b", statement, re.IGNORECASE):
        return None
    at = chance.match(_PLAIN, statement)
    return _put(statement, (at.end(), at.end()), " not") if at else None


def quotation(statement: str, passage: str, chance: Chance) -> str | None:
    """Change one word inside quotation marks."""
    quoted = chance.match(_QUOTED, statement)
    at = chance.match(_WORD, quoted[1] or quoted[2]) if quoted else None
    if not quoted or not at:
        return None
    start = quoted.start(1 if quoted[1] else 2)
    return _put(statement, (start + at.start(), start + at.end()), chance.other(chance.words, passage))


QUOTATION = "quotation altered"
RULES: Mapping[str, Rule] = {
    "number changed": number,
    "date shifted": date,
    "name swapped": name,
    "negation flipped": negation,
    QUOTATION: quotation,
}


def changed(pairs: Iterable[tuple[str, str]], rule: Rule, chance: Chance, most: int) -> list[Changed]:
    """Return the first `most` of the statements that a rule can change, with what it makes of them."""
    found: list[Changed] = []
    for statement, passage in pairs:
        new = rule(statement, passage, chance)
        if new is not None and new != statement:
            found.append(Changed(statement, new, passage))
            if len(found) == most:
                break
    return found


def _put(text: str, span: tuple[int, int], new: str | None) -> str | None:
    return None if new is None else text[: span[0]] + new + text[span[1] :]
