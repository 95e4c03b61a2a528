"""Errors over HTTP: every error has a kind, and no bad request gets more than a problem."""

import inspect
import json
import logging
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stub_model import BUDGET, ScriptedModel, service_of
from web_server import ASK, client_of

import index.errors
import qa.models.errors
from index.embedding.embedders import MiniLM
from qa.models.errors import MissingKey, QAError
from qa.web.problems import ALL_KINDS, KINDS, UNEXPECTED, detail_of, kind_of
from qa.writing.writer import ExtractiveWriter, ModelWriter

JSON = {"Content-Type": "application/json"}
HOSTILE = [
    rb'{"question": "\ud800"}',
    rb'{"question": "why \udfff then"}',
    rb'{"question": "why", "\ud800": 1}',
    rb'{"question": "why", "history": [{"question": "\ud800"}]}',
    b'{"question": NaN}',
    b'{"question": Infinity}',
    b'{"question": 1e999}',
    b'{"question": -0}',
    b'{"question": ' + b"9" * 5000 + b"}",
    b'{"question": null}',
    b'{"question": true}',
    b'{"question": ["why"]}',
    b'{"question": "why", "question": 1}',
    b'{"question": "why", "top_k": 5}',
    b'{"question": "why", "history": [{"question": "x"}, 1]}',
    b'{"question": "why", "history": ' + json.dumps([{"question": "x"}] * 21).encode() + b"}",
    b'{"question": "why",}',
    b'{"question": "why"} // x',
    b'\xef\xbb\xbf{"question": "why"}x',
    b'{"question": "\xff\xfe"}',
    b'{"question": "\x00"}',
    b"[" * 30000,
    b'{"a":' * 10000,
    b'"why"',
    b"[]",
    b"null",
    b"",
    b"\x00",
]


@pytest.fixture(scope="module")
def client(data_dir: Path, embedder: MiniLM) -> Iterator[TestClient]:
    with client_of(service_of(data_dir, embedder, ExtractiveWriter(WordReader())), data_dir, page=True) as client:
        yield client


