"""The one way from a question to an answer: search, write, cite, check, and only then say it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from index.errors import IndexingError, SnapshotBroken
from index.store.reader import SnapshotReader
from index.store.snapshots import Snapshot
from qa.answer_draft import AnswerDraft
from qa.checking.attribution import Attribution
from qa.checking.checked import Checked
from qa.checking.citations import CitationBook, Draft
from qa.checking.grounding import NOT_CITED, Grounder
from qa.checking.second_look import LOOK_S, Looked, SecondLook
from qa.collection.listing import Collection, Listing
from qa.errors import ModelTimeout, QAError, SearchTimeout
from qa.models import (
    NO_WISHES,
    Answer,
    DoneEvent,
    Event,
    HitsEvent,
    RepairEvent,
    SearchEvent,
    SearchResult,
    StatementEvent,
    Turn,
    Usage,
    VerdictEvent,
    Wishes,
)
from qa.prompting.context import Context
from qa.prompting.evidence import number_evidence
from qa.question.query import Query, understand
from qa.question.rewriting import REWRITE_S, Rewriter
from qa.retrieval.retriever import Retrieval, Retriever
from qa.workers import Places, Threads
from qa.writing.repair import REPAIR_S, Mended, Repairer
from qa.writing.writer import Aside, Assignment, Writer

_T = TypeVar("_T")
_LATE = "{} took longer than {:g} s. Ask again, or raise QA_DEADLINE_S"
_WITHDRAWN = "Sentences that the model took back because their sources do not bear them out: {}."
_NOT_REWRITTEN = "The model could not rewrite the follow-up; it was searched for together with what came before."
_NOT_MENDED = "The sentences that fail the check could not be written again: {}."
_NOT_LOOKED = "The second look at this answer could not be made: {}."


@dataclass(frozen=True)
class _Understood:
    """A question as it is searched for, and what it took to understand it."""

    query: Query
    notes: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)


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
        repairer: Repairer | None = None,
        look: SecondLook | None = None,
        attribution: Attribution | None = None,
        rewriter: Rewriter | None = None,
        collection: Collection | None = None,
    ) -> None:
        """Answer at most `max_concurrency` questions at once, each within `deadline_s` seconds of being asked.

        `repairer` mends statements with a fact that stands nowhere, `look` judges the others once they are told,
        `attribution` finds the evidence of those that cite none, `rewriter` makes follow-ups stand alone,
        `collection` answers what is asked of the collection itself.
        """
        self.reader, self._retriever, self._writer, self._grounder = reader, retriever, writer, grounder
        self._repairer, self._look, self._rewriter = repairer, look, rewriter
        self._attribution, self._collection = attribution, collection
        self.watchers: list[Callable[[Answer | Exception], None]] = []
        self._deadline_s = deadline_s
        self._places = Places(max_concurrency, deadline_s)
        self._late = partial(ModelTimeout, _LATE.format("The answer", deadline_s))
        self._checks = Threads("newsdesk-check", self._late)
        self._searches = Threads("newsdesk-search", partial(SearchTimeout, _LATE.format("The search", deadline_s)))

    @property
    def model(self) -> str:
        """The name of the writer or its model."""
        return self._writer.name

    async def ask(self, question: str, history: Sequence[Turn] = (), wishes: Wishes = NO_WISHES) -> Answer:
        """Return the answer to a question; raises QAError or IndexingError."""
        async with aclosing(self.stream(question, history, wishes)) as events:
            async for event in events:
                if isinstance(event, DoneEvent):
                    return event.answer
        raise QAError("The answer was not finished. Ask again")

    async def stream(
        self, question: str, history: Sequence[Turn] = (), wishes: Wishes = NO_WISHES
    ) -> AsyncGenerator[Event, None]:
        """Yield what is searched for, the hits, each statement once it is checked, then the whole answer.

        A snapshot that turns out to be damaged before the hits are told is left for the one before it. The `watchers`
        are told of the answer, or of the error. Raises InvalidQuestion, Overloaded, SearchTimeout, NoSnapshot,
        SnapshotBroken or EmbedderMismatch, and once the hits are there the errors of the model, which carry them.
        """
        try:
            async with aclosing(self._from_a_whole_snapshot(question, history, wishes)) as events:
                async for event in events:
                    if isinstance(event, DoneEvent):
                        self._tell(event.answer)
                    yield event
        except (QAError, IndexingError) as error:
            self._tell(error)
            raise

    def _tell(self, outcome: Answer | Exception) -> None:
        for watcher in self.watchers:
            watcher(outcome)

    async def _from_a_whole_snapshot(
        self, question: str, history: Sequence[Turn], wishes: Wishes
    ) -> AsyncGenerator[Event, None]:
        began = time.monotonic()
        query = understand(question, history)
        searched = found = False
        async with self._places.taken() as deadline:
            for last in (False, True):
                try:
                    async with aclosing(self._streamed(query, history, wishes, began, deadline)) as events:
                        async for event in events:
                            found = found or isinstance(event, HitsEvent)
                            if not (searched and isinstance(event, SearchEvent)):
                                yield event
                            searched = True
                    return
                except SnapshotBroken:
                    if last or found:
                        raise

    async def _streamed(
        self, query: Query, history: Sequence[Turn], wishes: Wishes, began: float, deadline: float
    ) -> AsyncGenerator[Event, None]:
        async with self._searches.entered(self.reader.use(), deadline) as snapshot:
            understood = await self._rewritten(query, history, deadline)
            yield SearchEvent(parts=understood.query.parts, rewritten=understood.query.rewritten)
            if listing := await self._listed(snapshot, understood, deadline):
                retrieval, book = Retrieval(listing.hits, listing.understanding), CitationBook(listing.evidence)
                draft = AnswerDraft(understood.query, retrieval, snapshot.name, book, began, usage=understood.usage)
                draft.notes = [*snapshot.notes, *understood.notes]
                for event in listing.told(draft):
                    yield event
                return
            draft = await self._search(snapshot, understood, began, deadline)
            yield HitsEvent(hits=draft.retrieval.hits, understanding=draft.retrieval.understanding)
            if draft.retrieval.hits:
                try:
                    async with aclosing(self._write(snapshot, draft, history, wishes, deadline)) as events:
                        async for event in events:
                            yield event
                except QAError as error:
                    error.hits = draft.retrieval.hits
                    raise
            yield DoneEvent(answer=draft.finished(self._writer.name, self._prompt_version()))

    async def search(self, question: str, history: Sequence[Turn] = (), *, explain: bool = False) -> SearchResult:
        """Return the hits for a question, and with `explain` all that was ranked; raises as `stream` does."""
        query = understand(question, history)
        async with self._places.taken() as deadline:
            try:
                return await self._searched(query, history, deadline, explain)
            except SnapshotBroken:  # the one before it may be whole
                return await self._searched(query, history, deadline, explain)

    async def _searched(self, query: Query, history: Sequence[Turn], deadline: float, explain: bool) -> SearchResult:
        async with self._searches.entered(self.reader.use(), deadline) as snapshot:
            understood = await self._rewritten(query, history, deadline)
            found = await self._retrieved(snapshot, understood, deadline)
            return SearchResult(
                question=query.question,
                snapshot=snapshot.name,
                understanding=found.understanding,
                hits=found.hits,
                considered=found.explained() if explain else (),
            )

    async def read(self, look: Callable[[Snapshot], _T]) -> _T:
        """Return what `look` finds in the snapshot in use, by the deadline; raises as `search` does."""

        def read() -> _T:
            with self.reader.use() as snapshot:
                return look(snapshot)

        deadline = asyncio.get_running_loop().time() + self._deadline_s
        try:
            return await self._searches.run(read, deadline)
        except SnapshotBroken:
            return await self._searches.run(read, deadline)

    async def _rewritten(self, query: Query, history: Sequence[Turn], deadline: float) -> _Understood:
        """Have a follow-up rewritten; where that fails, it leans on the turns before, as it does without a model.

        That may take half of the time that is left: the other half is the search's.
        """
        if not (self._rewriter and query.carried):
            return _Understood(query)
        left = deadline - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(_sooner(deadline, min(REWRITE_S, left / 2))):
                rewriting = await self._rewriter.rewrite(query.question, history)
            return _Understood(query.restated(rewriting.text), usage=rewriting.usage)
        except (QAError, TimeoutError):
            return _Understood(query, (_NOT_REWRITTEN,))

    async def _listed(self, snapshot: Snapshot, understood: _Understood, deadline: float) -> Listing | None:
        """Return what answers a question about the collection, by the deadline; None for any other question."""
        look = self._collection and partial(self._collection.listing, snapshot, understood.query)
        return await self._searches.run(look, deadline, self.reader.use(snapshot)) if look else None

    async def _retrieved(self, snapshot: Snapshot, understood: _Understood, deadline: float) -> Retrieval:
        """Search by the deadline; a search that goes on after it keeps its snapshot open until it ends."""
        search = partial(self._retriever.retrieve, snapshot, understood.query)
        found = await self._searches.run(search, deadline, self.reader.use(snapshot))
        notes = (*snapshot.notes, *understood.notes, *found.understanding.notes)
        said = {"rewritten": understood.query.rewritten, "notes": notes}
        return replace(found, understanding=found.understanding.model_copy(update=said))

    async def _search(self, snapshot: Snapshot, understood: _Understood, began: float, deadline: float) -> AnswerDraft:
        retrieval = await self._retrieved(snapshot, understood, deadline)
        book = CitationBook(number_evidence(retrieval.hits))
        draft = AnswerDraft(understood.query, retrieval, snapshot.name, book, began, usage=understood.usage)
        draft.clock("hits")
        return draft

    async def _write(
        self, snapshot: Snapshot, draft: AnswerDraft, history: Sequence[Turn], wishes: Wishes, deadline: float
    ) -> AsyncGenerator[StatementEvent | RepairEvent | VerdictEvent, None]:
        """Yield the statements as they are checked, then the verdicts of the second look.

        One with a fact that stands nowhere waits to be mended, and what follows waits with it: so no words ever change
        once they are told.
        """
        evidence = number_evidence(draft.retrieval.hits)
        articles = snapshot.lexical, snapshot.catalog.passages_of
        assignment = Assignment(draft.query, draft.retrieval, evidence, history, *articles, wishes)
        try:
            async with aclosing(self._drafted(draft, assignment, deadline)) as statements:
                async for checked in statements:
                    mendable = self._repairer and draft.context and checked.verdict.is_hard
                    if draft.waiting or mendable:
                        draft.waiting.append(checked)
                    else:
                        for event in draft.tell(checked, bool(self._look)):
                            yield event
            failing = [one for one in draft.waiting if one.verdict.is_hard]
            if failing and self._repairer and draft.context:
                yield RepairEvent(statements=len(failing))
                await self._mend(draft, self._repairer.mend(draft.context, failing), failing, deadline)
        except QAError:
            for last in draft.broken_off():
                yield last
            raise
        for event in (*draft.release(bool(self._look)), *draft.release_uncited()):
            yield event
        if self._look and draft.pending:
            for verdict in await self._looked(draft, self._look, assignment, deadline):
                yield verdict

    async def _drafted(
        self, draft: AnswerDraft, assignment: Assignment, deadline: float
    ) -> AsyncGenerator[Checked, None]:
        """Yield the writer's statements, checked, and keep in `draft` what else it gives."""
        async with aclosing(self._writer.write(assignment)) as pieces:
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        piece = await anext(pieces, None)
                except TimeoutError:
                    raise self._late() from None
                if piece is None:
                    return
                if isinstance(piece, Usage):
                    draft.usage += piece
                elif isinstance(piece, Context):
                    draft.show(piece)
                elif isinstance(piece, Aside):
                    piece.enter(draft)
                elif any(map(str.isalnum, piece.plain)):
                    yield await self._attributed(
                        draft, await self._checked(draft, piece, deadline), assignment, deadline
                    )

    async def _checked(self, draft: AnswerDraft, piece: Draft, deadline: float) -> Checked:
        cited = draft.book.cited(piece)
        check = partial(self._grounder.judge, piece.claim, cited, draft.shown)
        return Checked(piece, cited, await self._checks.run(check, deadline))

    async def _attributed(
        self, draft: AnswerDraft, checked: Checked, assignment: Assignment, deadline: float
    ) -> Checked:
        """Give a statement that cites nothing its evidence, if that speaks of the same and holds its facts.

        It is what a number at its end points at, in round brackets or raised, or else what the reader ranks first.
        """
        if not self._attribution or NOT_CITED not in checked.verdict.problems:
            return checked
        if (bracketed := checked.draft.bracketed()) and (other := await self._related(draft, bracketed, deadline)):
            return other
        find = partial(self._attribution.nearest, checked.draft.claim, draft.shown, assignment.words)
        numbers = [sentence.number for sentence in await self._checks.run(find, deadline)]
        return await self._related(draft, checked.draft.citing(numbers), deadline) or checked

    async def _related(self, draft: AnswerDraft, piece: Draft, deadline: float) -> Checked | None:
        """Return a statement as checked; None when what it cites is about something else, or lacks a fact of it."""
        checked = await self._checked(draft, piece, deadline)
        related = partial(self._grounder.are_related, piece.claim, checked.cited)
        if not checked.cited or checked.verdict.is_hard or not await self._checks.run(related, deadline):
            return None
        return checked

    async def _mend(
        self, draft: AnswerDraft, mending: Awaitable[Mended], failing: Sequence[Checked], deadline: float
    ) -> None:
        """Put what the model writes in place of failing statements where it is better; else they stay, marked."""
        try:
            async with asyncio.timeout_at(_sooner(deadline, REPAIR_S)):
                mended = await mending
            new = {at: await self._checked(draft, one, deadline) for at, one in mended.drafts.items() if one}
        except (QAError, TimeoutError) as error:
            draft.notes.append(_NOT_MENDED.format(_why(error)))
            return
        draft.usage += mended.usage
        better = {id(failing[at]): one for at, one in new.items() if one.is_better_than(failing[at])}
        withdrawn = {id(failing[at]) for at, one in mended.drafts.items() if one is None}
        draft.waiting = [better.get(id(one), one) for one in draft.waiting if id(one) not in withdrawn]
        if withdrawn:
            draft.notes.append(_WITHDRAWN.format(len(withdrawn)))
        draft.clock("repaired")

    async def _looked(
        self, draft: AnswerDraft, look: SecondLook, assignment: Assignment, deadline: float
    ) -> list[VerdictEvent]:
        """Return the last verdict on each pending statement: the model's, or without it that of the local check.

        What the model says is borne out elsewhere has to pass the local check there; else it is not judged.
        """
        pending, looked, elsewhere = list(draft.pending.values()), Looked({}), {}
        try:
            async with asyncio.timeout_at(_sooner(deadline, LOOK_S)):
                find = partial(look.others, pending, draft.shown, assignment.words)
                looked = await look.look(pending, draft.shown, await self._checks.run(find, deadline))
                for at, numbers in looked.elsewhere.items():
                    checked = await self._checked(draft, pending[at].draft.citing(numbers), deadline)
                    if not checked.verdict.is_hard and len(checked.cited) > len(pending[at].cited):
                        elsewhere[at] = checked.draft
        except (QAError, TimeoutError) as error:
            draft.notes.append(_NOT_LOOKED.format(_why(error)))
        draft.usage += looked.usage
        draft.clock("looked")
        stand = {at: said for at, said in looked.verdicts.items() if at not in looked.elsewhere or at in elsewhere}
        return draft.settled(stand, elsewhere)

    def _prompt_version(self) -> str | None:
        """Return the versions of all prompts that an answer may have been made with."""
        parts = (self._writer, self._repairer, self._look, self._rewriter)
        versions = dict.fromkeys(part.prompt_version for part in parts if part and part.prompt_version)
        return "+".join(versions) or None

    def close(self) -> None:
        """Let go of the snapshot and the threads."""
        self._checks.close()
        self._searches.close()
        self.reader.close()


def _sooner(deadline: float, seconds: float) -> float:
    """Return the deadline, or the end of so many seconds if that is earlier."""
    return min(deadline, asyncio.get_running_loop().time() + seconds)


def _why(error: Exception) -> str:
    return "the model did not answer in time" if isinstance(error, TimeoutError) else str(error).rstrip(".")
