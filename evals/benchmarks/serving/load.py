"""Many people at once, and long: `newsdesk serve` with a model that takes 50 ms, reindexed while it answers.

    python -m evals.benchmarks.serving.load [--data DATA] [--people N] [--seconds S] [--think S] [--reindex N]

Indexes the seeds, or `DATA/articles/*.txt` with the questions of `DATA/questions.jsonl` (`question`), together with
articles that all say the number of their state. Each person waits, asks, and reads the answer; meanwhile the state
changes `--reindex` times. An answer is mixed when it cites articles of two states, or words that no state has. What it
takes beyond the time of the model is added. With `--seconds 1200` it is a soak: memory is given as a slope from the
second third on. Figures of time hold for a quiet machine: the load is printed beside them.
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import seeds
from evals.benchmarks import Figures
from evals.benchmarks.corpus import Row, articles_of, questions_of
from evals.benchmarks.serving.model_stub import SECONDS
from evals.benchmarks.serving.process_watch import Watch

_QUESTIONS = (
    "How much will be spent on the training facility?",
    "Who is the commander of CENTCOM?",
    "What did Ambassador Masood Khan say that Pakistan needs?",
)
_TOWNS = ("Aldby", "Brenholm", "Corvik", "Dunmark", "Elsund", "Farstad", "Grimby", "Holvik")
_STATE = re.compile(r"state (\d+) of the works")
_OURS = "works_"


class Question(Row):
    """A question; what else a benchmark says about it is not read."""

    question: str


def state_articles(state: int) -> dict[str, str]:
    """Return the articles that say the number of their state, by file name."""
    return {
        f"{_OURS}{town}.txt": f"The bridge of {town} was opened on Monday in state {state} of the works."
        for town in _TOWNS
    }


@dataclass
class Outcomes:
    """What came of the questions."""

    seconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    mixed: list[str] = field(default_factory=list)
    states: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def take(self, status: int, reply: Mapping[str, Any], seconds: float) -> None:
        """Count one reply of the service."""
        if status != 200:
            self.failed[f"{status} {reply.get('type', '')}"] += 1
            return
        self.seconds.append(seconds)
        self.noted.update(reply["notes"])
        cited = [one for one in reply["citations"] if one["path"].startswith(_OURS)]
        found = {int(state) for one in cited for state in _STATE.findall(one["quote"])}
        self.states[reply["snapshot"]] |= found
        known = {text for state in found for text in state_articles(state).values()}
        if len(self.states[reply["snapshot"]]) > 1 or any(one["quote"] not in known for one in cited):
            self.mixed.append(reply["text"])


async def ask(address: tuple[str, int], question: str) -> tuple[int, dict[str, Any]]:
    """Ask the service over a connection of its own; return the status and the JSON of the reply."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        body = json.dumps({"question": question}).encode()
        head = f"POST /v1/ask HTTP/1.1\r\nHost: {address[0]}\r\nContent-Type: application/json\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        head, _, content = (await reader.read()).decode().partition("\r\n\r\n")
        return int(head.split()[1]), json.loads(content)
    finally:
        writer.close()


async def people(
    address: tuple[str, int], count: int, think: float, questions: Sequence[str], until: Awaitable[object]
) -> Outcomes:
    """Have so many people ask until something is done; each waits `think` seconds in the mean before each question."""
    outcomes, end = Outcomes(), asyncio.ensure_future(until)

    async def person(number: int) -> None:
        draw = random.Random(number)
        await asyncio.sleep(draw.uniform(0, think))
        while not end.done():
            began = time.monotonic()
            try:
                status, reply = await ask(address, draw.choice(questions))
                outcomes.take(status, reply, time.monotonic() - began)
            except (OSError, ValueError, IndexError) as error:
                outcomes.failed[type(error).__name__] += 1
            await asyncio.sleep(draw.expovariate(1 / think) if think else 0)

    await asyncio.gather(*map(person, range(count)))
    return outcomes


