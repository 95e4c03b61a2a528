"""Known questions: what is asked, which characters of which articles are the evidence, what an answer must say."""

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from evals.errors import EvalError
from index.models import Article, Record
from qa.language.terms import fold, terms


class Kind(StrEnum):
    """What makes a question hard; the last four are questions that the articles do not answer."""

    NUMBER = "number"
    NAME = "name"
    DATE = "date"
    QUOTE = "quote"
    CAUSE = "cause"
    LIST = "list"
    PARAPHRASE = "paraphrase"
    TWO_ARTICLES = "two_articles"
    FOLLOW_UP = "follow_up"
    ABSENT_TOPIC = "absent_topic"
    NEAR_MISS = "near_miss"
    WRONG_TIME = "wrong_time"
    PAGE_JUNK = "page_junk"


UNANSWERABLE = frozenset({Kind.ABSENT_TOPIC, Kind.NEAR_MISS, Kind.WRONG_TIME, Kind.PAGE_JUNK})
_Line = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Place(Record):
    """Characters of an article that are evidence; `start` is found when the cases are loaded."""

    path: str
    quote: _Line
    start: int = Field(default=0, ge=0)

    @property
    def end(self) -> int:
        """The offset after the last character of the quote."""
        return self.start + len(self.quote)


Fact = Annotated[tuple[Place, ...], Field(min_length=1, description="places that bear out one fact, each enough")]


class Case(Record):
    """A known question; every fact is needed, and so is one string of every group of `required`."""

    id: _Line
    kind: Kind
    earlier: tuple[_Line, ...] = Field(default=(), description="questions asked before, in the same conversation")
    question: _Line
    evidence: tuple[Fact, ...] = ()
    required: tuple[Annotated[tuple[_Line, ...], Field(min_length=1)], ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the articles answer the question."""
        return self.kind not in UNANSWERABLE

    @property
    def paths(self) -> tuple[str, ...]:
        """The articles of the evidence, in order of first mention."""
        return tuple(dict.fromkeys(place.path for fact in self.evidence for place in fact))

    @model_validator(mode="after")
    def _the_kind_fits(self) -> Self:
        if self.answerable and not (self.evidence and self.required):
            raise ValueError(f"a question of kind {self.kind} needs evidence and required strings; add them")
        if not self.answerable and (self.evidence or self.required):
            raise ValueError(f"a question of kind {self.kind} has no evidence and no required strings; take them out")
        if self.kind is Kind.FOLLOW_UP and not self.earlier:
            raise ValueError("a follow-up needs at least one earlier question; add it")
        if self.kind is Kind.TWO_ARTICLES and set.intersection(
            *({place.path for place in fact} for fact in self.evidence)
        ):
            raise ValueError("one article has evidence for every fact; change the kind, or ask for a fact of another")
        return self


def load_cases(file: Path, articles: Iterable[Article]) -> tuple[Case, ...]:
    """Return the cases of a JSON Lines file, each quote found in its article.

    Raises EvalError, naming file, line and case, when a line is not a case, an id or a question comes twice, or the
    evidence is not what it should be in `articles`.
    """
    by_path = {article.path: article for article in articles}
    cases: list[Case] = []
    seen: dict[str, int] = {}
    for number, line in _lines(file):
        where = f"{file}, line {number}"
        case = _parsed(where, line)
        where = f"{where}, case {case.id!r}"
        for key in (f"id {case.id!r}", f"question {fold(' '.join((*case.earlier, case.question)))!r}"):
            if key in seen:
                raise EvalError(f"{where}: the {key} is in line {seen[key]} already. Change one of them")
            seen[key] = number
        cases.append(_located(where, case, by_path))
    if not cases:
        raise EvalError(f"There is no case in {file}. Write at least one, as in evals/cases.jsonl")
    return tuple(cases)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"The cases {str(file)!r} cannot be read ({error}). Give a file of JSON lines") from None
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())


def _parsed(where: str, line: str) -> Case:
    try:
        fields = json.loads(line)
    except json.JSONDecodeError as error:
        raise EvalError(f"{where}: this is not JSON ({error}). Write one JSON object on the line") from None
    try:
        return Case.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = f", case {fields['id']!r}" if isinstance(fields, dict) and "id" in fields else ""
        field = ".".join(map(str, first["loc"])) or "case"
        reason = first["msg"].removeprefix("Value error, ")
        raise EvalError(f"{where}{name}: {field}: {reason}. Correct the line") from None


def _located(where: str, case: Case, articles: Mapping[str, Article]) -> Case:
    """Return the case with the offsets of its quotes; raise EvalError when the evidence is not sound."""
    evidence = tuple(tuple(_found(where, place, articles) for place in fact) for fact in case.evidence)
    if case.kind is Kind.PARAPHRASE:
        asked = set(terms(case.question))
        for path in case.paths:
            if shared := sorted(asked.intersection(terms(articles[path].text))):
                raise EvalError(f"{where}: {path} has the question's own words {shared}. Say it in other words")
    return case.model_copy(update={"evidence": evidence})


def _found(where: str, place: Place, articles: Mapping[str, Article]) -> Place:
    article = articles.get(place.path)
    if article is None:
        raise EvalError(f"{where}: there is no article {place.path!r}. Index the folder that the cases are about")
    times = article.text.count(place.quote)
    if times != 1:
        raise EvalError(f"{where}: {place.path} has the quote {place.quote!r} {times} times. Quote what it has once")
    start = article.text.index(place.quote)
    left = (
        char for at, char in enumerate(place.quote, start) if not any(first <= at < end for first, end in article.kept)
    )
    if "".join(left).strip():
        raise EvalError(f"{where}: the quote {place.quote!r} of {place.path} is page junk. Quote article text")
    return place.model_copy(update={"start": start})
