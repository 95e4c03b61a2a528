"""What who runs the service relies on: ids, logs, metrics, named keys, rates, a budget, and answers to odd requests."""

import asyncio
import hashlib
import json
import logging
import shutil
import socket
import threading
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from altered_files import altered
from conftest import WordReader
from fastapi.testclient import TestClient
from filelock import FileLock
from stub_model import service_of
from web_server import ASK, KEY, client_of, served

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder
from qa.llm.spending import PaidModel, Purse
from qa.models import Usage
from qa.models.errors import BudgetSpent, InvalidSettings, QAError
from qa.settings import load_settings
from qa.web.logs import begin_log
from qa.writing.writer import ExtractiveWriter

NAMED = "a second key that is long"


@pytest.fixture(scope="module")
def client(data_dir: Path, embedder: MiniLM) -> Iterator[TestClient]:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with client_of(service, data_dir, api_key=KEY, api_keys=f"desk:{_sha256(NAMED)}", rate_limit="3/minute") as client:
        yield client


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_request_keeps_its_id_and_another_gets_one_which_its_problem_names(client: TestClient) -> None:
    known = client.get("/healthz", headers={"X-Request-ID": "trace-7"})
    assert known.headers["x-request-id"] == "trace-7"
    for odd in ("a b", "x" * 65, "<i>", ""):
        refused = client.get("/v1/models", headers={"X-Request-ID": odd})
        given = refused.headers["x-request-id"]
        assert given != odd and len(given) == 32
        assert refused.json()["error"]["code"] == "unauthorized"
    missing = client.get("/nowhere", headers=_bearer(KEY) | {"X-Request-ID": "trace-8"})
    assert missing.json()["instance"] == "/requests/trace-8"


