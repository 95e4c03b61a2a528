"""The records of a question's way to its answer; validators enforce the invariants of an answer."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from index.models import ListedArticle, Passage, Record, Scope, Since
from qa.models.markers import markers_in

EXTRACTIVE = "extractive"
"""The name in place of the model of an answer that quotes the articles: no model wrote it."""


class Turn(Record):
    """An earlier question of a conversation and the answer it got."""

    question: str
    answer: str = ""


class Wishes(Record):
    """Wishes for a model's reply, of the person who asks or of a step; quotes of articles do not heed them."""

    style: str = Field(default="", description="how to write, in words; it changes no rule of the answer")
    temperature: float | None = Field(default=None, ge=0, le=2, description="in place of the service's own")
    max_tokens: int | None = Field(default=None, ge=1, description="of the reply, if fewer than the service's own")
    shape: type[BaseModel] | None = Field(default=None, description="of the reply, as JSON, from a model that has it")


NO_WISHES = Wishes()


class Hit(Record):
    """A passage with its scores, and what is known about its article."""

    passage: Passage
    score: float = Field(description="fused rank score, comparable within one question only")
    similarity: float = Field(description="cosine similarity of passage and question")
    lexical: float = Field(default=0.0, description="BM25 score")
    headline: str | None = None
    outlet: str | None = None
    author: str | None = None
    published: date | None = None
    url: str | None = Field(default=None, description="of the original, as the article names it")
    story: str = ""
    also_in: tuple[str, ...] = Field(default=(), description="other articles of the same story")
    cut_off: bool = Field(default=False, description="whether the file holds only the beginning of the article")
    since: Since | None = Field(default=None, description="what became of the file since it was indexed; None: nothing")


class Support(StrEnum):
    """The verdict on whether the cited text bears out a statement.

    `unchecked`: only its figures, dates and names are checked; the rest is not, or not yet.
    """

    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"
    NO_CLAIM = "no_claim"
    UNCHECKED = "unchecked"


class ProblemCode(StrEnum):
    """The problem of a statement, or why it is not checked further.

    `figure`, `date`, `name`, `quotation`: it has one that stands nowhere in the text. `not_cited`: it cites no text;
    `unrelated`: the text is about something else. `partly`, `not_borne_out`: a model that read the text says so.
    `pending`: a model is reading it; `not_judged`: no model has. `cited_elsewhere`: sentences that it does not cite
    bear it out.
    """

    FIGURE = "figure"
    DATE = "date"
    NAME = "name"
    QUOTATION = "quotation"
    NOT_CITED = "not_cited"
    UNRELATED = "unrelated"
    PARTLY = "partly"
    NOT_BORNE_OUT = "not_borne_out"
    PENDING = "pending"
    NOT_JUDGED = "not_judged"
    CITED_ELSEWHERE = "cited_elsewhere"


HARD = frozenset({ProblemCode.FIGURE, ProblemCode.DATE, ProblemCode.NAME, ProblemCode.QUOTATION})
"""Problems with facts that stand nowhere in the text: no second look changes that."""


class Problem(Record):
    """Why a statement is not, or not yet, known to be borne out: a code for programs, a sentence for people."""

    code: ProblemCode
    text: str

    def __str__(self) -> str:
        """Return the sentence."""
        return self.text


class Citation(Record):
    """What a marker resolves to: the exact characters of one file as indexed; `quote == article.text[start:end]`."""

    marker: int = Field(ge=1)
    path: str
    headline: str | None = None
    outlet: str | None = None
    published: date | None = None
    speaker: str | None = Field(default=None, description="who says it, in a transcript")
    start: int = Field(ge=0)
    end: int
    quote: str = Field(min_length=1)
    passage_id: str
    also_in: tuple[str, ...] = ()
    since: Since | None = Field(default=None, description="what became of the file since it was indexed; None: nothing")

    @model_validator(mode="after")
    def _the_quote_is_as_long_as_its_span(self) -> Self:
        if self.end - self.start != len(self.quote):
            raise ValueError(f"citation [{self.marker}]: {self.start}:{self.end} is not as long as its quote")
        return self


class Statement(Record):
    """One sentence of an answer, the unit of attribution (ALCE, Gao et al. 2023, arXiv 2305.14627)."""

    text: str = Field(min_length=1)
    start: int = Field(ge=0, description="offset into the answer's text")
    end: int
    markers: tuple[int, ...] = ()
    support: Support
    problems: tuple[Problem, ...] = Field(default=(), description="why, each with a code and a plain sentence")


