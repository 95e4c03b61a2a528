"""Check a statement against the very text it cites: a guard on facts, then a score for the rest."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from index.embedding import Embedder
from qa.evidence import EvidenceSentence
from qa.models import Support
from qa.terms import MONTHS, WEEKDAYS, Figure, figures, fold, names, quotations, stem, terms, words

_SUPPORTED = 0.6
_PARTLY = 0.4
_SIMILARITY_WEIGHT = 0.5
_MIN_QUOTED_WORDS = 2
_MIN_AKIN = 4
_PEOPLE_ENDINGS = frozenset({"i", "n", "an", "ian", "is", "ns", "ans", "ians", "istan"})
_MIN_CLAIM_TERMS = 4
_DATE_WORDS = {*MONTHS, *WEEKDAYS}


class Verdict(NamedTuple):
    """Whether the cited text bears a statement out, and if not, why."""

    support: Support
    problems: tuple[str, ...] = ()


class Grounder:
    """Judges statements; needs an embedder for what words alone do not show."""

    def __init__(self, embedder: Embedder) -> None:
        """Use `embedder` for the similarity of a statement and its cited text."""
        self._embedder = embedder

    def judge(self, statement: str, cited: Sequence[EvidenceSentence]) -> Verdict:
        """Return the verdict on a statement, given without markers, against the sentences it cites."""
        if not cited:
            if _claims_nothing(statement):
                return Verdict(Support.NO_CLAIM)
            return Verdict(Support.UNSUPPORTED, ("It cites no sentence of the articles.",))
        text = " ".join(sentence.text for sentence in cited)
        if _normal(statement) in _normal(text) and not _missing_figures(statement, text, "", ()):
            return Verdict(Support.SUPPORTED)
        if problems := tuple(guard(statement, text, _about(cited), _dates(cited))):
            return Verdict(Support.UNSUPPORTED, problems)
        score = self._likeness(statement, text)
        if score >= _SUPPORTED:
            return Verdict(Support.SUPPORTED)
        problem = ("The cited text says only a part of this.", "The cited text does not say this.")
        return Verdict(Support.PARTLY, problem[:1]) if score >= _PARTLY else Verdict(Support.UNSUPPORTED, problem[1:])

    def score(self, statement: str, cited: Sequence[EvidenceSentence]) -> float:
        """Return how well the cited text bears a statement out, from 0 to 1; 0 with a fact that it does not hold."""
        text = " ".join(sentence.text for sentence in cited)
        if guard(statement, text, _about(cited), _dates(cited)):
            return 0.0
        return max(0.0, min(1.0, self._likeness(statement, text)))

    def _likeness(self, statement: str, text: str) -> float:
        wanted, held = set(terms(statement)), set(terms(text))
        recall = len(wanted & held) / len(wanted) if wanted else 1.0
        one, other = self._embedder.embed([statement, text])
        return (1 - _SIMILARITY_WEIGHT) * recall + _SIMILARITY_WEIGHT * float(one @ other)


def guard(statement: str, cited: str, about: str = "", published: Sequence[date] = ()) -> list[str]:
    """Return a problem for each figure, date, name or quotation of a statement that its cited text does not hold.

    `about` is what is known of the cited articles (headline, outlet, author); `published` are their dates, against
    which weekdays are resolved.
    """
    return [
        *(_not_in(found, "cited text") for found in _missing_figures(statement, cited, about, published)),
        *(_not_in(found, "cited text") for found in _missing_dates(statement, cited, published)),
        *(_not_in(found, "cited text") for found in _missing_names(statement, f"{cited} {about}")),
        *(_not_in(f"“{found}”", "cited text, word for word") for found in _missing_quotations(statement, cited)),
    ]


def _not_in(found: str, where: str) -> str:
    return f"{found} is not in the {where}."


def _missing_figures(statement: str, cited: str, about: str, published: Sequence[date]) -> list[str]:
    held = figures(f"{cited} . {about}")
    calendar = {float(part) for day in published for part in (day.year, day.day)}
    return [
        statement[figure.start : figure.end].strip()
        for figure in figures(statement)
        if not any(_same(figure, other) for other in held) and figure.value not in calendar
        # "one of the officials" counts nothing.
        if fold(statement[figure.start : figure.end]).strip() != "one"
    ]


def _same(one: Figure, other: Figure) -> bool:
    return one.value == other.value and (one.unit == other.unit or "percent" not in (one.unit, other.unit))


def _missing_dates(statement: str, cited: str, published: Sequence[date]) -> list[str]:
    held = set(map(fold, words(cited)))
    for day in published:
        week = (day - timedelta(days=back) for back in range(7))
        held |= {WEEKDAYS[one.weekday()] for one in week} | {MONTHS[day.month - 1]}
    named = [word for word in words(statement) if word[0].isupper() and fold(word) in _DATE_WORDS]
    return [word for word in dict.fromkeys(named) if fold(word) not in held and fold(word)[:3] not in held]


def _missing_names(statement: str, held: str) -> list[str]:
    stems = {stem(word) for word in words(held)}
    capitals = {fold(word).removesuffix("'s") for word in words(held) if word[0].isupper()}
    initials = {"".join(word[0] for word in name.split() if word[0].isupper()).lower() for name in names(held)}
    return [
        name
        for name in dict.fromkeys(names(statement))
        if not all(
            stem(word) in stems
            or stem(word) in initials
            or fold(word) in _DATE_WORDS
            or any(_akin(fold(word), other) for other in capitals)
            for word in words(name)
        )
    ]


def _akin(one: str, other: str) -> bool:
    """Whether one of two folded names is a country and the other its people: Pakistan, Pakistani; Iran, Iranian."""
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _MIN_AKIN and longer.startswith(shorter) and longer[len(shorter) :] in _PEOPLE_ENDINGS


def _missing_quotations(statement: str, cited: str) -> list[str]:
    held = _letters(cited)
    return [
        quotation
        for quotation in quotations(statement)
        if len(quotation.split()) >= _MIN_QUOTED_WORDS and _letters(quotation) not in held
    ]


def _letters(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", fold(text)))


def _normal(text: str) -> str:
    return " ".join(fold(text).split())


def _claims_nothing(statement: str) -> bool:
    return not figures(statement) and not names(statement) and len(terms(statement)) < _MIN_CLAIM_TERMS


def _about(cited: Sequence[EvidenceSentence]) -> str:
    hits = [sentence.hit for sentence in cited]
    return " . ".join(part for hit in hits for part in (hit.headline, hit.outlet, hit.author) if part)


def _dates(cited: Sequence[EvidenceSentence]) -> list[date]:
    return [sentence.hit.published for sentence in cited if sentence.hit.published]