@contextmanager
def _started(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a program that says its address in its first line; give the process, and the address."""
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.terminate()


async def _reindex(corpus: Path, environment: Mapping[str, str], times: int, seconds: float) -> None:
    """Write the next state and index it, evenly spread over so many seconds, or longer where that does not do."""
    end = time.monotonic() + seconds
    for state in range(1, times + 1):
        await asyncio.sleep(max(0.0, end - time.monotonic()) / (times + 2 - state))
        await asyncio.to_thread(_index, corpus, environment, state)
    await asyncio.sleep(end - time.monotonic())


def _index(corpus: Path, environment: Mapping[str, str], state: int) -> None:
    for name, text in state_articles(state).items():
        (corpus / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "qa.cli", "index", str(corpus)]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def measured(options: argparse.Namespace, root: Path) -> Figures:
    """Index, serve, have people ask, and return the figures."""
    corpus, environment = root / "corpus", os.environ | {"QA_DATA_DIR": str(root / "data"), "QA_PORT": "0"}
    corpus.mkdir()
    articles = articles_of(options.data) if options.data else Path(seeds.__file__).parent
    for file in sorted(articles.glob("*.txt")):
        shutil.copyfile(file, corpus / file.name)
    _index(corpus, environment, 0)
    asked = [one.question for one in questions_of(options.data, Question)] if options.data else list(_QUESTIONS)
    asked = [*asked[:300], *([f"When was the bridge of {town} opened?" for town in _TOWNS] * max(1, len(asked) // 8))]
    with _started([sys.executable, "-m", "evals.benchmarks.serving.model_stub"], environment) as (_, base):
        model = {"QA_MODEL": "openai/stub", "QA_API_BASE": base, "OPENAI_API_KEY": "none"}
        serve = [sys.executable, "-m", "qa.cli", "serve"]
        with _started(serve, environment | model) as (server, address), Watch(server.pid) as watch:
            host, _, port = address.removeprefix("http://").partition(":")
            return asyncio.run(_figures((host, int(port)), options, asked, watch, (corpus, environment)))


async def _figures(
    address: tuple[str, int],
    options: argparse.Namespace,
    asked: Sequence[str],
    watch: Watch,
    index: tuple[Path, Mapping[str, str]],
) -> Figures:
    await people(address, 2, 0.2, asked, asyncio.sleep(min(5.0, options.seconds / 4)))  # to warm it up
    cpu, load = watch.cpu_seconds(), os.getloadavg()[0]
    watch.begin()
    began = time.monotonic()
    reindexing = _reindex(*index, options.reindex, options.seconds)
    outcomes = await people(address, options.people, options.think, asked, reindexing)
    late = sorted(1000 * (seconds - SECONDS) for seconds in outcomes.seconds)
    return {
        "people": options.people,
        "seconds between their questions, mean": options.think,
        "answers": len(late),
        "errors": sum(outcomes.failed.values()),
        "which": json.dumps(outcomes.failed),
        "notes of answers": json.dumps(outcomes.noted),
        "times reindexed": options.reindex,
        "snapshots seen": len(outcomes.states),
        "mixed answers": len(outcomes.mixed),
        "answers a second": len(late) / (time.monotonic() - began),
        "added ms, p50": statistics.median(late),
        "added ms, p99": late[int(0.99 * (len(late) - 1))],
        "processor ms of the server a question": 1000 * (watch.cpu_seconds() - cpu) / max(1, len(late)),
        **watch.figures(),
        "load of the machine before and after": f"{load:.1f} {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
    }


def main() -> None:
    """Measure, print the figures, and write them as JSON when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="outside articles and questions, in place of the seeds")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--think", type=float, default=10.0, help="mean seconds between an answer and the next question"
    )
    parser.add_argument("--reindex", type=int, default=10, help="how many times the articles change meanwhile")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        figures = measured(options, Path(root))
    width = max(map(len, figures))
    for title, value in figures.items():
        print(f"{title:<{width}}  {f'{value:.1f}' if isinstance(value, float) else value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