class Usage(Record):
    """Tokens and cost of the model calls of one answer; zero and None for the extractive writer."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = Field(default=None, description="US dollars; None when the price is not known")

    def __add__(self, other: "Usage") -> "Usage":
        """Return the sum; its cost is None where that of a call is not known."""
        # A call without tokens has no price to know.
        calls = [usage for usage in (self, other) if usage.prompt_tokens or usage.completion_tokens]
        costs = [usage.cost for usage in calls]
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost=None if None in costs or not costs else sum(cost for cost in costs if cost is not None),
        )


class Status(StrEnum):
    """Whether the articles answer the question.

    `partial`: something is missing, or no statement is borne out. `nearest`: the quotes may be no answer; only without
    a model. `declined`: the model's words cite and name nothing of what it was shown; a refusal as a rule.
    """

    ANSWERED = "answered"
    PARTIAL = "partial"
    NEAREST = "nearest"
    DECLINED = "declined"
    NOT_IN_ARTICLES = "not_in_articles"


class Side(Record):
    """One of several values that articles give for the same thing."""

    marker: int = Field(ge=1, description="the citation of the sentence that gives it")
    value: str = Field(min_length=1, description="the figure or date, as it is written there")
    published: date | None = Field(default=None, description="when its article was published")
    time: str = Field(default="", description="of the entry of a live report that it stands in: HH:MM, as it is told")


class Difference(Record):
    """Different values that articles give for one thing that was asked, the newest first."""

    asked: str = Field(description="the question, or the part of it")
    sides: tuple[Side, ...] = Field(min_length=2)


class Answer(Record):
    """A checked answer: its markers are exactly its citations, numbered 1..n by first use.

    After the markers of the text come those that a second look added to a statement (`ProblemCode.CITED_ELSEWHERE`).
    """

    id: str
    question: str
    status: Status
    text: str
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    missing: str | None = Field(default=None, description="what the articles do not say")
    notes: tuple[str, ...] = Field(default=(), description="what the reader should know of the search")
    scope: Scope = Field(default=Scope(), description="the articles that were asked: no other was searched or shown")
    hits: tuple[Hit, ...] = ()
    articles: tuple[ListedArticle, ...] = Field(
        default=(), description="all that a question about the collection asks for; `citations` has ten at most"
    )
    differs: tuple[Difference, ...] = Field(
        default=(), description="where articles give different values for the same thing; a note says so"
    )
    stories: int = Field(default=0, description="independent stories behind the citations")
    model: str
    prompt_version: str | None = None
    snapshot: str
    usage: Usage = Usage()
    timings: dict[str, float] = Field(default_factory=dict, description="seconds by step")
    cached: bool = Field(default=False, description="whether it was made before, for the same question, and kept")

    @model_validator(mode="after")
    def _markers_and_citations_agree(self) -> Self:
        if self.status is Status.NOT_IN_ARTICLES and (self.citations or self.statements):
            raise ValueError("an answer that is not in the articles has no statements and no citations")
        if self.status in (Status.ANSWERED, Status.NEAREST) and not self.citations:
            raise ValueError(f"an answer that is {self.status} has at least one citation")
        numbers = [citation.marker for citation in self.citations]
        # Markers that the second look added stand in no text: they come behind those of the text.
        in_text = dict.fromkeys(number for statement in self.statements for number in markers_in(statement.text))
        used = list(in_text | dict.fromkeys(number for statement in self.statements for number in statement.markers))
        if used != numbers or numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(f"the markers {used} are not the citations {numbers}, numbered 1..n by first use")
        if not {side.marker for difference in self.differs for side in difference.sides} <= set(numbers):
            raise ValueError("what differs is cited: each of its sides has a marker of the answer")
        if list(dict.fromkeys(markers_in(self.text))) != list(in_text):
            raise ValueError(f"the text holds other markers than those of its statements, {list(in_text)}")
        return self

    @model_validator(mode="after")
    def _statements_stand_in_the_text(self) -> Self:
        for statement in self.statements:
            if self.text[statement.start : statement.end] != statement.text:
                raise ValueError(f"statement {statement.start}:{statement.end} is not at its place in the text")
            in_text = tuple(dict.fromkeys(markers_in(statement.text)))
            has_more = any(problem.code is ProblemCode.CITED_ELSEWHERE for problem in statement.problems)
            if in_text != (statement.markers[: len(in_text)] if has_more else statement.markers):
                raise ValueError(f"statement {statement.start}:{statement.end} does not hold its markers")
        return self


class Understanding(Record):
    """How a question was understood: the parts searched for, and what narrowed or ordered the hits."""

    scope: Scope = Field(default=Scope(), description="the articles that were asked: no other was searched or shown")
    parts: tuple[str, ...] = Field(default=(), description="each is searched and answered on its own")
    carried: str = Field(default="", description="earlier questions that a follow-up leans on")
    rewritten: str = Field(default="", description="the follow-up as a question that stands alone, by a model")
    outlets: tuple[str, ...] = Field(default=(), description="outlets named: their passages come first, in turn")
    names: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    windows: tuple[tuple[date, date], ...] = Field(
        default=(), description="first and last days of publication asked for"
    )
    latest: bool = Field(default=False, description="whether the newest come first")
    today: date | None = Field(default=None, description="the day that `windows` were reckoned from")
    notes: tuple[str, ...] = Field(default=(), description="what the reader should know of the search")


class ConsideredPassage(Record):
    """A passage that the search ranked: its score, the parts of the score, and why it is no hit."""

    id: str
    path: str
    start: int
    end: int
    outlet: str | None = None
    published: date | None = None
    score: float = Field(description="by which it was ranked, comparable within one question only")
    relevance: float = Field(description="of its best sentence: similarity, and the share of the question's words")
    similarity: float = Field(description="cosine similarity of the passage as a whole")
    lexical: float = Field(description="BM25 score")
    reranked: float | None = Field(default=None, description="score of the reranker, which then sets the order")
    dropped: str | None = Field(description="why it is no hit; None for a hit")
    text: str = Field(description="the best sentence")


class SearchResult(Record):
    """The hits of a search, without an answer."""

    question: str
    snapshot: str
    understanding: Understanding
    hits: tuple[Hit, ...]
    considered: tuple[ConsideredPassage, ...] = Field(default=(), description="with `explain`: all that was ranked")


class SearchEvent(Record):
    """The parts of the question, before the search."""

    type: Literal["search"] = "search"
    parts: tuple[str, ...] = Field(description="each is searched and answered on its own")
    rewritten: str = Field(default="", description="the follow-up as a question that stands alone, by a model")


class HitsEvent(Record):
    """The hits, before the answer is written."""

    type: Literal["hits"] = "hits"
    hits: tuple[Hit, ...]
    understanding: Understanding = Understanding()


class StatementEvent(Record):
    """One checked statement and the citations that it uses for the first time."""

    type: Literal["statement"] = "statement"
    statement: Statement
    separator: str = Field(
        default="",
        description="what stands before this statement: between it and the last, or the heading of a `nearest` answer",
    )
    citations: tuple[Citation, ...] = ()


class VerdictEvent(Record):
    """The verdict on a statement that was sent before; its words never change.

    `citations` are new ones that bear it out, which it did not cite; `markers` are then all that it rests on.
    """

    type: Literal["verdict"] = "verdict"
    index: int = Field(ge=0, description="which statement of the answer, counted from 0")
    support: Support
    problems: tuple[Problem, ...] = ()
    markers: tuple[int, ...] = ()
    citations: tuple[Citation, ...] = ()

    def on(self, statement: Statement) -> Statement:
        """Return the statement with this verdict."""
        changes = {"support": self.support, "problems": self.problems, "markers": self.markers or statement.markers}
        return statement.model_copy(update=changes)


class RepairEvent(Record):
    """Statements with a fact that their sources do not hold are being written again; later statements wait for them.

    The words of a statement never change once it has been sent.
    """

    type: Literal["repair"] = "repair"
    statements: int = Field(ge=1, description="how many are written again")


class DoneEvent(Record):
    """The whole answer."""

    type: Literal["done"] = "done"
    answer: Answer


Event = Annotated[
    SearchEvent | HitsEvent | StatementEvent | RepairEvent | VerdictEvent | DoneEvent, Field(discriminator="type")
]


def history_of(turns: Sequence[Answer]) -> tuple[Turn, ...]:
    """Return answers as the history of the next question."""
    return tuple(Turn(question=answer.question, answer=answer.text) for answer in turns)
