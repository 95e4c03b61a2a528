"""The chat page as `newsdesk serve` serves it: memory a turn, people at once, first paint, and how far it jumps.

`newsdesk benchmark page --data DIR` indexes `articles/*.txt` and asks the questions of `questions.jsonl` (`question`)
through the page's own calls, without a model. Paint and layout shift (web.dev: FCP, CLS) are those of headless Chromium
on loopback; it and Playwright, of the development requirements, are needed.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from evals.benchmarks import Figures
from evals.benchmarks.corpus import Row, articles_of, indexed, questions_of
from evals.errors import EvalError

WARM_UP, TURNS, A_CONVERSATION = 1200, 2000, 10
"""The warm-up has more conversations than Gradio keeps sessions (100), so that what is kept once is kept by then."""
PEOPLE = 25
LOADS = 5
_SHIFTS = """() => {
  window.shift = 0;
  const add = (one) => { if (!one.hadRecentInput) window.shift += one.value; };
  new PerformanceObserver((list) => list.getEntries().forEach(add))
    .observe({ type: 'layout-shift', buffered: true });
}"""
_FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint').map((one) => one.startTime)[0]"


class Question(Row):
    """A question; what else a benchmark says about it is not read."""

    question: str


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return KB of the server's memory a turn, what became of people at once, and milliseconds to first paint."""
    asked = [one.question for one in questions_of(data, Question)]
    with indexed(articles_of(data), data_dir) as corpus, serving(corpus.data_dir) as server:
        return _memory(server, asked) | _people(server, asked) | _painted(server, asked)


class Server(NamedTuple):
    """A server in a process of its own, and which of the page's handlers take and answer a question."""

    address: str
    pid: int
    begin: int
    answer: int

    @property
    def memory(self) -> float:
        """Its resident set in KB (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return float(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


@contextmanager
def serving(data_dir: Path) -> Iterator[Server]:
    """Give a server of an index, in a process that ends with the context; raise EvalError when it does not start."""
    environment = os.environ | {"QA_DATA_DIR": str(data_dir), "QA_PORT": "0"}
    command = [sys.executable, "-m", "qa.cli", "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise EvalError("The server did not start. To see why, run: newsdesk serve")
            address = line.split()[-1]
            handlers = httpx.get(f"{address}/config", timeout=60).json()["dependencies"]
            begin = next(one["id"] for one in handlers if any(event == "submit" for _, event in one["targets"]))
            answer = next(one["id"] for one in handlers if one["trigger_after"] == begin)
            yield Server(address, process.pid, begin, answer)
        finally:
            process.terminate()


def turn(server: Server, client: httpx.Client, session: str, question: str, stored: object) -> dict[str, Any]:
    """Ask a question in a tab of a browser as the page does, and return what the browser then keeps."""
    call = {"session_hash": session, "trigger_id": None}
    begun = {"fn_index": server.begin, "data": [question, stored, None], **call}
    kept = client.post(f"{server.address}/gradio_api/run/predict", json=begun).raise_for_status().json()["data"][3]
    joined = {"fn_index": server.answer, "data": [kept], **call}
    client.post(f"{server.address}/gradio_api/queue/join", json=joined).raise_for_status()
    events = f"{server.address}/gradio_api/queue/data?session_hash={session}"
    with client.stream("GET", events) as stream:
        for line in stream.iter_lines():
            event = json.loads(line[5:]) if line.startswith("data:") else {}
            if event.get("msg") == "process_completed":
                kept = event["output"]["data"][3]
                break
    return kept if isinstance(kept, dict) else {}


def _conversations(server: Server, questions: Sequence[str], turns: int) -> None:
    with httpx.Client(timeout=120) as client:
        kept: dict[str, Any] = {}
        session = ""
        for at, question in enumerate(islice(cycle(questions), turns)):
            if at % A_CONVERSATION == 0:
                kept, session = {"exchanges": []}, _session()
            kept = turn(server, client, session, question, kept)


def _session() -> str:
    return uuid.uuid4().hex[:12]


def _memory(server: Server, questions: Sequence[str]) -> Figures:
    _conversations(server, questions, WARM_UP)
    before = server.memory
    _conversations(server, questions, TURNS)
    return {"turns": TURNS, "memory a turn KB": (server.memory - before) / TURNS}


def _people(server: Server, questions: Sequence[str]) -> Figures:
    def asked(question: str) -> tuple[bool, bool]:
        """Return whether an answer was lost, and whether it is to another question."""
        with httpx.Client(timeout=120) as client:
            kept = [json.loads(one) for one in turn(server, client, _session(), question, None).get("exchanges", [])]
        lost = not kept or kept[-1]["state"] in ("reading", "writing", "failed")
        return lost, [one["question"] for one in kept] != [question]

    different = list(dict.fromkeys(questions))[:PEOPLE]
    with ThreadPoolExecutor(PEOPLE) as people:
        outcomes = list(people.map(asked, different))
    lost, mixed = sum(one for one, _ in outcomes), sum(other for _, other in outcomes)
    return {"people at once": len(different), "lost": lost, "mixed": mixed}


def _painted(server: Server, questions: Sequence[str]) -> Figures:
    from playwright.sync_api import sync_playwright

    chromium = next((at for name in ("chromium", "google-chrome") if (at := shutil.which(name))), None)
    if not chromium:
        raise EvalError("Chromium is missing, so nothing was painted. Install it: apt-get install chromium")
    paints, shifts = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for question in islice(cycle(questions), LOADS):
            page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
            page.add_init_script(f"({_SHIFTS})()")
            page.goto(server.address)
            page.locator("#ask textarea").fill(question)
            page.keyboard.press("Enter")
            page.locator(".answer:not(:has(.step))").wait_for(timeout=120_000)
            time.sleep(0.5)
            paints.append(float(page.evaluate(_FIRST_PAINT)))
            shifts.append(float(page.evaluate("window.shift")))
            page.context.close()
        browser.close()
    return {"first paint p50 ms": statistics.median(paints), "layout shift at most": max(shifts)}