def checked(response: Any) -> dict[str, Any]:
    """The members of a problem, once it is one."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) - {"errors", "hits"} == {"type", "title", "status", "detail", "instance"}
    assert problem["status"] == response.status_code
    assert problem["detail"].endswith((".", "!", "?")) and not problem["detail"].endswith("..")
    assert problem["type"].removeprefix("/docs#") in {kind.slug for kind in ALL_KINDS}
    return problem


def test_every_error_has_a_kind() -> None:
    for module in (index.errors, qa.models.errors):
        for _, error in inspect.getmembers(module, inspect.isclass):
            if issubclass(error, index.errors.IndexingError | QAError):
                assert kind_of(error("x")) is not UNEXPECTED
                assert detail_of(error("x. Ask again")).endswith(".")
    assert [detail_of(QAError(said)) for said in ("No", "No.", "No?")] == ["No.", "No.", "No?"]
    assert len({kind.slug for kind in ALL_KINDS}) == len(ALL_KINDS)
    assert all(kind in ALL_KINDS for kind in KINDS.values())


def test_an_unexpected_error_tells_nothing() -> None:
    assert "secret" not in detail_of(RuntimeError("secret"))


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:30]))
@pytest.mark.parametrize("path", ["/v1/ask", "/v1/ask/stream"])
def test_a_hostile_body_is_the_senders_fault(client: TestClient, path: str, body: bytes) -> None:
    response = client.post(path, content=body, headers=JSON)
    assert 400 <= response.status_code < 500
    checked(response)


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:30]))
def test_a_hostile_body_gets_openais_shape_where_that_is_spoken(client: TestClient, body: bytes) -> None:
    response = client.post("/v1/chat/completions", content=body, headers=JSON)
    assert 400 <= response.status_code < 500
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=JSON_VALUES, more=st.dictionaries(st.text(), JSON_VALUES, max_size=2))
def test_no_body_is_the_servers_fault(client: TestClient, question: Any, more: dict[str, Any]) -> None:
    body = json.dumps({"question": question} | more).encode()
    assert client.post("/v1/ask", content=body, headers=JSON).status_code in (200, 400, 413, 422)


def test_the_input_is_never_said_back(client: TestClient) -> None:
    response = client.post("/v1/ask", json={"question": 1, "canary-key": "canary-value"})
    assert "canary" not in response.text
    errors = checked(response)["errors"]
    assert {"field": "body", "reason": "holds a field that is not known"} in errors


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", "/v1/nope", 404),
        ("GET", "/v1/ask/", 404),
        ("GET", "/v1/articles/nope", 404),
        ("POST", "/gradio_api/upload", 404),
        ("GET", "/gradio_api/file=/etc/passwd", 404),
        ("GET", "/gradio_api/info", 404),
        ("POST", "/gradio_api/call/ask", 404),
        ("GET", "/login", 404),
        ("GET", "/monitoring", 404),
        ("GET", "/redoc", 404),
        ("GET", "/v1/ask", 405),
        ("PUT", "/v1/ask", 405),
        ("POST", "/healthz", 405),
        ("DELETE", "/v1/articles", 405),
        ("PUT", "/", 405),
        ("TRACE", "/v1/ask", 405),
    ],
)
def test_what_is_not_there_is_a_problem(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path, headers=JSON)
    assert response.status_code == status
    checked(response)
    assert status != 405 or response.headers["allow"]


def handlers(client: TestClient) -> list[int]:
    """Return the number of the handler that takes a typed question, and those of the ones that take a click."""
    taken = client.app.state.page_handlers
    asks = next(number for number, handler in taken.items() if handler.inputs == 3)
    return [asks, *(number for number, handler in taken.items() if handler.place)]


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/predict"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"data": [], "fn_index": 9999, "session_hash": "x"}',
        b'{"data": [], "fn_index": -1, "session_hash": "x"}',
        rb'{"data": [], "fn_index": "\ud800", "session_hash": "x"}',
        b'{"data": NaN, "fn_index": ASK}',
        b'{"data": [], "fn_index": ASK, "session_hash": "x"}',
        b'{"data": [], "fn_index": null, "session_hash": "x"}',
        b'{"data": ["What is asked?", {}, {}], "fn_index": true, "session_hash": "x"}',
        b'{"data": ["What is asked?", {}, {}], "fn_index": ASK}',
        b'{"data": ["What is asked?", {}, {}], "fn_index": ASK, "session_hash": "x", "trigger_id": "y"}',
        b'{"data": [{}, {}], "fn_index": CLICK, "session_hash": "x", "event_data": null}',
        b'{"data": [{}, {}], "fn_index": CLICK, "session_hash": "x", "event_data": {"index": 1}}',
        b'{"data": "What is asked?", "fn_index": ASK, "session_hash": "x"}',
        b"{}",
        b"[",
    ],
)
def test_a_bad_call_of_the_page_is_the_senders_fault_and_is_not_logged(
    client: TestClient, path: str, body: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    asks, *clicks = handlers(client)
    body = body.replace(b"ASK", b"%d" % asks).replace(b"CLICK", b"%d" % clicks[0])
    response = client.post(path, content=body, headers=JSON)
    assert 400 <= response.status_code < 500
    checked(response)
    assert "What is asked?" not in "".join(capfd.readouterr()) + caplog.text


@pytest.mark.parametrize(
    "clicked", [{"index": None, "value": None}, {"index": [], "value": 3}, {"index": "x", "value": {}}]
)
def test_an_odd_click_on_the_page_is_answered_all_the_same(client: TestClient, clicked: dict[str, Any]) -> None:
    _, *clicks = handlers(client)
    assert len(clicks) == 2
    for number, inputs in zip(clicks, (2, 1), strict=True):  # an example takes the scope, a retry that of its question
        call = {"data": [{}] * inputs, "fn_index": number, "session_hash": "x", "event_data": clicked}
        assert client.post("/gradio_api/run/predict", json=call).status_code == 200


def test_no_index_names_no_folder_of_the_server(tmp_path: Path, embedder: MiniLM) -> None:
    with client_of(service_of(tmp_path, embedder, ExtractiveWriter(WordReader())), tmp_path) as client:
        response = client.post("/v1/ask", json={"question": ASK})
    assert str(tmp_path) not in response.text
    assert checked(response)["type"] == "/docs#index-missing"


def test_an_error_of_ours_says_what_to_do(data_dir: Path, embedder: MiniLM) -> None:
    model = ScriptedModel("", MissingKey("The model needs OPENAI_API_KEY. Set it."))
    with client_of(service_of(data_dir, embedder, ModelWriter(model, BUDGET)), data_dir) as client:
        problem = checked(client.post("/v1/ask", json={"question": ASK}))
    assert (problem["status"], problem["detail"]) == (503, "The model needs OPENAI_API_KEY. Set it.")
    assert kind_of(QAError("x")).status == 502


class _Broken:
    """A writer with a fault of its own."""

    name = "broken"
    prompt_version = None

    async def write(self, assignment: object) -> AsyncGenerator[Any, None]:
        raise RuntimeError(str(assignment))
        yield


def test_an_unforeseen_error_is_logged_by_its_place_and_shown_as_a_problem(
    data_dir: Path, embedder: MiniLM, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.ERROR),
        client_of(service_of(data_dir, embedder, _Broken()), data_dir) as client,
    ):
        response = client.post("/v1/ask", json={"question": ASK})
        client.post("/v1/ask/stream", json={"question": ASK})
    assert checked(response)["type"] == "/docs#internal-error"
    assert "RuntimeError" in caplog.text
    assert ASK not in caplog.text + response.text


def test_the_reference_lists_every_route_and_problem_and_fetches_nothing(client: TestClient) -> None:
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page
    for kind in ALL_KINDS:
        assert f'id="{kind.slug}"' in page
    assert page.count("<script") == 1  # it chooses light or dark
    assert "src=" not in page
    assert "//" not in page.replace("http://127.0.0.1:7860", "")