def test_named_keys_open_the_service_and_questions_of_each_are_counted_apart(client: TestClient) -> None:
    for key in (KEY, NAMED):
        statuses = [client.get("/v1/search", params={"q": ASK}, headers=_bearer(key)).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
    refused = client.post("/v1/ask", json={"question": ASK}, headers=_bearer(NAMED))
    assert (refused.status_code, refused.json()["type"]) == (429, "/docs#rate-limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert client.get("/v1/models", headers=_bearer(NAMED)).status_code == 200


def test_without_named_keys_the_questions_of_an_address_are_counted(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with client_of(service, data_dir, rate_limit="1/hour") as client:
        replies = [client.get("/v1/search", params={"q": ASK}) for _ in range(2)]
        assert [reply.status_code for reply in replies] == [200, 429]
        assert replies[1].json()["type"] == "/docs#rate-limited"


def test_what_serves_in_place_of_a_damaged_snapshot_is_said_and_without_any_the_command(
    data_dir: Path, embedder: MiniLM, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = DataFolder(Path(shutil.copytree(data_dir, tmp_path / "data")))
    shutil.copytree(data.snapshots / "000001", data.snapshots / "000002")
    (data.root / "CURRENT").write_text("000002\n")
    altered(data.snapshots / "000002" / "catalog.sqlite", b"")
    with client_of(service_of(data.root, embedder, ExtractiveWriter(WordReader())), data.root) as client:
        [note] = client.get("/readyz").json()["notes"]
        assert "newest snapshot that is whole, 000001" in note and "newsdesk doctor" in note
        assert note in client.post("/v1/ask", json={"question": ASK}).json()["notes"]
        assert "newsdesk_snapshot_is_newest 0.0" in client.get("/metrics").text
        assert "000001 is used in its place" in caplog.text
        altered(data.snapshots / "000001" / "catalog.sqlite", b"")
        for reply in (client.get("/readyz"), client.post("/v1/ask", json={"question": ASK})):
            assert (reply.status_code, reply.json()["type"]) == (503, "/docs#index-damaged")
            assert "newsdesk index" in reply.json()["detail"] and str(tmp_path) not in reply.text
        assert client.get("/healthz").status_code == 200


def test_whoever_has_no_key_learns_that_it_is_ready_and_no_more(client: TestClient) -> None:
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.get("/readyz", headers=_bearer(NAMED)).json()["snapshot"] == "000001"
    assert client.get("/metrics").status_code == 401


def test_the_log_has_a_line_a_request_as_json_and_never_a_question_or_a_key(
    data_dir: Path, embedder: MiniLM, capfd: pytest.CaptureFixture[str]
) -> None:
    before = {name: (log.handlers, log.propagate, log.level) for name, log in _logs()}
    begin_log("json")
    try:
        service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
        with client_of(service, data_dir, api_key=KEY) as client:
            client.post("/v1/ask", json={"question": ASK}, headers=_bearer(KEY) | {"X-Request-ID": "trace-9"})
            client.get("/v1/search", params={"q": ASK}, headers=_bearer(KEY))
            client.post("/v1/ask", json={"question": ASK, "more": ASK}, headers=_bearer(KEY))
            client.get("/v1/articles/no-such-article", headers=_bearer(KEY))
            client.get("/v1/models", headers=_bearer("wrong key"))
    finally:
        for name, log in _logs():
            log.handlers, log.propagate, log.level = before[name]
    said = capfd.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    asked = [line for line in lines if line["message"] == "request"]
    assert [line["status"] for line in asked] == [200, 200, 422, 404, 401]
    assert asked[0]["request_id"] == "trace-9"
    assert (asked[0]["method"], asked[0]["route"]) == ("POST", "/v1/ask")
    assert all(secret not in said for secret in (ASK, "Masood", KEY, "wrong key", "no-such-article"))


def _logs() -> list[tuple[str, logging.Logger]]:
    return [(name, logging.getLogger(name)) for name in ("newsdesk", "uvicorn", "uvicorn.error")]


def test_the_metrics_count_answers_statements_and_failures(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader(sure={"cricket": 0.0})))
    with client_of(service, data_dir) as client:
        client.post("/v1/ask", json={"question": ASK})
        client.post("/v1/ask", json={"question": ""})
        text = client.get("/metrics").text
    assert 'newsdesk_answers_total{status="answered"} 1.0' in text
    assert 'newsdesk_failures_total{error="InvalidQuestion"} 1.0' in text
    assert 'newsdesk_statements_total{support="supported"}' in text
    assert 'newsdesk_step_seconds_count{step="total"} 1.0' in text
    assert "newsdesk_questions_under_way 0.0" in text
    assert "newsdesk_snapshot_is_newest 1.0" in text
    assert "Masood" not in text


def test_a_client_that_sends_five_megabytes_reads_why_they_are_refused(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    body = b" " * 5_000_000
    with served(service, data_dir) as address:
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), 30) as wire:
            head = f"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
            wire.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
            said = b""
            while piece := wire.recv(65536):
                said += piece
    assert said.startswith(b"HTTP/1.1 413") and b"larger than 64 KB" in said


class Priced:
    """A model that says nothing at a price."""

    name = "priced"

    def __init__(self, cost: float | None) -> None:
        self._cost = cost

    async def reply(self, *_: object) -> AsyncGenerator[str | Usage, None]:
        yield "So."
        yield Usage(prompt_tokens=10, completion_tokens=2, cost=self._cost)


async def _replied(model: PaidModel) -> str:
    return "".join([piece async for piece in model.reply([]) if isinstance(piece, str)])


def test_once_the_budget_of_a_day_is_spent_no_model_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "data" / "spent.json"
    model = PaidModel(Priced(0.4), Purse(file, 1.0))
    for _ in range(3):
        assert asyncio.run(_replied(model)) == "So."
    with pytest.raises(BudgetSpent, match=r"\$1 today.*QA_BUDGET_DAY") as spent:
        asyncio.run(_replied(PaidModel(Priced(0.4), Purse(file, 1.0))))
    assert 0 < spent.value.retry_after <= 86_401
    monkeypatch.setattr("qa.llm.spending._today", lambda: "2999-01-01")
    assert asyncio.run(_replied(model)) == "So."
    file.write_text("{")
    with pytest.raises(QAError, match="Correct or delete"):
        asyncio.run(_replied(model))


def test_a_call_is_not_paid_for_on_the_event_loop(tmp_path: Path) -> None:
    on_the_loop: list[bool] = []

    class Watched(Purse):
        def pay(self, usage: Usage) -> None:
            on_the_loop.append(threading.current_thread() is threading.main_thread())
            super().pay(usage)

    purse = Watched(tmp_path / "spent.json", 1.0)
    assert asyncio.run(_replied(PaidModel(Priced(0.4), purse))) == "So."
    assert (on_the_loop, purse.spent()) == ([False], 0.4)


def test_a_cost_that_cannot_be_written_down_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "spent.json"
    with (
        FileLock(file.with_suffix(".lock")),
        pytest.raises(QAError, match=r"spent\.lock.*stop the process that holds it"),
    ):
        asyncio.run(_replied(PaidModel(Priced(0.4), Purse(file, 1.0, lock_s=0))))


def test_a_model_without_a_price_cannot_be_held_to_a_budget(tmp_path: Path) -> None:
    with pytest.raises(QAError, match="Unset QA_BUDGET_DAY"):
        asyncio.run(_replied(PaidModel(Priced(None), Purse(tmp_path / "spent.json", 1.0))))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("QA_API_KEYS", "desk", "newsdesk key new"),
        ("QA_API_KEYS", "desk:abc", "newsdesk key new"),
        ("QA_API_KEYS", "a b:" + "0" * 64, "newsdesk key new"),
        ("QA_RATE_LIMIT", "many", "60/minute"),
        ("QA_RATE_LIMIT", "0/minute", "60/minute"),
        ("QA_BUDGET_DAY", "0", "QA_BUDGET_DAY"),
        ("QA_LOG", "xml", "QA_LOG"),
    ],
)
def test_a_setting_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings, match=said):
        load_settings()
