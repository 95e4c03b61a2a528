"""The records of a conversation, which the browser of the reader stores; they are validated when they come back."""

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal, Self

from pydantic import Field, ValidationError

from index.models import EVERYTHING, ListedArticle, Record, Scope, Since
from qa.answer_draft import difference_note
from qa.language.dates import day_text, period_text
from qa.models import (
    Answer,
    Citation,
    Difference,
    Hit,
    HitsEvent,
    Problem,
    ProblemCode,
    StatementEvent,
    Status,
    Support,
    Turn,
    Understanding,
    VerdictEvent,
)
from qa.models.markers import markers_in, markers_text
from qa.question.scopes import scope_words

MAX_EXCHANGES, MAX_CHARACTERS = 100, 3_000_000
"""Of a conversation, and of its JSON, which is sent with each question."""
MAX_TURNS = 20
MAX_LISTED = 100
"""The most articles of a list that are shown; the browser stores little."""
_CONTEXT_CHARS, _NEAREST_CHARS = 280, 420
"""The most characters shown on either side of a quotation, and of a passage that is not cited."""
_NEAREST = 5
OnItsWay = Literal["reading", "writing"]
Outcome = Literal["answered", "partial", "nearest", "declined", "not_in_articles"]
Cut = Literal["stopped", "left", "lost"]
"""Why there is no outcome: the reader stopped the answer, left the page, or the connection was lost."""
State = OnItsWay | Outcome | Cut | Literal["failed"]


class Source(Record):
    """A quotation in the panel: the characters that a citation points to, and the text around them."""

    number: int | None = Field(description="the marker; None for a passage that is not cited")
    path: str
    start: int = Field(ge=0, description="offset of the quote into the article's text, in code points")
    end: int
    headline: str | None = None
    outlet: str | None = None
    author: str | None = None
    published: date | None = None
    url: str | None = None
    before: str = ""
    quote: str = ""
    after: str = ""
    also_in: tuple[str, ...] = ()
    since: Since | None = None

    @property
    def about(self) -> str:
        """Outlet, date and author, as far as they are known."""
        return " · ".join(part for part in (self.outlet, day_text(self.published), self.author) if part)


class ShownStatement(Record):
    """A checked statement as it is shown."""

    text: str
    separator: str = ""
    support: Support
    problems: tuple[str, ...] = ()
    pending: bool = False
    later: bool = Field(default=False, description="whether its verdict came after it was shown")

    def with_verdict(self, support: Support, problems: Sequence[Problem], markers: Sequence[int] = ()) -> Self:
        """Return the statement with another verdict, and with the markers that its text lacks."""
        pending = any(problem.code is ProblemCode.PENDING for problem in problems)
        why = () if support in (Support.UNCHECKED, Support.SUPPORTED) else tuple(problem.text for problem in problems)
        text = self.text + markers_text(marker for marker in markers if marker not in markers_in(self.text))
        return self.model_copy(update={"text": text, "support": support, "problems": why, "pending": pending})


