"""What the page remembers of a conversation: plain records that the reader's browser keeps, checked on return."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Literal, Self

from pydantic import Field, ValidationError

from index.corpus.freshness import Since
from index.models import Record
from qa.models import Answer, Citation, Hit, Problem, ProblemCode, StatementEvent, Status, Support, Turn, VerdictEvent

MAX_EXCHANGES = 30
MAX_TURNS = 20
_AROUND = 280
_NEAREST = 5
_NEAREST_CHARS = 420
State = Literal[
    "reading", "writing", "answered", "partial", "nearest", "declined", "not_in_articles", "failed", "stopped"
]


class Source(Record):
    """A card of the panel: where a citation points, and the text around its exact characters."""

    number: int | None = Field(description="the marker; None for a passage that is not cited")
    title: str
    about: str = Field(description="outlet and date, as far as known")
    place: str = Field(description="file:start-end (the title may be the file), and what became of it since")
    before: str = ""
    quote: str = ""
    after: str = ""
    also_in: tuple[str, ...] = ()


class Said(Record):
    """A checked statement as it is shown."""

    text: str
    separator: str = ""
    support: Support
    problems: tuple[str, ...] = ()
    pending: bool = False

    def judged(self, support: Support, problems: Sequence[Problem]) -> Self:
        """Return the statement with another verdict."""
        pending = any(problem.code is ProblemCode.PENDING for problem in problems)
        why = () if support is Support.UNCHECKED else tuple(problem.text for problem in problems)
        return self.model_copy(update={"support": support, "problems": why, "pending": pending})


class Exchange(Record):
    """A question and what came of it."""

    id: str = Field(pattern=r"^[0-9a-f]{12}$")
    question: str
    state: State = "reading"
    said: tuple[Said, ...] = ()
    sources: tuple[Source, ...] = ()
    abstention: str | None = None
    missing: str | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None

    @classmethod
    def of(cls, question: str) -> Self:
        """Return the exchange that begins with a question."""
        return cls(id=uuid.uuid4().hex[:12], question=question)

    @property
    def is_open(self) -> bool:
        """Whether the answer is still being made."""
        return self.state in ("reading", "writing")

    @property
    def heading(self) -> str:
        """What stands before the statements: of quotes that may be no answer, that they may be none; else nothing."""
        return self.said[0].separator.strip() if self.said else ""

    @property
    def answer(self) -> str:
        """The text of the answer."""
        return "".join(said.separator + said.text for said in self.said)

    def with_statement(self, event: StatementEvent, hits: Sequence[Hit]) -> Self:
        """Return the exchange with one more statement and the sources that it is the first to cite."""
        statement = event.statement
        said = Said(text=statement.text, separator=event.separator, support=statement.support)
        said = said.judged(statement.support, statement.problems)
        sources = tuple(_cited(citation, hits) for citation in event.citations)
        return self.model_copy(
            update={"state": "writing", "said": (*self.said, said), "sources": self.sources + sources}
        )

    def with_verdict(self, event: VerdictEvent) -> Self:
        """Return the exchange with another verdict on a statement that is there."""
        said = list(self.said)
        said[event.index] = said[event.index].judged(event.support, event.problems)
        return self.model_copy(update={"said": tuple(said)})

    def done(self, answer: Answer) -> Self:
        """Return the exchange with its outcome: the last verdicts, and for no citation the nearest passages."""
        last = zip(self.said, answer.statements, strict=False)
        outcome = {
            "state": answer.status.value,
            "said": tuple(said.judged(statement.support, statement.problems) for said, statement in last),
            "abstention": answer.text if answer.status is Status.NOT_IN_ARTICLES else None,
            "missing": answer.missing,
            "notes": answer.notes,
            "sources": self.sources or nearest(answer.hits),
        }
        return self.model_copy(update=outcome)

    def failed(self, message: str, hits: Sequence[Hit]) -> Self:
        """Return the exchange broken off with a message; what was found stays."""
        outcome = {"state": "failed", "error": message, "sources": self.sources or nearest(hits)}
        return self.model_copy(update=outcome | {"said": self._as_far_as_judged()})

    def stopped(self) -> Self:
        """Return the exchange stopped by the reader."""
        outcome = {"state": "stopped", "said": self._as_far_as_judged()}
        return self.model_copy(update=outcome) if self.is_open else self

    def _as_far_as_judged(self) -> tuple[Said, ...]:
        """Return the statements when no further verdict will come."""
        return tuple(said.model_copy(update={"pending": False}) for said in self.said)


class Conversation(Record):
    """The exchanges of one conversation, oldest first."""

    exchanges: tuple[Exchange, ...] = ()

    @classmethod
    def restored(cls, stored: object) -> Self:
        """Return the conversation that a browser kept, or an empty one when it cannot be read."""
        try:
            return cls.model_validate(stored or {}, strict=False)
        except ValidationError:
            return cls()

    @property
    def last(self) -> Exchange | None:
        """The newest exchange."""
        return self.exchanges[-1] if self.exchanges else None

    def with_last(self, exchange: Exchange) -> Self:
        """Return the conversation with its newest exchange replaced."""
        return self.model_copy(update={"exchanges": (*self.exchanges[:-1], exchange)})

    def asked(self, question: str) -> Self:
        """Return the conversation with one more question; the oldest are forgotten."""
        exchanges = (*self.exchanges, Exchange.of(question))[-MAX_EXCHANGES:]
        return self.model_copy(update={"exchanges": exchanges})

    def before(self, index: int) -> Self:
        """Return the conversation without the exchange at `index` and what follows it."""
        return self.model_copy(update={"exchanges": self.exchanges[:index]})

    def stopped(self) -> Self:
        """Return the conversation with an unfinished answer marked as stopped."""
        return self.with_last(self.last.stopped()) if self.last else self

    def turns(self) -> list[Turn]:
        """Return the exchanges before the newest as the history of its question."""
        earlier = self.exchanges[:-1][-MAX_TURNS:]
        return [Turn(question=exchange.question, answer=exchange.answer) for exchange in earlier]


def nearest(hits: Sequence[Hit]) -> tuple[Source, ...]:
    """Return the best hits as sources that nobody cites."""
    return tuple(_uncited(hit) for hit in hits[:_NEAREST])


def _cited(citation: Citation, hits: Sequence[Hit]) -> Source:
    passage = next((hit.passage for hit in hits if hit.passage.id == citation.passage_id), None)
    before, after = "", ""
    if passage:
        before = _tail(passage.text[: citation.start - passage.start])
        after = _head(passage.text[citation.end - passage.start :], _AROUND)
    return Source(
        number=citation.marker,
        title=citation.headline or citation.path,
        about=_about(citation.outlet, citation.published),
        place=_place(citation.headline, citation.path, citation.start, citation.end, citation.since),
        before=before,
        quote=citation.quote,
        after=after,
        also_in=citation.also_in,
    )


def _uncited(hit: Hit) -> Source:
    return Source(
        number=None,
        title=hit.headline or hit.passage.path,
        about=_about(hit.outlet, hit.published),
        place=_place(hit.headline, hit.passage.path, hit.passage.start, hit.passage.end, hit.since),
        before=_head(hit.passage.text, _NEAREST_CHARS),
        also_in=hit.also_in,
    )


def _place(headline: str | None, path: str, start: int, end: int, since: Since | None) -> str:
    place = f"{path}:{start}–{end}" if headline else f"characters {start}–{end}"
    return f"{place} · {since.said}" if since else place


def _about(outlet: str | None, published: date | None) -> str:
    day = f"{published.day} {published:%B %Y}" if published else None
    return " · ".join(part for part in (outlet, day) if part)


def _head(text: str, size: int) -> str:
    """Return the beginning of a text, cut between words."""
    return text if len(text) <= size else f"{text[:size].rsplit(maxsplit=1)[0]} …"


def _tail(text: str) -> str:
    """Return the end of a text, cut between words."""
    return text if len(text) <= _AROUND else f"… {text[-_AROUND:].split(maxsplit=1)[-1]}"
