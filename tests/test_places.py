"""Waiting in line counts: no question waits longer for its answer than the deadline says."""

import asyncio
import threading
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import pytest
from stub_model import BUDGET, ScriptedModel, hit_of, service_of
from web_server import ASK, client_of

from index.embedding.embedders import MiniLM
from index.store.snapshots import Snapshot
from qa.models import Answer, DoneEvent, HitsEvent, SearchEvent
from qa.models.errors import ModelTimeout, Overloaded, QAError, SearchTimeout
from qa.question.query import Query
from qa.retrieval.retriever import Retrieval, Retriever
from qa.service import QAService
from qa.workers import Places
from qa.writing.writer import ModelWriter

DEADLINE_S = 0.5


class Refusing:
    """A retriever that is reached when there is no place any more."""

    def retrieve(self, *_: object) -> Retrieval:
        raise Overloaded("Too many questions are being answered. Ask again in 5 s")


class Quick:
    """A retriever that finds the same at once: the deadline is then the model's."""

    def retrieve(self, *_: object) -> Retrieval:
        return Retrieval(hits=(hit_of("a.txt", "It rained."),))


async def failed(service: QAService) -> type[QAError]:
    with pytest.raises(QAError) as caught:
        await service.ask(ASK)
    return type(caught.value)


def test_the_deadline_counts_from_when_a_place_is_asked_for() -> None:
    """Who waits for a place has an earlier deadline than who asks later, and gets one at once elsewhere."""
    places, elsewhere = Places(1, 60.0), Places(1, 60.0)

    async def waiting() -> float:
        async with places.place() as deadline:
            return deadline

    async def both() -> tuple[float, float]:
        async with AsyncExitStack() as held:
            await held.enter_async_context(places.place())
            first = asyncio.ensure_future(waiting())
            await asyncio.sleep(0.01)
            async with elsewhere.place() as later:
                assert not first.done()
            await asyncio.sleep(0.01)
        return await first, later

    first, later = asyncio.run(both())
    assert first < later


def test_waiting_for_a_place_counts_and_the_place_is_free_again(data_dir: Path, embedder: MiniLM) -> None:
    model = ScriptedModel("It rained [1].", pause_s=3600)
    options: dict[str, Any] = {"deadline_s": DEADLINE_S, "max_concurrency": 1, "retriever": Quick()}
    service = service_of(data_dir, embedder, ModelWriter(model, BUDGET), **options)
    with service.snapshots.use():
        pass  # to open a snapshot takes time the first time

    async def crowd() -> list[type[QAError]]:
        first = asyncio.ensure_future(failed(service))
        await asyncio.sleep(DEADLINE_S / 2)
        found = [await first, await failed(service)]
        busy = asyncio.ensure_future(service.ask(ASK))
        await asyncio.sleep(0)
        found += await asyncio.gather(*(failed(service) for _ in range(3)))
        busy.cancel()
        await asyncio.wait({busy})
        return found

    found = asyncio.run(crowd())
    service.close()
    assert found[:2] == [ModelTimeout] * 2
    assert set(found[2:]) <= {ModelTimeout, SearchTimeout, Overloaded} and found[-1] is Overloaded


def test_who_found_no_place_is_told_when_to_come_back(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ModelWriter(ScriptedModel(""), BUDGET), retriever=Refusing())
    with client_of(service, data_dir) as client:
        for response in (client.post("/v1/ask", json={"question": ASK}), client.get("/v1/search", params={"q": ASK})):
            assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
            assert response.json()["type"] == "/docs#overloaded"


class Hanging:
    """A retriever that gives nothing until it is let go, and notes whether its snapshot was still open then."""

    def __init__(self) -> None:
        self.let_go, self.done = threading.Event(), threading.Event()
        self.could_read: bool | None = None

    def retrieve(self, snapshot: Snapshot, *_: object) -> Retrieval:
        self.let_go.wait(60)
        try:
            self.could_read = bool(snapshot.catalog.counts()[0])
        finally:
            self.done.set()
        return Retrieval()


def test_a_search_that_hangs_ends_at_the_deadline_and_keeps_its_snapshot(data_dir: Path, embedder: MiniLM) -> None:
    hanging = Hanging()
    service = service_of(
        data_dir,
        embedder,
        ModelWriter(ScriptedModel(""), BUDGET),
        retriever=hanging,
        deadline_s=DEADLINE_S,
        max_concurrency=1,
    )

    async def both() -> type[QAError]:
        asked = await failed(service)
        with pytest.raises(SearchTimeout, match=r"The search took longer than 0\.5 s\. Ask again, or raise QA_DEADL"):
            await service.search(ASK)
        return asked

    assert asyncio.run(both()) is SearchTimeout
    service.close()
    hanging.let_go.set()
    assert hanging.done.wait(20) and hanging.could_read


def test_a_search_that_hangs_is_a_problem_over_http(data_dir: Path, embedder: MiniLM) -> None:
    hanging = Hanging()
    service = service_of(data_dir, embedder, ModelWriter(ScriptedModel(""), BUDGET), retriever=hanging, deadline_s=0.1)
    with client_of(service, data_dir) as client:
        for response in (client.post("/v1/ask", json={"question": ASK}), client.get("/v1/search", params={"q": ASK})):
            assert (response.status_code, response.json()["type"]) == (504, "/docs#search-timeout")
        hanging.let_go.set()


class HangingLater(Retriever):
    """A retriever that answers the first question, and gives nothing to others until it is let go."""

    let_go: threading.Event
    searched = 0

    def retrieve(self, snapshot: Snapshot, query: Query) -> Retrieval:
        self.searched += 1
        if self.searched > 1:
            self.let_go.wait(60)
        return super().retrieve(snapshot, query)


def test_searches_that_hang_do_not_hold_up_an_answer_under_way(data_dir: Path, embedder: MiniLM) -> None:
    retriever, model = HangingLater(embedder, 8), ScriptedModel(["The US helps [1]. ", "It rained."])
    retriever.let_go, model.pause_s = threading.Event(), 0.2
    options: dict[str, Any] = {"deadline_s": 100.0, "max_concurrency": 40, "retriever": retriever}
    service = service_of(data_dir, embedder, ModelWriter(model, BUDGET), **options)

    async def among_others() -> Answer:
        async with aclosing(service.stream(ASK)) as events:
            assert isinstance(await anext(events), SearchEvent) and isinstance(await anext(events), HitsEvent)
            others = [asyncio.ensure_future(service.search(ASK)) for _ in range(36)]
            [answer] = [event.answer async for event in events if isinstance(event, DoneEvent)]
            assert not any(one.done() for one in others)
        retriever.let_go.set()
        assert len(await asyncio.gather(*others)) == 36
        return answer

    answer = asyncio.run(among_others())
    service.close()
    assert answer.citations