class Exchange(Record):
    """A question and what came of it."""

    id: str = Field(pattern=r"^[0-9a-f]{12}$")
    question: str
    scope: Scope = Field(default=EVERYTHING, description="the articles that are asked")
    asked: int = Field(default=0, description="when, in ms since 1970")
    repeats: str = Field(default="", description="the id of the exchange whose question this asks again")
    writer: str = Field(default="", description="the name of the writer or model that answers")
    state: State = "reading"
    said: tuple[ShownStatement, ...] = ()
    sources: tuple[Source, ...] = ()
    abstention: str | None = None
    missing: str | None = None
    notes: tuple[str, ...] = Field(default=(), description="but those that say what `differs` says")
    differs: tuple[Difference, ...] = ()
    articles: tuple[ListedArticle, ...] = ()
    listed: int = Field(default=0, description="how many articles the answer lists; `articles` has the first of them")
    among: int = Field(default=0, description="how many articles are searched; 0: not known yet")
    understood: tuple[str, ...] = Field(default=(), description="what narrowed or ordered the search, in words")
    anew: int = Field(default=0, description="how many statements the model wrote once more before they were shown")
    answer_id: str = Field(default="", pattern=r"^([0-9a-f]{32})?$", description="of an answer that the server keeps")
    failure: str = Field(default="", description="of `failed`: the slug of the problem")
    details: str = Field(default="", description="of `failed`: what the operator should know")

    @classmethod
    def of(cls, question: str, writer: str = "", repeats: str = "", scope: Scope = EVERYTHING) -> Self:
        """Return the exchange of a question, which this writer or model answers."""
        return cls(
            id=uuid.uuid4().hex[:12],
            question=question,
            scope=scope,
            understood=tuple(f"Only {words}" for words in scope_words(scope)),
            writer=writer,
            repeats=repeats,
            asked=time.time_ns() // 1_000_000,
        )

    @property
    def is_open(self) -> bool:
        """Whether the answer is still being made."""
        return self.state in ("reading", "writing")

    @property
    def heading(self) -> str:
        """What stands before quotes that may be no answer; empty before other statements."""
        return self.said[0].separator.strip() if self.said else ""

    @property
    def answer(self) -> str:
        """The text of the answer."""
        return "".join(statement.separator + statement.text for statement in self.said)

    def with_search(self, articles: int, rewritten: str) -> Self:
        """Return the exchange at the start of its search: the number of articles, and the rewritten question if any."""
        understood = (*self.understood, f"Asked as: {rewritten}") if rewritten else self.understood
        return self.model_copy(update={"among": articles, "understood": understood})

    def with_hits(self, event: HitsEvent) -> Self:
        """Return the exchange with the best hits, before anything is written."""
        understood = (*self.understood, *_understood(event.understanding))
        return self.model_copy(update={"sources": nearest(event.hits), "understood": understood})

    def with_statement(self, event: StatementEvent, hits: Sequence[Hit]) -> Self:
        """Return the exchange with one more statement, and the sources that no statement before it cites."""
        statement = event.statement
        shown_statement = ShownStatement(text=statement.text, separator=event.separator, support=statement.support)
        shown_statement = shown_statement.with_verdict(statement.support, statement.problems)
        cited_sources = tuple(source for source in self.sources if source.number)
        sources = cited_sources + tuple(_cited_source(citation, hits) for citation in event.citations)
        return self.model_copy(update={"state": "writing", "said": (*self.said, shown_statement), "sources": sources})

    def with_verdict(self, event: VerdictEvent, hits: Sequence[Hit]) -> Self:
        """Return the exchange with another verdict on one of its statements, and the sources that it now cites."""
        statements = list(self.said)
        statement = statements[event.index].with_verdict(event.support, event.problems, event.markers)
        statements[event.index] = statement.model_copy(update={"later": True})
        sources = self.sources + tuple(_cited_source(citation, hits) for citation in event.citations)
        return self.model_copy(update={"said": tuple(statements), "sources": sources})

    def done(self, answer: Answer, *, is_stored: bool = False) -> Self:
        """Return the exchange with its outcome: the last verdicts, and the nearest passages where nothing is cited.

        The server shows an answer that `is_stored` again by its id.
        """
        pairs = zip(self.said, answer.statements, strict=False)
        in_table = set(map(difference_note, answer.differs))
        outcome = {
            "state": answer.status.value,
            "said": tuple(
                statement.with_verdict(last.support, last.problems, last.markers) for statement, last in pairs
            ),
            "abstention": answer.text if answer.status is Status.NOT_IN_ARTICLES else None,
            "missing": answer.missing,
            "notes": tuple(note for note in answer.notes if note not in in_table),
            "differs": answer.differs,
            "articles": answer.articles[:MAX_LISTED],
            "listed": len(answer.articles),
            "answer_id": answer.id if is_stored else "",
            "sources": self.sources or nearest(answer.hits),
        }
        return self.model_copy(update=outcome)

    def failed(self, failure: str, details: str, hits: Sequence[Hit]) -> Self:
        """Return the exchange broken off by an error; its sources stay."""
        outcome = {"state": "failed", "failure": failure, "details": details, "sources": self.sources or nearest(hits)}
        return self.model_copy(update=outcome | {"said": self._without_pending()})

    def ended(self, state: Cut) -> Self:
        """Return the exchange ended before there was an answer; one that is not open stays as it is."""
        outcome = {"state": state, "said": self._without_pending()}
        return self.model_copy(update=outcome) if self.is_open else self

    def _without_pending(self) -> tuple[ShownStatement, ...]:
        """Return the statements when no further verdict will come."""
        return tuple(statement.model_copy(update={"pending": False}) for statement in self.said)


