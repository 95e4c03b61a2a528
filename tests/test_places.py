"""Waiting in line counts: no question waits longer for its answer than the deadline says."""

import asyncio
import time
from pathlib import Path

import pytest
from stub_model import ScriptedModel, service_of
from web_server import ASK, client_of

from index.embedding import MiniLM
from qa.errors import ModelTimeout, Overloaded, QAError
from qa.retrieval import Retrieval
from qa.service import QAService
from qa.writing import ModelWriter

DEADLINE_S = 0.5


class Refusing:
    """A retriever that is reached when there is no place any more."""

    def retrieve(self, *_: object) -> Retrieval:
        raise Overloaded("Too many questions are being answered. Ask again in 5 s")


async def failed(service: QAService) -> tuple[type[QAError], float]:
    began = time.monotonic()
    with pytest.raises(QAError) as caught:
        await service.ask(ASK)
    return type(caught.value), time.monotonic() - began


def test_waiting_for_a_place_counts_and_the_place_is_free_again(data_dir: Path, embedder: MiniLM) -> None:
    model = ScriptedModel("It rained [1].", pause_s=30)
    service = service_of(data_dir, embedder, ModelWriter(model), deadline_s=DEADLINE_S, max_concurrency=1)

    async def crowd() -> list[tuple[type[QAError], float]]:
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
    assert [kind for kind, _ in found[:2]] == [ModelTimeout] * 2
    assert {kind for kind, _ in found[2:]} <= {ModelTimeout, Overloaded} and found[-1][0] is Overloaded
    assert all(DEADLINE_S * 0.9 < took < DEADLINE_S * 1.8 for _, took in found)


def test_who_found_no_place_is_told_when_to_come_back(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ModelWriter(ScriptedModel("")), retriever=Refusing())
    with client_of(service, data_dir) as client:
        for response in (client.post("/v1/ask", json={"question": ASK}), client.get("/v1/search", params={"q": ASK})):
            assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
            assert response.json()["type"] == "/docs#overloaded"
