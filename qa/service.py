"""The one way from a question to an answer: search, write, cite, check, and only then say it."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from index.reader import SnapshotReader
from index.snapshots import Snapshot
from qa.citations import CitationBook, Draft
from qa.context import Context
from qa.errors import ModelTimeout, QAError
from qa.evidence import number_evidence
from qa.grounding import Grounder
from qa.models import Answer, DoneEvent, Event, HitsEvent, SearchResult, Statement, StatementEvent, Status, Turn, Usage
from qa.questions import Query, understand
from qa.retrieval import Retrieval, Retriever
from qa.writing import Assignment, Missing, Writer

ABSTENTION = "The articles do not say."
_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass
class _Draft:
    """The answer to one question while it is being made."""

    query: Query
    retrieval: Retrieval
    snapshot: str
    book: CitationBook
    began: float
    text: str = ""
    statements: list[Statement] = field(default_factory=list)
    held: list[StatementEvent] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    timings: dict[str, float] = field(default_factory=dict)

    def clock(self, step: str) -> None:
        self.timings.setdefault(step, round(time.monotonic() - self.began, 4))


class QAService:
    """Answers questions from the snapshot in use; all faces of the program call this one."""

    def __init__(
        self,
        reader: SnapshotReader,
        retriever: Retriever,
        writer: Writer,
        grounder: Grounder,
        *,
        deadline_s: float,
        max_concurrency: int,
    ) -> None:
        """Answer at most `max_concurrency` questions at once, each within `deadline_s` seconds."""
        self.reader = reader
        self._retriever, self._writer, self._grounder = retriever, writer, grounder
        self._deadline_s = deadline_s
        self._places = asyncio.Semaphore(max_concurrency)
        self._pool = ThreadPoolExecutor(thread_name_prefix="newsdesk")

    @property
    def model(self) -> str:
        """The name of the writer or its model."""
        return self._writer.name

    async def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Return the answer to a question; raises QAError or IndexingError."""
        async with aclosing(self.stream(question, history)) as events:
            async for event in events:
                if isinstance(event, DoneEvent):
                    return event.answer
        raise QAError("The answer was not finished. Ask again")

    async def stream(self, question: str, history: Sequence[Turn] = ()) -> AsyncGenerator[Event, None]:
        """Yield the hits, then each statement once it is checked, then the whole answer.

        Raises InvalidQuestion, NoSnapshot, SnapshotBroken or EmbedderMismatch, and once the hits are there the errors
        of the model, which carry them.
        """
        began = time.monotonic()
        query = understand(question, history)
        async with self._places:
            with self.reader.use() as snapshot:
                draft = await self._search(snapshot, query, began)
                yield HitsEvent(hits=draft.retrieval.hits, understanding=draft.retrieval.understanding)
                if draft.retrieval.hits:
                    try:
                        async with aclosing(self._write(snapshot, draft, history)) as events:
                            async for event in events:
                                yield event
                    except QAError as error:
                        error.hits = draft.retrieval.hits
                        raise
                yield DoneEvent(answer=self._answer(draft))

    async def search(self, question: str, history: Sequence[Turn] = (), *, explain: bool = False) -> SearchResult:
        """Return the hits for a question, and with `explain` all that was ranked; raises as `stream` does."""
        query = understand(question, history)
        async with self._places:
            with self.reader.use() as snapshot:
                found = await self._in_thread(self._retriever.retrieve, snapshot, query)
                considered = found.explained() if explain else ()
                return SearchResult(
                    question=query.question,
                    snapshot=snapshot.name,
                    understanding=found.understanding,
                    hits=found.hits,
                    considered=considered,
                )

    async def _search(self, snapshot: Snapshot, query: Query, began: float) -> _Draft:
        retrieval = await self._in_thread(self._retriever.retrieve, snapshot, query)
        book = CitationBook(number_evidence(retrieval.hits))
        draft = _Draft(query, retrieval, snapshot.name, book, began)
        draft.clock("hits")
        return draft

    async def _write(
        self, snapshot: Snapshot, draft: _Draft, history: Sequence[Turn]
    ) -> AsyncGenerator[StatementEvent, None]:
        evidence = number_evidence(draft.retrieval.hits)
        assignment = Assignment(draft.query, draft.retrieval, evidence, history, snapshot.catalog.passages_of)
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        async with aclosing(self._writer.write(assignment)) as pieces:
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        piece = await anext(pieces, None)
                except TimeoutError:
                    raise ModelTimeout(
                        f"The answer took longer than {self._deadline_s:g} s. Ask again, or raise QA_DEADLINE_S"
                    ) from None
                if piece is None:
                    return
                if isinstance(piece, Usage):
                    draft.usage = piece
                elif isinstance(piece, Missing):
                    draft.missing.append(piece.text)
                elif isinstance(piece, Context):
                    draft.book = CitationBook(piece.evidence)
                    draft.notes += piece.notes
                else:
                    for event in await self._checked(draft, piece):
                        yield event

    async def _checked(self, draft: _Draft, piece: Draft) -> list[StatementEvent]:
        """Cite and judge one statement; hold it back while nothing in the answer is cited yet."""
        if not any(map(str.isalnum, piece.plain)):
            return []
        resolved = draft.book.resolve(piece)
        verdict = await self._in_thread(self._grounder.judge, piece.plain, resolved.cited)
        separator = piece.separator if draft.text else ""
        start = len(draft.text) + len(separator)
        statement = Statement(
            text=resolved.text,
            start=start,
            end=start + len(resolved.text),
            markers=resolved.markers,
            support=verdict.support,
            problems=verdict.problems,
        )
        draft.text += separator + resolved.text
        draft.statements.append(statement)
        draft.held.append(StatementEvent(statement=statement, separator=separator, citations=resolved.new))
        if not draft.book.citations:
            return []
        draft.clock("first_statement")
        ready, draft.held = draft.held, []
        return ready

    def _answer(self, draft: _Draft) -> Answer:
        citations = tuple(draft.book.citations)
        missing = " ".join(draft.missing) or None
        draft.clock("total")
        status = Status.PARTIAL if missing else Status.ANSWERED
        if not citations:
            status, missing = (
                Status.NOT_IN_ARTICLES,
                missing or f"Nothing in the articles answers: {draft.query.question}",
            )
        stories = {hit.story for hit in draft.retrieval.hits for one in citations if one.path == hit.passage.path}
        return Answer(
            id=uuid.uuid4().hex,
            question=draft.query.question,
            status=status,
            text=draft.text if citations else ABSTENTION,
            statements=tuple(draft.statements) if citations else (),
            citations=citations,
            missing=missing,
            notes=(*draft.retrieval.understanding.notes, *draft.notes),
            hits=draft.retrieval.hits,
            stories=len(stories),
            model=self._writer.name,
            prompt_version=self._writer.prompt_version,
            snapshot=draft.snapshot,
            usage=draft.usage,
            timings=draft.timings,
        )

    async def _in_thread(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Let go of the snapshot and the threads."""
        self._pool.shutdown(wait=False)
        self.reader.close()