class Conversation(Record):
    """The exchanges of one conversation, oldest first."""

    exchanges: tuple[Exchange, ...] = ()

    @classmethod
    def restored(cls, stored: object) -> Self:
        """Return the conversation that a browser stored, without the exchanges that cannot be read."""
        texts = stored.get("exchanges") if isinstance(stored, dict) else None
        exchanges = map(_exchange_of, texts if isinstance(texts, list) else ())
        return cls(exchanges=tuple(exchange for exchange in exchanges if exchange))

    @property
    def as_json(self) -> dict[str, list[str]]:
        """The value that the browser stores: each exchange as JSON.

        Gradio sends records as the difference to the step before, and its difference (`gradio.utils.diff`) is wrong
        where a list in a list becomes shorter.
        """
        return {"exchanges": [exchange.model_dump_json() for exchange in self.exchanges]}

    @property
    def is_full(self) -> bool:
        """Whether no further question fits: the whole conversation is sent with each."""
        return len(self.exchanges) >= MAX_EXCHANGES or sum(map(len, self.as_json["exchanges"])) > MAX_CHARACTERS

    @property
    def last(self) -> Exchange | None:
        """The newest exchange."""
        return self.exchanges[-1] if self.exchanges else None

    def with_last(self, exchange: Exchange) -> Self:
        """Return the conversation with its newest exchange replaced."""
        return self.model_copy(update={"exchanges": (*self.exchanges[:-1], exchange)})

    def with_question(self, question: str, writer: str = "", repeats: str = "", scope: Scope = EVERYTHING) -> Self:
        """Return the conversation with one more question; `repeats` is that of its exchange."""
        return self.model_copy(update={"exchanges": (*self.exchanges, Exchange.of(question, writer, repeats, scope))})

    def ended(self, state: Cut) -> Self:
        """Return the conversation with an unfinished answer ended."""
        return self.with_last(self.last.ended(state)) if self.last else self

    def turns(self) -> list[Turn]:
        """Return the history of the newest question: the turns before it was first asked, each question once."""
        *before, newest = self.exchanges
        # A question that is asked again has the history of its first time: what came after did not lead to it.
        first = next((index for index, exchange in enumerate(before) if exchange.id == newest.repeats), len(before))
        repeated = {exchange.repeats for exchange in before[:first]}
        # Of a question and its repeat, the repeat counts.
        earlier = [exchange for exchange in before[:first] if exchange.id not in repeated]
        return [Turn(question=exchange.question, answer=exchange.answer) for exchange in earlier[-MAX_TURNS:]]


def _exchange_of(text: object) -> Exchange | None:
    try:
        return Exchange.model_validate_json(text) if isinstance(text, str) else None
    except ValidationError:
        return None


def nearest(hits: Sequence[Hit]) -> tuple[Source, ...]:
    """Return the best hits as sources that no statement cites."""
    return tuple(_uncited_source(hit) for hit in hits[:_NEAREST])


def _understood(understanding: Understanding) -> Iterator[str]:
    if understanding.carried and not understanding.rewritten:
        yield f"Together with: {understanding.carried}"
    if understanding.outlets:
        yield f"Outlet: {', '.join(understanding.outlets)}"
    yield from (f"Published {period_text(first, last)}" for first, last in understanding.windows)
    if understanding.latest:
        yield "Newest first"


def _cited_source(citation: Citation, hits: Sequence[Hit]) -> Source:
    hit = next((hit for hit in hits if hit.passage.id == citation.passage_id), None)
    before, after = "", ""
    if hit:
        before = _tail(hit.passage.text[: citation.start - hit.passage.start])
        after = _head(hit.passage.text[citation.end - hit.passage.start :], _CONTEXT_CHARS)
    return Source(
        number=citation.marker,
        path=citation.path,
        start=citation.start,
        end=citation.end,
        author=hit.author if hit else None,
        url=hit.url if hit else None,
        before=before,
        quote=citation.quote,
        after=after,
        **_article_fields(citation),
    )


def _uncited_source(hit: Hit) -> Source:
    return Source(
        number=None,
        path=hit.passage.path,
        start=hit.passage.start,
        end=hit.passage.end,
        author=hit.author,
        url=hit.url,
        before=_head(hit.passage.text, _NEAREST_CHARS),
        **_article_fields(hit),
    )


def _article_fields(place: Citation | Hit) -> dict[str, Any]:
    return {name: getattr(place, name) for name in ("headline", "outlet", "published", "also_in", "since")}


def _head(text: str, size: int) -> str:
    """Return the beginning of a text, cut between words."""
    return text if len(text) <= size else f"{text[:size].rsplit(maxsplit=1)[0]} …"


def _tail(text: str) -> str:
    """Return the end of a text, cut between words."""
    return text if len(text) <= _CONTEXT_CHARS else f"… {text[-_CONTEXT_CHARS:].split(maxsplit=1)[-1]}"
