"""Who may ask, from where, and how much: hosts, origins, keys, sizes, headers and the line of those who wait."""

import asyncio
import base64
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from fastapi.testclient import TestClient
from stub_model import service_of
from web_server import ASK, KEY, client_of, served

from index.embedding.embedders import MiniLM
from qa.web.access import HEADERS
from qa.web.limits import MAX_API_BODY, BodyLimit, Line, QuestionCap
from qa.writing.writer import ExtractiveWriter

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(data_dir: Path, embedder: MiniLM) -> Iterator[TestClient]:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with client_of(service, data_dir, page=True, allowed_hosts=("news.example",)) as client:
        yield client


@pytest.fixture(scope="module")
def locked(data_dir: Path, embedder: MiniLM) -> Iterator[TestClient]:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with client_of(service, data_dir, page=True, api_key=KEY) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/v1/ask", "/healthz", "/gradio_api/queue/join", "/config"])
@pytest.mark.parametrize(
    "host", ["evil.example", "", "localhost.evil.example", "127.0.0.1.evil.example", "x@localhost", "[::2]", "0.0.0.0"]
)
def test_a_foreign_host_name_is_refused(client: TestClient, path: str, host: str) -> None:
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 421


def test_a_forwarded_host_is_checked_too(client: TestClient) -> None:
    assert client.get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:7860", "news.example"])
def test_our_host_names_are_answered_at_any_port(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost.evil.example", "file://", "http://[::1", "http://[x]"]
)
@pytest.mark.parametrize("path", ["/v1/ask", "/gradio_api/queue/join", "/gradio_api/run/predict"])
def test_another_sites_page_may_not_send(client: TestClient, path: str, origin: str) -> None:
    response = client.post(path, json={"question": ASK}, headers={"Origin": origin})
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "news.example"])
def test_no_origin_is_given_leave(client: TestClient, host: str) -> None:
    for path in ("/", "/config", "/v1/articles"):
        response = client.get(path, headers={"Host": host, "Origin": f"http://{host}"})
        assert response.status_code == 200
        assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path", ["/", "/config", "/docs", "/healthz", "/nope", "/v1/articles", "/v1/ask", "/theme.css"]
)
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    response = client.get(path)
    for name, value in HEADERS.items():
        assert response.headers[name] == value


def test_the_policy_lets_nothing_in_or_out() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in HEADERS["content-security-policy"].split(";"))
    assert rules["default-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == rules["form-action"] == "'none'"
    assert "http" not in HEADERS["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/config", "/docs", "/metrics", "/openapi.json", "/v1/articles", "/v1/models"])
def test_without_the_key_nothing_is_shown(locked: TestClient, path: str) -> None:
    basic = base64.b64encode(f"anyone:{KEY}".encode()).decode()
    wrong = base64.b64encode(b"anyone:wrong").decode()
    for headers in (
        {},
        {"Authorization": KEY},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {KEY}x"},
        {"Authorization": f"Bearer {KEY[:-1]}"},
        {"Authorization": f"Basic {wrong}"},
        {"Authorization": "Basic ###"},
        {"X-API-Key": "wrong"},
        {"Cookie": f"key={KEY}"},
    ):
        response = locked.get(path, headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"]
    for headers in (
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": f"Basic {basic}"},
        {"X-API-Key": KEY},
    ):
        assert locked.get(path, headers=headers).status_code == 200


def test_the_pages_own_calls_need_the_key(locked: TestClient) -> None:
    for path in ("/gradio_api/queue/join", "/gradio_api/run/predict"):
        assert locked.post(path, json={}).status_code == 401
    assert locked.get("/gradio_api/queue/data").status_code == 401
    assert locked.get("/healthz").status_code == 200


def test_a_body_over_the_limit_is_refused(client: TestClient) -> None:
    room = MAX_API_BODY - len('{"question": ""}')
    over = b'{"question": "' + b" " * (room + 1) + b'"}'
    fits = b'{"question": "' + b" " * room + b'"}'
    assert len(fits) == MAX_API_BODY
    assert client.post("/v1/ask", content=over, headers=JSON).status_code == 413
    assert client.post("/v1/ask", content=fits, headers=JSON).status_code == 422


def test_a_body_in_chunks_is_counted_as_it_comes(client: TestClient) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield b" " * 4096

    assert client.post("/v1/ask", content=endless(), headers=JSON).status_code == 413


def test_a_body_that_is_declared_too_long_is_cut_off(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with served(service, data_dir) as address, socket.create_connection(("127.0.0.1", _port(address)), 10) as wire:
        head = "POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        wire.sendall(f"{head}Content-Length: 1000000000\r\n\r\n".encode() + b" " * (MAX_API_BODY + 1))
        assert wire.recv(100).startswith(b"HTTP/1.1 413")
        while wire.recv(65536):
            pass


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


@pytest.mark.parametrize("sort", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_read(client: TestClient, sort: str) -> None:
    headers = {"Content-Type": sort}
    assert client.post("/v1/ask", content=b'{"question": "why"}', headers=headers).status_code == 415


def test_no_content_encoding_is_read(client: TestClient) -> None:
    headers = JSON | {"Content-Encoding": "gzip"}
    assert client.post("/v1/ask", content=b"x", headers=headers).status_code == 415


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.web.limits.BODY_SECONDS", 0.05)
    sent: list[dict[str, object]] = []

    async def silent() -> dict[str, object]:
        await asyncio.sleep(60)
        return {}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def never(*_: object) -> None:
        raise AssertionError("the app must not be called")

    scope = {"type": "http", "method": "POST", "path": "/v1/ask", "headers": [(b"content-type", b"application/json")]}
    asyncio.run(BodyLimit(never)(scope, silent, send))
    assert sent[0]["status"] == 408


def test_who_comes_when_the_line_is_full_is_told_when_to_come_back() -> None:
    async def ask_three() -> list[dict[str, Any]]:
        free, sent = asyncio.Event(), []

        async def answering(*_: object) -> None:
            await free.wait()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        cap = QuestionCap(answering, line=Line(2))
        scope = {"type": "http", "path": "/v1/ask"}
        waiting = [asyncio.create_task(cap(scope, answering, send)) for _ in range(2)]
        await asyncio.sleep(0)
        await cap(scope, answering, send)
        free.set()
        await asyncio.gather(*waiting)
        await cap(scope, answering, send)
        return sent

    start, body = asyncio.run(ask_three())
    assert start["status"] == 503
    assert (b"retry-after", b"5") in start["headers"]
    assert json.loads(body["body"])["type"] == "/docs#overloaded"


def test_a_place_in_the_line_is_given_back_after_an_error() -> None:
    async def failing(*_: object) -> None:
        raise RuntimeError

    cap = QuestionCap(failing, line=Line(1))
    for _ in range(3):
        with pytest.raises(RuntimeError):
            asyncio.run(cap({"type": "http", "path": "/v1/ask"}, failing, failing))
