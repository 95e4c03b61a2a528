"""The kind of thing a question asks for, and whether a sentence holds one."""

import re
from enum import StrEnum

from qa.terms import MONTHS, WEEKDAYS, Figure, figures, fold, names, people, terms


class Kind(StrEnum):
    """What a question asks for."""

    COUNT = "count"
    SHARE = "share"
    AMOUNT = "amount"
    MONEY = "money"
    DURATION = "duration"
    AGE = "age"
    DATE = "date"
    YEAR = "year"
    PERSON = "person"
    PLACE = "place"
    QUOTATION = "quotation"
    CAUSE = "cause"
    POLAR = "polar"
    OTHER = "other"


_ASKED = (
    (
        Kind.POLAR,
        r"^\s*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b"
        r"(?!.*\b(?:who|whom|whose|what|when|where|why|how|which)\b)",
    ),
    (Kind.SHARE, r"\b(?:what|how many) (?:percentage|percent|per cent|share|proportion|fraction)\b"),
    (Kind.AGE, r"\bhow old\b|\b(?:what|which) age\b"),
    (Kind.DURATION, r"\bhow (?:long|many (?:years|months|weeks|days|hours|decades))\b(?! ago)"),
    # A "price" may be a man's name unless it begins with a small letter.
    (
        Kind.MONEY,
        r"\bhow much (?:money|cash|funding)\b|\b(?-i:costs?|price|salary)\b|\b(?:sum|amount)s?\b",
    ),
    (
        Kind.COUNT,
        r"\bhow many\b|\bwhat (?:is|was) the (?:(?:total|estimated) )?(?:number of|population)\b",
    ),
    (Kind.AMOUNT, r"\bhow much\b"),
    (Kind.YEAR, r"\b(?:what|which) year\b"),
    (Kind.DATE, r"(?:^|,\s*|\band )when\b|\b(?:what|which) (?:date|day|month|time)\b|\bhow (?:recently|long ago)\b"),
    (Kind.CAUSE, r"\bwhy\b|^(?:over|for) what\b|\b(?:for )?what reasons?\b|\bwhat (?:caused|prompted|led to|made)\b"),
    (
        Kind.PLACE,
        r"\bwhere\b|\b(?:what|which) (?:city|town|country|place|province|prison|jail|venue|location|headquarters)\b",
    ),
    (
        Kind.QUOTATION,
        r"\b(?:what|how) (?:exactly )?(?:did|does|do|was|were) .*\b(?:say|said|tell|told|respond|answer|react|comment"
        r"|put it|describe)\b|\bquote\b|\b(?:exact|own) words\b|\bword for word\b",
    ),
    (
        Kind.PERSON,
        r"\bwho(?:m|se|'s|’s)?\b|\b(?:what|which) (?:person|man|woman|official|minister|ambassador|general)\b",
    ),
)
# "may" and "march" are verbs unless they begin with a capital.
_DATE_NAMES = "|".join(f"(?-i:{name.title()})" if name in ("may", "march") else name for name in (*MONTHS, *WEEKDAYS))
_YEAR = re.compile(
    r"\b(?:1\d|20)\d\ds?\b|\b\d[\d,]{0,11} ?(?:BCE?|CE|AD|BP)\b|\bAD \d+"
    r"|\b(?i:in|from|until|since|around|circa) [1-9]\d\d\b"
)
_DATE = re.compile(
    rf"\b(?:{_DATE_NAMES}|today|yesterday|tomorrow|tonight|\d+ years ago|(?:\d+(?:st|nd|rd|th)|\w+th) centur(?:y|ies)"
    r"|(?:this|last|next|earlier this|later this) (?:week|month|year|summer|winter|spring|autumn|fall))\b",
    re.IGNORECASE,
)
_DURATION = re.compile(r"\b(?:year|month|week|day|hour|minute|decade)s?\b", re.IGNORECASE)
_SINCE = re.compile(rf"\b(?:since|until|till) (?:\w+ )?(?:\d{{1,2}} )?(?:{_DATE_NAMES}|\d{{4}})\b", re.IGNORECASE)
_AGE = re.compile(
    r"\b(?:aged|age|turn(?:s|ed|ing)?)(?: of)? \d|-year-old\b|\byears old\b|[A-Z]\w+, \d{1,3}(?:,|\.$| and )"
    r"|[A-Z]\w+ \(\d{1,3}\)|\b(?:born|built|completed|founded|established|dat(?:es|ing))\b[^.;]{0,80}?\b\d{4}\b"
)
_YEARS = range(1900, 2101)
_DAY_OF_MONTH = re.compile(rf"(?:{'|'.join(MONTHS)}),?\s*$")
_ONE_OF = re.compile(r"\bone of (?:its|our|the|their|these|those)\s*$", re.IGNORECASE)
_RATE = re.compile(r" ?/ ?[a-z]|(?: [\w'’-]+){0,3} (?:per|(?:for )?(?:each|every))\b(?! cent)")
_PLACE_IN_ROW = re.compile(r"(?:st|nd|rd|th)\b")
_REACH = 40
"""So many characters before a figure are looked at: all that stand before it take quadratic time in a long text."""
_FRACTION = re.compile(r"\b(?:half|halves|a third|two thirds|a quarter|three quarters)\b", re.IGNORECASE)
_SEVERAL = re.compile(
    r"^\s*(?:please )?list\b|\bevery\b|\ball (?:the|of)\b|\b(?:what|which) (?:two|three|four|five)\b|\bwhat are the\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[“”\"]")
