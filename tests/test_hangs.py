"""A question for which something hangs ends at its deadline, and holds up no other."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from stub_model import BUDGET, ScriptedModel, service_of
from web_server import ASK

from index.embedding.embedders import MiniLM
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from qa.checking.citations import Draft
from qa.checking.grounding import CheckResult, Grounder
from qa.models import DoneEvent, Event, RepairEvent, SearchEvent, StatementEvent
from qa.models.errors import ModelTimeout, Overloaded, SearchTimeout
from qa.prompting.evidence import EvidenceSentence
from qa.retrieval.retriever import Retrieval
from qa.service import QAService
from qa.writing.repair import RepairResult
from qa.writing.writer import ModelWriter

SOON_S = 0.1


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    """What hangs until it is set."""
    let_go = threading.Event()
    yield let_go
    let_go.set()


class Hanging:
    """A retriever that gives nothing until it is let go."""

    def __init__(self, let_go: threading.Event) -> None:
        self._let_go = let_go

    def retrieve(self, *_: object) -> Retrieval:
        self._let_go.wait(20)
        return Retrieval()


@pytest.fixture
def make(data_dir: Path, embedder: MiniLM) -> Iterator[Callable[..., QAService]]:
    made: list[QAService] = []

    def service(reply: Sequence[str], **options: Any) -> QAService:
        made.append(service_of(data_dir, embedder, ModelWriter(ScriptedModel(reply), BUDGET), **options))
        with made[-1].snapshots.use():
            pass  # to open a snapshot takes time the first time
        return made[-1]

    yield service
    for one in made:
        one.close()


def test_where_searches_hang_the_next_question_fails_at_once(
    make: Callable[..., QAService], let_go: threading.Event
) -> None:
    service = make([""], retriever=Hanging(let_go), deadline_s=SOON_S, max_concurrency=60)

    async def crowd() -> None:
        ends: set[type] = set()
        while Overloaded not in ends:  # on a slow machine not every thread has begun at the first deadline
            searches = (service.search(ASK) for _ in range(60))
            ends = {type(end) for end in await asyncio.gather(*searches, return_exceptions=True)}
            assert ends <= {SearchTimeout, Overloaded}
        for again in (service.ask(ASK), service.search(ASK)):
            with pytest.raises(Overloaded, match=r"See whether the disk.* start Newsdesk again"):
                await again

    asyncio.run(crowd())


def test_a_service_that_is_closed_in_mid_answer_leaves_no_snapshot_open(make: Callable[..., QAService]) -> None:
    service = make(["It rained [1]."])

    async def closed() -> None:
        async with aclosing(service.stream(ASK)) as events:
            assert isinstance(await anext(events), SearchEvent)
            service.close()
            with pytest.raises(Overloaded, match="stopping"):
                await anext(events)

    asyncio.run(closed())
    assert not service.snapshots._readers


class HangingData(DataFolder):
    """A data folder on a disk that does not answer until it is let go."""

    let_go: threading.Event

    def require_current(self) -> Path:
        self.let_go.wait(20)
        return super().require_current()


def test_a_disk_that_hangs_holds_up_nothing_but_its_question(
    data_dir: Path, embedder: MiniLM, let_go: threading.Event
) -> None:
    service = service_of(data_dir, embedder, ModelWriter(ScriptedModel(""), BUDGET), deadline_s=SOON_S)
    data = HangingData(data_dir)
    data.let_go = let_go
    service.snapshots = SnapshotReader(data, embedder.id)

    async def beside() -> int:
        ticks, asked = 0, asyncio.ensure_future(service.ask(ASK))
        while not asked.done():
            ticks += 1
            await asyncio.sleep(0.01)
        with pytest.raises(SearchTimeout):
            await asked
        return ticks

    assert asyncio.run(beside()) > 3
    service.close()
    let_go.set()
    service._searches._pool.shutdown(wait=True)
    assert not service.snapshots._readers


class SlowSecond(Grounder):
    """A check that hangs from the second statement on."""

    let_go: threading.Event
    checked = 0

    def judge(
        self, statement: str, cited: Sequence[EvidenceSentence], shown: Sequence[EvidenceSentence] = ()
    ) -> CheckResult:
        self.checked += 1
        if self.checked > 1:
            self.let_go.wait(20)
        return super().judge(statement, cited, shown)


def test_a_check_that_hangs_ends_at_the_deadline_with_what_was_checked(
    make: Callable[..., QAService], embedder: MiniLM, let_go: threading.Event
) -> None:
    grounder = SlowSecond(embedder)
    grounder.let_go = let_go
    service = make(
        ["The US helps Pakistan [1]. ", "It rained [2]. ", "It snowed [3]."], grounder=grounder, deadline_s=1
    )

    async def told() -> tuple[list[str], ModelTimeout]:
        texts = []
        with pytest.raises(ModelTimeout, match=r"The answer took longer than 1 s") as caught:
            async for event in service.stream(ASK):
                texts += [event.statement.text] if isinstance(event, StatementEvent) else []
        return texts, caught.value

    texts, error = asyncio.run(told())
    assert texts == ["The US helps Pakistan [1]."] and error.hits


class Mending:
    """A repairer that writes a statement again."""

    prompt_version = None

    async def repair(self, *_: object) -> RepairResult:
        return RepairResult({0: Draft.parsed("The US helps Pakistan with 4 million dollars [1].")})


def test_a_check_of_what_is_written_again_ends_at_the_deadline(
    make: Callable[..., QAService], embedder: MiniLM, let_go: threading.Event
) -> None:
    grounder = SlowSecond(embedder)
    grounder.let_go = let_go
    service = make(["It snowed on 99 dogs [1]."], grounder=grounder, deadline_s=1, repairer=Mending())

    async def asked() -> list[Event]:
        return [event async for event in service.stream(ASK)]

    *events, done = asyncio.run(asked())
    assert any(isinstance(event, RepairEvent) for event in events) and isinstance(done, DoneEvent)
    answer = done.answer
    assert [one.text for one in answer.statements] == ["It snowed on 99 dogs [1]."]
    assert any("could not be written again: The answer took longer than 1 s" in note for note in answer.notes)
