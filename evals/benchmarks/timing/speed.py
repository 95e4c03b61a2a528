"""Speed of the shell, of a warm question and of indexing, each beside a yardstick measured in the same run.

Run with `make bench`. Machines are noisy: read the medians, and the ratios before the seconds. `newsdesk benchmark
speed --data DIR` times warm questions over `articles/*.txt`; it reads `questions.jsonl` (`question`).
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import seeds
from evals.benchmarks import Figures
from evals.benchmarks.corpus import Row, articles_of, indexed, questions_of
from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.settings import Settings
from qa.wiring import build_service

_RUNS = 7
_WARM_UP = 50
_QUESTIONS = (
    "How much will be spent on the training facility?",
    "Who is the commander of CENTCOM?",
    "When was the operation decided on?",
    "Why do lawmakers want to suspend assistance?",
    "What is the temperature in Karachi?",
)


class Question(Row):
    """A question; what else a benchmark says about it is not read."""

    question: str


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return the milliseconds from a question to its hits, its first checked statement and its whole answer.

    The questions are asked one at a time in a warm process, each once; the first 50 warm it up.
    """
    asked = [one.question for one in questions_of(data, Question)]
    with indexed(articles_of(data), data_dir) as corpus:
        timings = [corpus.answer(question).timings for question in asked][min(_WARM_UP, len(asked) // 2) :]
    figures: Figures = {"questions": len(timings)}
    for step in ("hits", "first_statement", "total"):
        taken = sorted(one[step] * 1000 for one in timings if step in one)
        if taken:
            figures |= {f"{step} p50 ms": statistics.median(taken), f"{step} p99 ms": taken[int(0.99 * len(taken))]}
    return figures


def main() -> None:
    """Measure and print all figures."""
    with tempfile.TemporaryDirectory() as folder:
        data = DataFolder(Path(folder))
        began = time.perf_counter()
        report = sync(Path(seeds.__file__).parent, data, MiniLM())
        print(f"index five articles, verified in a child process   {time.perf_counter() - began:8.2f} s")
        began = time.perf_counter()
        sync(Path(seeds.__file__).parent, data, MiniLM())
        print(f"index again with nothing changed                   {time.perf_counter() - began:8.2f} s")
        _cold_shell(folder)
        _warm_questions(Path(folder))
        _dense_legs(data, report.passages)


def _cold_shell(folder: str) -> None:
    environment = os.environ | {"QA_DATA_DIR": folder}
    ask = [sys.executable, "-m", "qa.cli", "ask", _QUESTIONS[0]]
    chroma = [sys.executable, "-c", "import chromadb"]
    pairs = [(_seconds(ask, environment), _seconds(chroma, environment)) for _ in range(_RUNS)]
    asked, imported = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"newsdesk ask from a cold shell, median of {_RUNS}          {asked:8.2f} s")
    print(f"  against importing chromadb alone                 {asked / imported:8.2f} x")


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def _warm_questions(folder: Path) -> None:
    service = build_service(Settings(data_dir=folder, answer_cache=0))

    async def ask_all() -> list[dict[str, float]]:
        return [(await service.ask(question)).timings for _ in range(_RUNS) for question in _QUESTIONS]

    timings = asyncio.run(ask_all())[len(_QUESTIONS) :]
    service.close()
    for step, title in (("hits", "warm question, hits found"), ("total", "warm question, answered")):
        taken = sorted(one[step] * 1000 for one in timings)
        print(f"{title + ', median':<50} {statistics.median(taken):8.1f} ms")


def _dense_legs(data: DataFolder, passages: int) -> None:
    """Compare the exact dense leg with Chroma's index on one snapshot."""
    snapshot = Snapshot(data.require_current())
    vector = MiniLM().embed(_QUESTIONS[:1])[0]
    exact = _milliseconds(lambda: snapshot.dense.query(vector, passages))
    approximate = _milliseconds(lambda: snapshot.vectors.query(vector, passages))
    snapshot.close()
    print(f"dense leg, exact over all sentences                {exact:8.2f} ms")
    print(f"  against Chroma's index over the passages         {exact / approximate:8.2f} x")


def _milliseconds(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(50):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
