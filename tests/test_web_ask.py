"""POST /v1/ask and its stream, the articles that citations point into, and the state of the service."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from conftest import WordReader
from fastapi.testclient import TestClient
from stub_model import BUDGET, ScriptedModel, service_of
from web_server import ASK, OFF_TOPIC, SURE, UNSURE, client_of, served, until

from index.embedding.embedders import MiniLM
from qa.answer_draft import NEAREST
from qa.checking.second_look import SecondLook
from qa.models import Answer, ProblemCode, Status, Support
from qa.models.errors import ModelUnavailable
from qa.writing.writer import ExtractiveWriter, ModelWriter


@pytest.fixture(scope="module")
def client(data_dir: Path, embedder: MiniLM) -> Iterator[TestClient]:
    with client_of(service_of(data_dir, embedder, ExtractiveWriter(WordReader(sure=SURE))), data_dir) as client:
        yield client


def events_in(body: str) -> list[tuple[str, Any]]:
    """The events of a stream: name and data."""
    blocks = [block.split("\n") for block in body.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_an_answer_cites_the_exact_characters_of_an_article(client: TestClient) -> None:
    answer = Answer.model_validate_json(client.post("/v1/ask", json={"question": ASK}).content)
    assert answer.status is Status.ANSWERED
    for citation in answer.citations:
        article = client.get(f"/v1/articles/{citation.path}").json()
        assert article["text"][citation.start : citation.end] == citation.quote


def test_an_abstention_is_an_answer(client: TestClient) -> None:
    response = client.post("/v1/ask", json={"question": OFF_TOPIC})
    assert response.status_code == 200
    answer = Answer.model_validate_json(response.content)
    assert answer.status is Status.NOT_IN_ARTICLES
    assert answer.missing
    assert not answer.citations


def test_what_comes_nearest_is_quoted_below_a_heading_that_says_so(client: TestClient) -> None:
    events = events_in(client.post("/v1/ask/stream", json={"question": UNSURE}).text)
    answer = Answer.model_validate(events[-1][1]["answer"])
    assert answer.status is Status.NEAREST and answer.text.startswith(f"{NEAREST}\n\n")
    told = [event for name, event in events if name == "statement"]
    assert [event["separator"] for event in told] == [f"{NEAREST}\n\n", *[" "] * (len(told) - 1)]
    assert "".join(event["separator"] + event["statement"]["text"] for event in told) == answer.text
    assert [f"{one.quote} [{one.marker}]" for one in answer.citations] == [one.text for one in answer.statements]
    whole = client.post("/v1/ask", json={"question": UNSURE}).json()
    assert (whole["status"], whole["text"], whole["missing"]) == ("nearest", answer.text, None)


def test_the_reference_names_the_states_of_an_answer(client: TestClient) -> None:
    page = client.get("/docs").text
    for kind in (Status, Support, ProblemCode):
        assert f"<p>{', '.join(kind)}</p>" in page
        assert f'<section id="record-{kind.__name__}">' in page
    for name in ("nearest", "declined", "verdict", "pending"):
        assert f"<code>{name}</code>" in page


def test_earlier_turns_reach_the_model(data_dir: Path, embedder: MiniLM) -> None:
    model = ScriptedModel("Pakistan needs small arms [1].")
    history = [{"question": "Who is Masood Khan?", "answer": "An ambassador."}]
    with client_of(service_of(data_dir, embedder, ModelWriter(model, BUDGET)), data_dir) as client:
        client.post("/v1/ask", json={"question": ASK, "history": history})
    assert "Earlier question: Who is Masood Khan?\nEarlier answer: An ambassador." in model.asked[0][-1]["content"]


def test_the_stream_gives_the_search_then_hits_then_statements_then_the_same_answer(client: TestClient) -> None:
    response = client.post("/v1/ask/stream", json={"question": ASK})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_in(response.text)
    names = [name for name, _ in events]
    assert names[:2] == ["search", "hits"]
    assert names[-1] == "done"
    assert set(names[2:-1]) == {"statement"}
    answer = Answer.model_validate(events[-1][1]["answer"])
    said = [event["separator"] + event["statement"]["text"] for name, event in events if name == "statement"]
    assert "".join(said) == answer.text


def test_the_stream_gives_the_verdicts_of_the_second_look_after_the_statements(
    data_dir: Path, embedder: MiniLM
) -> None:
    model = ScriptedModel("Pakistan needs small arms [1]. He told so the newspaper [1]. It got $9 billion [1].")
    look = SecondLook(ScriptedModel("1. supported\n2. partly: no newspaper is named"), BUDGET)
    with client_of(service_of(data_dir, embedder, ModelWriter(model, BUDGET), second_look=look), data_dir) as client:
        events = events_in(client.post("/v1/ask/stream", json={"question": ASK}).text)
    assert [name for name, _ in events] == ["search", "hits", *["statement"] * 3, *["verdict"] * 2, "done"]
    told = [event["statement"] for name, event in events if name == "statement"]
    assert [one["support"] for one in told] == ["unchecked", "unchecked", "unsupported"]
    assert [one["problems"][0]["code"] for one in told] == ["pending", "pending", "figure"]
    verdicts = [event for name, event in events if name == "verdict"]
    assert [(one["index"], one["support"], len(one["problems"])) for one in verdicts] == [
        (0, "supported", 0),
        (1, "partly", 1),
    ]
    for one in verdicts:
        told[one["index"]] |= {"support": one["support"], "problems": one["problems"]}
    assert events[-1][1]["answer"]["statements"] == told


def test_what_is_pending_when_the_second_look_fails_is_told_to_be_unchecked(data_dir: Path, embedder: MiniLM) -> None:
    look = SecondLook(ScriptedModel("", ModelUnavailable("The model is gone. Ask again")), BUDGET)
    writer = ModelWriter(ScriptedModel("Pakistan needs small arms [1]."), BUDGET)
    with client_of(service_of(data_dir, embedder, writer, second_look=look), data_dir) as client:
        events = events_in(client.post("/v1/ask/stream", json={"question": ASK}).text)
    assert [name for name, _ in events[-2:]] == ["verdict", "done"]
    assert (events[-2][1]["support"], events[-2][1]["problems"][0]["code"]) == ("unchecked", "not_judged")
    assert "The model is gone" in events[-1][1]["answer"]["notes"][0]


def test_words_of_a_model_that_cite_nothing_are_no_answer(data_dir: Path, embedder: MiniLM) -> None:
    writer = ModelWriter(ScriptedModel("I cannot help with questions about weapons."), BUDGET)
    with client_of(service_of(data_dir, embedder, writer), data_dir) as client:
        whole = client.post("/v1/ask", json={"question": ASK}).json()
        events = events_in(client.post("/v1/ask/stream", json={"question": ASK}).text)
    assert (whole["status"], whole["citations"]) == ("declined", [])
    assert whole["text"] == "I cannot help with questions about weapons."
    assert [name for name, _ in events] == ["search", "hits", "statement", "done"]


def test_an_error_before_the_first_event_keeps_its_status(client: TestClient) -> None:
    response = client.post("/v1/ask/stream", json={"question": " ?! "})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


def test_an_error_on_the_way_is_the_last_event(data_dir: Path, embedder: MiniLM) -> None:
    model = ScriptedModel("He asked for small arms [1]. And then", ModelUnavailable("The model broke off. Ask again"))
    with client_of(service_of(data_dir, embedder, ModelWriter(model, BUDGET)), data_dir) as client:
        events = events_in(client.post("/v1/ask/stream", json={"question": ASK}).text)
        assert client.post("/v1/ask", json={"question": ASK}).status_code == 502
    assert events[-1][0] == "error"
    assert events[-1][1]["status"] == 502
    assert events[-1][1]["detail"] == "The model broke off. Ask again."


def test_the_model_is_let_go_when_the_client_goes(data_dir: Path, embedder: MiniLM) -> None:
    model = ScriptedModel(["It needs small arms [1]. "] * 500, pause_s=0.05)
    service = service_of(data_dir, embedder, ModelWriter(model, BUDGET), max_concurrency=1)
    with served(service, data_dir) as address:
        with httpx2.stream("POST", f"{address}/v1/ask/stream", json={"question": ASK}) as response:
            next(line for line in response.iter_lines() if line == "event: statement")
        assert until(lambda: model.let_go == 1)
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{address}/v1/ask", json={"question": ASK}, timeout=1)
        assert until(lambda: model.let_go == 2)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ask/stream", {"question": ASK}),
        ("/v1/chat/completions", {"stream": True, "messages": [{"role": "user", "content": ASK}]}),
    ],
)
def test_a_stream_that_the_end_of_the_server_cuts_off_says_so(
    data_dir: Path, embedder: MiniLM, path: str, body: dict[str, Any]
) -> None:
    model = ScriptedModel(["It needs small arms [1]. "] * 500, pause_s=0.05)
    service = service_of(data_dir, embedder, ModelWriter(model, BUDGET))
    with ThreadPoolExecutor() as pool:
        with served(service, data_dir) as address:
            read = pool.submit(lambda: httpx2.post(f"{address}{path}", json=body, timeout=20).text)
            assert until(lambda: model.given > 5)
        last = json.loads(read.result().strip().rpartition("data: ")[2])
    assert "The service is stopping. Try again soon." in (last.get("detail"), last.get("error", {}).get("message"))
    assert model.let_go == 1


def test_many_ask_at_once(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader(sure=SURE)))
    answers: list[str] = []
    with served(service, data_dir) as address:

        def ask() -> None:
            answers.append(httpx2.post(f"{address}/v1/ask", json={"question": ASK}, timeout=30).json()["text"])

        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 20
    assert len(set(answers)) == 1


def test_articles_are_listed_in_pages(client: TestClient) -> None:
    whole = client.get("/v1/articles").json()
    assert whole["total"] == len(whole["articles"]) == 5
    page = client.get("/v1/articles", params={"limit": 2, "offset": 1}).json()
    assert page["articles"] == whole["articles"][1:3]
    assert client.get("/v1/articles", params={"limit": 0}).status_code == 422


def test_an_article_tells_which_spans_are_its_text(client: TestClient, seed_folder: Path) -> None:
    article = client.get("/v1/articles/000_01356c2963794699.txt").json()
    assert article["text"] == (seed_folder / article["path"]).read_text(encoding="utf-8")
    assert article["characters"] == len(article["text"])
    assert article["passages"] > 0
    assert all(0 <= start < end <= len(article["text"]) for start, end in article["kept"])


@pytest.mark.parametrize("path", ["nope.txt", "..%2f..%2fetc%2fpasswd", "%2e%2e/x", "%00", "C:%5Cx", "a" * 9000, ""])
def test_a_path_is_only_looked_up(client: TestClient, path: str) -> None:
    assert client.get(f"/v1/articles/{path}").status_code == 404


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "up"}
    ready = client.get("/readyz").json()
    holds = {"snapshot": "000001", "articles": 5, "passages": 20, "model": "extractive"}
    assert ready == {"status": "ready", "files": "whole", "vectors": "", "notes": [], **holds}
    for path in ("/healthz", "/readyz", "/v1/articles"):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_without_an_index_the_process_is_up_but_not_ready(tmp_path: Path, embedder: MiniLM) -> None:
    with client_of(service_of(tmp_path, embedder, ExtractiveWriter(WordReader(sure=SURE))), tmp_path) as client:
        assert client.get("/healthz").status_code == 200
        for response in (client.get("/readyz"), client.post("/v1/ask", json={"question": ASK})):
            assert response.status_code == 503
            assert response.json()["detail"] == "Nothing is indexed yet. Run: newsdesk index."
