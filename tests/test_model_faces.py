import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fault_table import ROWS
from faulty_model import FaultyModel, Play, faulty_model, head, said, stream
from openai import APIStatusError, OpenAI
from playwright.sync_api import Browser, expect
from stub_model import SECRET, cuts, number_of
from web_server import until

import seeds

QUESTION = "How much will the US give to expand the training facility?"
TRAINING = "expand the Anti-Terrorist force training facility"
BODIES = {
    "/v1/ask": {"question": QUESTION},
    "/v1/ask/stream": {"question": QUESTION},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": QUESTION}]},
    "/v1/chat/completions, streamed": {"messages": [{"role": "user", "content": QUESTION}], "stream": True},
}
SAID = f"It gives $4 million to {TRAINING}."


def good_reply(asked: dict[str, Any]) -> Play:
    if "bear statements out" in asked["messages"][0]["content"]:
        return stream("1. supported")
    number = number_of(TRAINING, asked["messages"][-1]["content"])
    return stream(*cuts(f"{SAID} 【{number}】 It gives $9 million for planes [{number}].", 3))


@pytest.fixture(scope="module")
def shared_model() -> Iterator[FaultyModel]:
    with faulty_model() as model:
        yield model


@pytest.fixture(autouse=True)
def model(shared_model: FaultyModel) -> FaultyModel:
    shared_model.play(good_reply)
    return shared_model


@pytest.fixture(scope="module")
def address(shared_model: FaultyModel, data_dir: Path) -> Iterator[str]:
    """Run `newsdesk serve` as a user would, with a model behind an OpenAI-compatible server."""
    base = shared_model.base
    settings = {"QA_MODEL": "openai/stub", "QA_API_BASE": base, "QA_PORT": "0", "QA_DATA_DIR": str(data_dir)}
    process = subprocess.Popen(
        [sys.executable, "-m", "qa.cli", "serve"], env=os.environ | settings, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as said:
        found = re.search(r"http://127\.0\.0\.1:\d+", said.readline())
        assert found, "the server did not say where it is"
        yield found.group()
        process.terminate()
        process.wait(timeout=15)


def test_the_endpoint_answers_with_the_model_and_marks_what_its_source_does_not_say(address: str) -> None:
    body = json.dumps({"question": QUESTION}).encode()
    request = urllib.request.Request(f"{address}/v1/ask", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        answer = json.load(reply)
    assert answer["model"] == "openai/stub"
    assert answer["text"] == f"{SAID} [1] It gives $9 million for planes [1]."
    assert [one["support"] for one in answer["statements"]] == ["supported", "unsupported"]
    assert answer["statements"][1]["problems"] == [{"code": "figure", "text": "$9 million is not in the cited text."}]
    (cited,) = answer["citations"]
    text = (Path(seeds.__file__).parent / cited["path"]).read_bytes().decode()
    assert text[cited["start"] : cited["end"]] == cited["quote"]
    assert TRAINING in cited["quote"]


def test_an_openai_client_gets_the_answer_of_the_model(address: str) -> None:
    with OpenAI(base_url=f"{address}/v1", api_key="unused") as client:
        reply = client.chat.completions.create(model="newsdesk", messages=[{"role": "user", "content": QUESTION}])
    assert (reply.choices[0].message.content or "").startswith(f"{SAID} [1]")
    assert reply.usage is not None
    assert reply.usage.total_tokens > 0


def test_the_page_shows_the_answer_of_the_model_with_its_source_marked(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(address)
    page.locator("textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".answer a.cite").first).to_be_visible()
    expect(page.locator(".answer").last).to_contain_text("It gives $9 million for planes")
    expect(page.locator(".answer").last).to_contain_text("$9 million is not in the cited text")
    expect(page.locator("#sources mark").first).to_contain_text(TRAINING)
    page.close()


FAULTS = {
    "reset": (502, "model-unavailable"),
    "500": (502, "model-unavailable"),
    "401": (502, "model-unavailable"),
    "429, in hours": (503, "model-busy"),
    "no finish": (502, "model-answer-incomplete"),
    "a page": (502, "model-answer-invalid"),
    "a call": (502, "model-answer-invalid"),
    "filtered": (502, "model-refused"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_the_right_problem_and_the_passages_found_are_there(
    fault: str, address: str, model: FaultyModel
) -> None:
    found = httpx2.post(f"{address}/v1/ask", json=BODIES["/v1/ask"], timeout=30).json()["hits"]
    model.play(ROWS[fault].play)
    whole = httpx2.post(f"{address}/v1/ask", json=BODIES["/v1/ask"], timeout=30)
    problem = whole.json()
    assert (whole.status_code, problem["type"]) == (FAULTS[fault][0], f"/docs#{FAULTS[fault][1]}")
    assert whole.headers["content-type"] == "application/problem+json"
    assert whole.headers.get("retry-after") == ("60" if fault.startswith("429") else None)
    assert problem["hits"] == found
    streamed = httpx2.post(f"{address}/v1/ask/stream", json=BODIES["/v1/ask"], timeout=30).text
    searched, hits, *_, last = [block.split("\n") for block in streamed.strip().split("\n\n")]
    assert (searched[0], hits[0], last[0]) == ("event: search", "event: hits", "event: error")
    assert json.loads(hits[1].removeprefix("data: "))["hits"] == found
    assert json.loads(last[1].removeprefix("data: "))["type"] == problem["type"]
    with (
        OpenAI(base_url=f"{address}/v1", api_key="unused", max_retries=0) as client,
        pytest.raises(APIStatusError) as caught,
    ):
        client.chat.completions.create(model="newsdesk", messages=[{"role": "user", "content": QUESTION}])
    assert isinstance(caught.value.body, dict)
    assert (caught.value.status_code, caught.value.code) == FAULTS[fault]
    assert caught.value.body["hits"] == found
    assert SECRET not in whole.text + streamed + str(caught.value.body)


@pytest.mark.parametrize("play", [[60.0], [head(), said("It gives $4 million"), 60.0]], ids=["before", "on the way"])
@pytest.mark.parametrize("route", BODIES)
def test_a_call_ends_within_a_second_once_nobody_waits(
    route: str, play: Play, address: str, model: FaultyModel
) -> None:
    model.play(play)
    body = json.dumps(BODIES[route]).encode()
    request = f"POST {route.partition(',')[0]} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert until(lambda: model.requests)
        assert model.under_way == 1
    assert until(lambda: not model.under_way, 1.0)


def test_the_call_ends_within_a_second_once_the_reader_stops_it(
    address: str, model: FaultyModel, browser: Browser
) -> None:
    model.play([head(), said("It gives $4 million"), 60.0])
    page = browser.new_page()
    page.goto(address)
    page.locator("textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    assert until(lambda: model.requests, 30)
    page.locator("#ask .stop-button").click()
    assert until(lambda: not model.under_way, 1.0)
    expect(page.locator(".answer .stopped")).to_be_visible()
    page.close()


def test_the_page_shows_the_passages_found_when_the_model_fails(
    address: str, model: FaultyModel, browser: Browser
) -> None:
    model.play(ROWS["a page"].play)
    page = browser.new_page()
    page.goto(address)
    page.locator("textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".answer .outcome.failed")).to_contain_text("gave no answer")
    expect(page.locator(".answer details")).to_contain_text("replied without an answer")
    expect(page.locator("#sources .heading")).to_have_text("Passages found")
    assert page.locator("#sources .card").count() > 0
    page.close()
