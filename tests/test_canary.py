"""Canaries: what is secret, or somebody's question, and in which replies, logs and files it may stand.

CANARY_REPLIES sets how many replies are looked through: a few in the suite, 10,000 in `make nightly`. A question may
stand in the reply to it, where there is an answer, and nowhere else; a key may stand nowhere.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from stub_model import SECRET, Fault, StubOpenAI, number_of, stub_openai

from qa.answer_store.store import FILE

REPLIES = int(os.environ.get("CANARY_REPLIES", "150"))
KEY, NAMED_KEY, WRONG_KEY = "canary-key-one-of-the-service", "canary-key-two-with-a-name", "canary-key-three-is-wrong"
SECRETS = (KEY, NAMED_KEY, WRONG_KEY, SECRET)
"""The keys of the service, one that is sent and wrong, and that of the model, which the model gives away in errors."""
MARK = re.compile(r"canaryquestion(\d+)")
CITED = "Masood Khan"
Ask = Callable[[httpx2.Client, str], httpx2.Response]


def post(path: str, body: Callable[[str], Any], **headers: str) -> Ask:
    """Send JSON that holds the question."""
    return lambda client, question: client.post(path, json=body(question), headers=headers)


def get(path: str, **headers: str) -> Ask:
    """Ask for an address that holds the question, or with headers that do."""
    return lambda client, question: client.get(
        path.format(question), headers={name: value.format(question) for name, value in headers.items()}
    )


def sent(path: str, content: Callable[[str], str]) -> Ask:
    """Send what may be no JSON."""
    return lambda client, question: client.post(
        path, content=content(question), headers={"Content-Type": "application/json"}
    )


def chat(question: str, **more: object) -> dict[str, Any]:
    return {"messages": [{"role": "system", "content": question}, {"role": "user", "content": question}], **more}


def tool(question: str) -> dict[str, Any]:
    call = {"name": "ask", "arguments": {"question": question}}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}


def of_the_page(question: str) -> dict[str, Any]:
    # The first of these calls goes to the handler of a typed question, whose number is 1, the others to all in turn.
    number = (int(MARK.findall(question)[0]) - list(WAYS).index("page") + 1) % 40
    return {"data": [question, {}, {}], "fn_index": number, "session_hash": f"s{number}", "event_data": None}


WAYS: dict[str, Ask] = {
    "ask": post("/v1/ask", lambda q: {"question": q}),
    "ask, a named key": post("/v1/ask", lambda q: {"question": q}, authorization=f"Bearer {NAMED_KEY}"),
    "ask after others": post("/v1/ask", lambda q: {"question": q, "history": [{"question": q, "answer": q}]}),
    "stream": post("/v1/ask/stream", lambda q: {"question": q}),
    "search": get("/v1/search?q={}&explain=true"),
    "OpenAI": post("/v1/chat/completions", chat),
    "OpenAI, streamed": post("/v1/chat/completions", lambda q: chat(q, stream=True)),
    "OpenAI, refused": post("/v1/chat/completions", lambda q: chat(q, stop=q)),
    "tool": post("/v1/mcp", tool, accept="application/json, text/event-stream"),
    "tool, odd": sent("/v1/mcp", lambda q: f'{{"jsonrpc": "2.0", "id": "{q}", "method": "{q}"'),
    "field not known": post("/v1/ask", lambda q: {"question": q, q: q}),
    "no JSON": sent("/v1/ask", lambda q: f'{{"question": "{q}"'),
    "too long": post("/v1/ask", lambda q: {"question": q * 5000}),
    "a wrong type": post("/v1/ask", lambda q: {"question": [q]}),
    "a wrong key": post("/v1/ask", lambda q: {"question": q}, authorization=f"Bearer {WRONG_KEY}"),
    "a key in the address": get(f"/v1/search?q={{}}&key={KEY}", authorization="Bearer x"),
    "no article": get("/v1/articles/{}"),
    "no page of an article": get("/articles/{}"),
    "no model": get("/v1/models/{}"),
    "no address": get("/{}"),
    "another host": get("/healthz?{}", host="{}.example"),
    "another origin": get("/v1/models", origin="http://{}.example"),
    "no id": get("/v1/models", **{"x-request-id": "{};"}),
    "page": post("/gradio_api/queue/join", of_the_page),
    "page, at once": post("/gradio_api/run/predict", of_the_page),
    "page, no JSON": sent("/gradio_api/queue/join", lambda q: f'{{"data": ["{q}"'),
    "metrics": get("/metrics"),
    "reference": get("/openapi.json"),
    "ready": get("/readyz"),
}
MAY_HOLD_ITS_OWN = {"ask", "ask, a named key", "ask after others", "stream", "search", "tool", "page, at once"}
"""An answer says what it answers, to who asked."""
SAY_THE_PATH_BACK = {"no model"}
"""Looked for by its name, which the reply says; it is no question."""


def stray(way: str, status: int, text: str, number: int) -> list[str]:
    """What stands in a reply, its headers included, and should not."""
    questions = {int(found) for found in MARK.findall(text)}
    own = {number} if (way in MAY_HOLD_ITS_OWN and status == 200) or way in SAY_THE_PATH_BACK else set()
    return [secret for secret in SECRETS if secret in text] + [f"question {one}" for one in questions - own]


def asked_of(address: str, stub: StubOpenAI) -> tuple[Counter[tuple[str, int]], list[tuple[str, int, list[str]]]]:
    """Ask in every way, again and again, the model failing at times; return the replies by way, and what strayed."""
    found: Counter[tuple[str, int]] = Counter()
    strayed = []
    with httpx2.Client(base_url=address, timeout=60, headers={"Authorization": f"Bearer {KEY}"}) as client:
        for number in range(REPLIES):
            way = list(WAYS)[number % len(WAYS)]
            stub.fault = Fault.UNAUTHORISED if number // len(WAYS) % 3 == 2 else None
            reply = WAYS[way](client, f"What did Masood Khan say canaryquestion{number}")
            found[way, reply.status_code] += 1
            if stands := stray(way, reply.status_code, f"{reply.headers} {reply.text}", number):
                strayed.append((way, reply.status_code, stands))
    return found, strayed


@pytest.mark.timeout(120 + REPLIES)
def test_no_reply_log_or_file_holds_a_key_or_anothers_question(data_dir: Path, tmp_path: Path) -> None:
    data = shutil.copytree(data_dir, tmp_path / "data")
    digest = hashlib.sha256(NAMED_KEY.encode()).hexdigest()
    keys = {"QA_API_KEY": KEY, "QA_API_KEYS": f"desk:{digest}", "OPENAI_API_KEY": SECRET}
    with stub_openai() as stub, (tmp_path / "log").open("wb") as log:
        stub.reply = lambda prompt: f"Masood Khan spoke of Pakistan [{number_of(CITED, prompt)}]."
        about = {"QA_DATA_DIR": str(data), "QA_PORT": "0", "QA_MODEL": "openai/stub", "QA_API_BASE": stub.base}
        environment = os.environ | keys | about | {"QA_LOG": "json", "QA_RATE_LIMIT": "1000000/hour"}
        command = [sys.executable, "-m", "qa.cli", "serve"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as server:
            try:
                assert server.stdout
                found, strayed = asked_of(server.stdout.readline().split()[-1], stub)
                assert stub.requests
            finally:
                server.terminate()
    logged = (tmp_path / "log").read_text()
    assert strayed == []
    assert not MARK.search(logged) and not [secret for secret in SECRETS if secret in logged]
    lines = [json.loads(line) for line in logged.splitlines()]
    assert sum(line["message"] == "request" for line in lines) == sum(found.values()) == REPLIES
    for file in (file for file in data.rglob("*") if file.is_file()):
        content = file.read_bytes().decode("latin-1")
        assert not [secret for secret in SECRETS if secret in content], file
        if file.name.startswith(FILE):  # it is there to show answers again, to those who asked
            assert file.stat().st_mode & 0o777 == 0o600
        else:
            assert not MARK.search(content), file
    assert {way for way, _ in found} == set(WAYS) and found["ask", 200] and found["page", 200]
    print(f"\n{REPLIES} replies: {dict(Counter(status for way, status in found.elements()))}")
