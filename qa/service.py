"""The one way from a question to an answer: search, write, cite, check, and only then send it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TypeVar

from index.errors import IndexingError, SnapshotBroken
from index.models import EVERYTHING, Scope
from index.store.reader import SnapshotReader
from index.store.snapshots import Snapshot
from qa.answer_draft import AnswerDraft, WriterRemark
from qa.checking.attribution import Attribution
from qa.checking.checked import CheckedStatement
from qa.checking.citations import CitationBook, Draft
from qa.checking.grounding import FIGURES_ALONE, NOT_CITED, Grounder
from qa.checking.second_look import SECOND_LOOK_S, SecondLook, SecondLookResult
from qa.collection.listing import Collection, Listing, listing_within
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
from qa.models.errors import ModelTimeout, QAError, SearchTimeout
from qa.prompting.context import Context
from qa.prompting.evidence import number_evidence
from qa.question.query import Query, understand
from qa.question.rewriting import Rewriter, Understood, rewritten
from qa.question.scopes import require_known
from qa.retrieval.retriever import Retrieval, Retriever
from qa.workers import Places, Threads
from qa.writing.repair import REPAIR_S, Repairer, RepairResult
from qa.writing.writer import Assignment, Writer

_T = TypeVar("_T")
_LATE = "{} took longer than {:g} s. Ask again, or raise QA_DEADLINE_S"
_WITHDRAWN = "Sentences that the model took back because their sources do not bear them out: {}."
_NOT_REPAIRED = "The sentences that fail the check could not be written again: {}."
_NOT_JUDGED = "The second look at this answer could not be made: {}."


class QAService:
    """Answers questions from the snapshot in use; all faces of the program call this one."""

    def __init__(
        self,
        snapshots: SnapshotReader,
        retriever: Retriever,
        writer: Writer,
        grounder: Grounder,
        *,
        deadline_s: float,
        max_concurrency: int,
        repairer: Repairer | None = None,
        second_look: SecondLook | None = None,
        attribution: Attribution | None = None,
        rewriter: Rewriter | None = None,
        collection: Collection | None = None,
    ) -> None:
        """Answer at most `max_concurrency` questions at once, each within `deadline_s` seconds of being asked.

        `repairer` has statements with a fact that stands nowhere written again, `second_look` judges the others once
        they are sent, `attribution` finds evidence for those that cite none, `rewriter` makes follow-ups stand alone,
        `collection` answers questions about the collection itself.
        """
        self.snapshots, self._retriever, self._writer, self._grounder = snapshots, retriever, writer, grounder
        self._repairer, self._second_look, self._rewriter = repairer, second_look, rewriter
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

    async def ask(
        self, question: str, history: Sequence[Turn] = (), wishes: Wishes = NO_WISHES, scope: Scope = EVERYTHING
    ) -> Answer:
        """Return the answer to a question; raises QAError or IndexingError."""
        async with aclosing(self.stream(question, history, wishes, scope)) as events:
            async for event in events:
                if isinstance(event, DoneEvent):
                    return event.answer
        raise QAError("The answer was not finished. Ask again")

    async def stream(
        self, question: str, history: Sequence[Turn] = (), wishes: Wishes = NO_WISHES, scope: Scope = EVERYTHING
    ) -> AsyncGenerator[Event, None]:
        """Yield what is searched for, the hits, each statement once it is checked, then the whole answer.

        Only the articles within `scope` are searched, counted and shown. A snapshot that turns out to be damaged before
        the hits are sent is left for the one before it. The `watchers` are called with the answer, or with the error.
        Raises InvalidQuestion, InvalidScope, Overloaded, SearchTimeout, NoSnapshot, SnapshotBroken or EmbedderMismatch,
        and once the hits are there the errors of the model, which carry them.
        """
        try:
            query = understand(question, history, scope)
            async with aclosing(self._from_a_whole_snapshot(query, history, wishes)) as events:
                async for event in events:
                    if isinstance(event, DoneEvent):
                        self._notify(event.answer)
                    yield event
        except (QAError, IndexingError) as error:
            self._notify(error)
            raise

    def _notify(self, outcome: Answer | Exception) -> None:
        for watcher in self.watchers:
            watcher(outcome)

    async def _from_a_whole_snapshot(
        self, query: Query, history: Sequence[Turn], wishes: Wishes
    ) -> AsyncGenerator[Event, None]:
        began = time.monotonic()
        search_was_sent = hits_were_sent = False
        async with self._places.place() as deadline:
            for is_last_try in (False, True):
                try:
                    async with aclosing(self._streamed(query, history, wishes, began, deadline)) as events:
                        async for event in events:
                            hits_were_sent = hits_were_sent or isinstance(event, HitsEvent)
                            # A second try searches for the same thing, and need not say so again.
                            if not (search_was_sent and isinstance(event, SearchEvent)):
                                yield event
                            search_was_sent = True
                    return
                except SnapshotBroken:
                    if is_last_try or hits_were_sent:
                        raise

    async def _streamed(
        self, query: Query, history: Sequence[Turn], wishes: Wishes, began: float, deadline: float
    ) -> AsyncGenerator[Event, None]:
        async with self._searches.entered(self.snapshots.use(), deadline) as snapshot:
            understood = await self._understood(snapshot, query, history, deadline)
            yield SearchEvent(parts=understood.query.parts, rewritten=understood.query.rewritten)
            if listing := await self._listed(snapshot, understood, deadline):
                retrieval, book = Retrieval(listing.hits, listing.understanding), CitationBook(listing.evidence)
                draft = AnswerDraft(understood.query, retrieval, snapshot.name, book, began, usage=understood.usage)
                draft.notes = [*snapshot.notes, *understood.notes]
                for event in listing.events(draft):
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

    async def search(
        self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING, *, explain: bool = False
    ) -> SearchResult:
        """Return the hits for a question, and with `explain` all that was ranked; raises as `stream` does."""
        query = understand(question, history, scope)
        async with self._places.place() as deadline:
            try:
                return await self._searched(query, history, deadline, explain)
            except SnapshotBroken:  # the one before it may be whole
                return await self._searched(query, history, deadline, explain)

    async def _searched(self, query: Query, history: Sequence[Turn], deadline: float, explain: bool) -> SearchResult:
        async with self._searches.entered(self.snapshots.use(), deadline) as snapshot:
            understood = await self._understood(snapshot, query, history, deadline)
            retrieval = await self._retrieved(snapshot, understood, deadline)
            return SearchResult(
                question=query.question,
                snapshot=snapshot.name,
                understanding=retrieval.understanding,
                hits=retrieval.hits,
                considered=retrieval.explained() if explain else (),
            )

    async def read(self, query: Callable[[Snapshot], _T]) -> _T:
        """Return the result of `query` on the snapshot in use, by the deadline; raises as `search` does."""

        def read() -> _T:
            with self.snapshots.use() as snapshot:
                return query(snapshot)

        deadline = asyncio.get_running_loop().time() + self._deadline_s
        try:
            return await self._searches.run(read, deadline)
        except SnapshotBroken:
            return await self._searches.run(read, deadline)

    async def _understood(
        self, snapshot: Snapshot, query: Query, history: Sequence[Turn], deadline: float
    ) -> Understood:
        """Return a question as it is searched for; raises InvalidScope where its scope names what is not."""
        if query.scope != EVERYTHING:
            require = partial(require_known, snapshot, query.scope)
            await self._searches.run(require, deadline, self.snapshots.use(snapshot))
        return await rewritten(self._rewriter, query, history, deadline)

    async def _listed(self, snapshot: Snapshot, understood: Understood, deadline: float) -> Listing | None:
        """Return the listing that answers a question about the collection, by the deadline; None for another."""
        if not self._collection and understood.query.scope == EVERYTHING:
            return None
        find = partial(listing_within, self._collection, snapshot, understood.query)
        return await self._searches.run(find, deadline, self.snapshots.use(snapshot))

    async def _retrieved(self, snapshot: Snapshot, understood: Understood, deadline: float) -> Retrieval:
        """Search by the deadline; a search that goes on after it keeps its snapshot open until it ends."""
        search = partial(self._retriever.retrieve, snapshot, understood.query)
        retrieval = await self._searches.run(search, deadline, self.snapshots.use(snapshot))
        notes = (*snapshot.notes, *understood.notes, *retrieval.understanding.notes)
        changes = {"rewritten": understood.query.rewritten, "notes": notes}
        return replace(retrieval, understanding=retrieval.understanding.model_copy(update=changes))

    async def _search(self, snapshot: Snapshot, understood: Understood, began: float, deadline: float) -> AnswerDraft:
        retrieval = await self._retrieved(snapshot, understood, deadline)
        book = CitationBook(number_evidence(retrieval.hits))
        draft = AnswerDraft(understood.query, retrieval, snapshot.name, book, began, usage=understood.usage)
        draft.clock("hits")
        return draft

    async def _write(
        self, snapshot: Snapshot, draft: AnswerDraft, history: Sequence[Turn], wishes: Wishes, deadline: float
    ) -> AsyncGenerator[StatementEvent | RepairEvent | VerdictEvent, None]:
        """Yield the statements as they are checked, then the verdicts of the second look.

        One with a fact that stands nowhere waits for the repair, and what follows waits with it: so no words ever
        change once they are sent.
        """
        articles = snapshot.lexical, snapshot.catalog.passages_of
        assignment = Assignment(draft.query, draft.retrieval, draft.book.evidence, history, *articles, wishes)
        to_be_judged = bool(self._second_look)
        try:
            async with aclosing(self._drafted(draft, assignment, deadline)) as statements:
                async for checked in statements:
                    draft.written.append(checked)
                    if draft.waiting or (self._repairer and draft.context and checked.result.is_hard):
                        draft.waiting.append(checked)
                    else:
                        for event in draft.add(checked, to_be_judged):
                            yield event
            failing = [checked for checked in draft.waiting if checked.result.is_hard]
            if failing and self._repairer and draft.context:
                yield RepairEvent(statements=len(failing))
                await self._repair(
                    draft, self._repairer.repair(draft.context, draft.written, failing), failing, deadline
                )
        except QAError:
            for last in draft.break_off():
                yield last
            raise
        for event in (*draft.add_waiting(to_be_judged), *draft.release_uncited()):
            yield event
        if self._second_look and draft.pending:
            for verdict in await self._judged(draft, self._second_look, assignment, deadline):
                yield verdict

    async def _drafted(
        self, draft: AnswerDraft, assignment: Assignment, deadline: float
    ) -> AsyncGenerator[CheckedStatement, None]:
        async with aclosing(self._writer.write(assignment)) as outputs:
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        output = await anext(outputs, None)
                except TimeoutError:
                    raise self._late() from None
                if output is None:
                    return
                if isinstance(output, Usage):
                    draft.usage += output
                elif isinstance(output, Context):
                    draft.use(output)
                elif isinstance(output, WriterRemark):
                    draft.take(output)
                elif any(map(str.isalnum, output.text)):
                    checked = await self._checked(draft, output, deadline)
                    yield await self._attributed(draft, checked, assignment, deadline)

    async def _checked(self, draft: AnswerDraft, statement: Draft, deadline: float) -> CheckedStatement:
        cited = draft.book.cited(statement)
        check = partial(self._grounder.judge, statement.claim, cited, draft.evidence)
        return CheckedStatement(statement, cited, await self._checks.run(check, deadline))

    async def _attributed(
        self, draft: AnswerDraft, checked: CheckedStatement, assignment: Assignment, deadline: float
    ) -> CheckedStatement:
        """Give a statement that cites nothing its evidence, if that is about the same and holds its facts.

        The evidence is what a possible marker at its end points at, else the next marker of its paragraph, else what
        the reader ranks first of the sources that its writer lists, or of all evidence. A statement that none of them
        bears out cites that next marker or those sources, and is judged by them.
        """
        if not self._attribution or NOT_CITED not in checked.result.problems:
            return checked
        statement = checked.draft
        covered, bracketed = statement.covered(), statement.bracketed()
        for cited in filter(None, (bracketed, covered)):
            other = await self._checked(draft, cited, deadline)
            # In another language nothing tells "(3)" from an age, but for the form of the other markers.
            is_age = cited is bracketed and statement.reply_has_markers and FIGURES_ALONE in other.result.problems
            if other.may_stand and not is_age:
                return other
        listed = [sentence for sentence in draft.evidence if sentence.number in statement.sources]
        find = partial(self._attribution.nearest, statement.claim, listed or draft.evidence, assignment.statistics)
        numbers = [sentence.number for sentence in await self._checks.run(find, deadline)]
        nearest = await self._checked(draft, statement.citing(numbers), deadline)
        # The reader cannot tell what a statement in another language is about.
        if nearest.may_stand and FIGURES_ALONE not in nearest.result.problems:
            return nearest
        last = covered or (statement.citing(statement.sources) if listed else None)
        return await self._checked(draft, last, deadline) if last else checked

    async def _repair(
        self, draft: AnswerDraft, repair: Awaitable[RepairResult], failing: Sequence[CheckedStatement], deadline: float
    ) -> None:
        """Replace failing statements by the model's new ones where those are better; else they stay, marked."""
        new: dict[int, CheckedStatement] = {}
        withdrawn: set[int] = set()
        try:
            async with asyncio.timeout_at(_sooner(deadline, REPAIR_S)):
                repaired = await repair
            draft.usage += repaired.usage
            for index, statement in repaired.drafts.items():
                if statement is None:
                    # By identity: two failing statements may be equal in all they say.
                    withdrawn.add(id(failing[index]))
                elif (checked := await self._checked(draft, statement, deadline)).is_better_than(failing[index]):
                    new[id(failing[index])] = checked
        except (QAError, TimeoutError) as error:
            draft.notes.append(_NOT_REPAIRED.format(_why(error)))
            return
        draft.waiting = [new.get(id(checked), checked) for checked in draft.waiting if id(checked) not in withdrawn]
        if withdrawn:
            draft.notes.append(_WITHDRAWN.format(len(withdrawn)))
        draft.clock("repaired")

    async def _judged(
        self, draft: AnswerDraft, second_look: SecondLook, assignment: Assignment, deadline: float
    ) -> list[VerdictEvent]:
        """Return the last verdict on each pending statement: the model's, or without it that of the local check.

        A statement that the model says is borne out elsewhere has to pass the local check there; else it is not judged.
        """
        pending, judged, elsewhere = list(draft.pending.values()), SecondLookResult({}), {}
        try:
            async with asyncio.timeout_at(_sooner(deadline, SECOND_LOOK_S)):
                find = partial(second_look.related, pending, draft.evidence, assignment.statistics)
                judged = await second_look.judge(pending, draft.evidence, await self._checks.run(find, deadline))
                for index, numbers in judged.elsewhere.items():
                    checked = await self._checked(draft, pending[index].draft.citing(numbers), deadline)
                    if not checked.result.is_hard and len(checked.cited) > len(pending[index].cited):
                        elsewhere[index] = checked.draft
        except (QAError, TimeoutError) as error:
            draft.notes.append(_NOT_JUDGED.format(_why(error)))
        draft.usage += judged.usage
        draft.clock("looked")
        unproven = judged.elsewhere.keys() - elsewhere.keys()
        results = {index: result for index, result in judged.results.items() if index not in unproven}
        return draft.settle(results, elsewhere)

    def _prompt_version(self) -> str | None:
        """Return the versions of all prompts that an answer may have been made with."""
        parts = (self._writer, self._repairer, self._second_look, self._rewriter)
        versions = dict.fromkeys(part.prompt_version for part in parts if part and part.prompt_version)
        return "+".join(versions) or None

    def close(self) -> None:
        """Let go of the snapshot and the threads."""
        self._checks.close()
        self._searches.close()
        self.snapshots.close()


def _sooner(deadline: float, seconds: float) -> float:
    return min(deadline, asyncio.get_running_loop().time() + seconds)


def _why(error: Exception) -> str:
    return "the model did not answer in time" if isinstance(error, TimeoutError) else str(error).rstrip(".")