_BECAUSE = re.compile(
    r"\b(?:because|due to|owing to|over|after|amid|in light of|as a result|so that|in order to|to (?:ensure|protect"
    r"|improve|counter|eliminate|prevent|help|strengthen|enhance|combat)|aims? to|concerns?)\b",
    re.IGNORECASE,
)

_HOLDS = {Kind.AGE: _AGE, Kind.YEAR: _YEAR, Kind.QUOTATION: _QUOTED, Kind.CAUSE: _BECAUSE}


def asks_for_several(question: str) -> bool:
    """Whether a question asks for a list."""
    return bool(_SEVERAL.search(question))


def kind_of(question: str) -> Kind:
    """Return the kind of thing that a question, or a part of one, asks for."""
    return next((kind for kind, pattern in _ASKED if re.search(pattern, question, re.IGNORECASE)), Kind.OTHER)


def fits(sentence: str, kind: Kind, asked: frozenset[str]) -> bool | None:
    """Whether a sentence holds a thing of the kind; None where any sentence might.

    `asked` are the stems of the question: a person or place that it names itself is not what it asks for.
    """
    if kind in (Kind.COUNT, Kind.SHARE, Kind.AMOUNT):
        return bool(counts(sentence, kind) or _FRACTION.search(sentence))
    if kind is Kind.MONEY:
        return any(figure.unit == "money" for figure in figures(sentence))
    if kind is Kind.DURATION:
        return bool((_DURATION.search(sentence) and counts(sentence, kind)) or _SINCE.search(sentence))
    if kind is Kind.DATE:
        return bool(_DATE.search(sentence) or _YEAR.search(sentence))
    if kind is Kind.PERSON:
        return any(not asked.issuperset(terms(person)) for person in people(sentence))
    if kind is Kind.PLACE:
        return any(not asked.issuperset(terms(name)) for name in names(sentence))
    return bool(_HOLDS[kind].search(sentence)) if kind in _HOLDS else None


def counts(text: str, kind: Kind) -> list[Figure]:
    """Return the figures of a text that count something: not years, not days of a month, not places in a row ("15th").

    How many there are is no share, no rate ("300 people per square mile") and not the whole that one is part of ("one
    of the sixteen"), and is told to one decimal at most: more have places on a map and areas.
    """
    return [
        figure
        for figure in figures(text)
        if not (figure.unit == "" and figure.value in _YEARS and "," not in text[figure.start : figure.end])
        and not _DAY_OF_MONTH.search(fold(text[max(0, figure.start - _REACH) : figure.start]))
        and not _PLACE_IN_ROW.match(text, figure.end)
        and (kind is not Kind.COUNT or _is_count(figure, text))
    ]


def _is_count(figure: Figure, text: str) -> bool:
    if figure.unit == "percent" or round(figure.value, 1) != figure.value:
        return False
    before = text[max(0, figure.start - _REACH) : figure.start]
    one_of = figure.value == 1 and text[figure.end :].startswith(" of ")
    return not one_of and not _ONE_OF.search(before) and not _RATE.match(text, figure.end)
