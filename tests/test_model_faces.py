import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI
from playwright.sync_api import Browser, expect
from stub_model import StubOpenAI, number_of, stub_openai

import seeds

QUESTION = "How much will the US give to expand the training facility?"
TRAINING = "expand the Anti-Terrorist force training facility"
SAID = f"It gives $4 million to {TRAINING}."


@pytest.fixture(scope="module")
def stub() -> Iterator[StubOpenAI]:
    with stub_openai() as stub:
        stub.size = 3
        stub.reply = lambda prompt: (
            f"{SAID} 【{number_of(TRAINING, prompt)}】 It gives $9 million for planes [{number_of(TRAINING, prompt)}]."
        )
        yield stub


@pytest.fixture(scope="module")
def address(stub: StubOpenAI, data_dir: Path) -> Iterator[str]:
    """Run `newsdesk serve` as a user would, with a model behind an OpenAI-compatible server."""
    settings = {"QA_MODEL": "openai/stub", "QA_API_BASE": stub.base, "QA_PORT": "0", "QA_DATA_DIR": str(data_dir)}
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
    expect(page.locator(".answer a.cite").first).to_be_visible(timeout=30_000)
    expect(page.locator(".answer").last).to_contain_text("It gives $9 million for planes")
    expect(page.locator(".answer").last).to_contain_text("$9 million is not in the cited text")
    expect(page.locator("#sources mark").first).to_contain_text(TRAINING)
    page.close()
