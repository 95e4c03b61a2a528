"""Indexers that are killed at any step or moment, and writers that race: the old or the new snapshot serves, whole.

INDEX_KILLS and INDEX_RACES set how many are tried: a few in the suite, `make nightly` many. Half of the kills fall
upon a step, each evenly among all that the indexer takes in the data folder; the other half upon random moments, and
then its process for the vectors is killed with it.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import WordReader, cases
from stub_model import service_of

from index.embedding.embedders import MiniLM
from index.errors import IndexingError
from index.store.catalog import Catalog
from index.store.files import altered_file, read_manifest
from index.store.snapshots import DataFolder, verify
from qa.models.errors import QAError
from qa.writing.writer import ExtractiveWriter

KILLS = cases("INDEX_KILLS", 6, 20)
RACES = cases("INDEX_RACES", 1, 3)
ROOT = Path(__file__).parent.parent
QUESTION = "How many cubic metres does the Tarn dam hold?"
LOCKED, KILLED = 75, -signal.SIGKILL
Texts = dict[str, str]

STEPS = """
import os, signal, sys
from qa.cli import main

root, kill_at, taken = os.environ["QA_DATA_DIR"], int(os.environ.pop("KILL_AT")), 0

def watch(event, arguments):
    global taken
    if event.startswith(("open", "os.", "shutil.", "sqlite3.connect")) and any(root in str(one) for one in arguments):
        taken += 1
        if taken == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
try:
    main()
finally:
    print(taken)
"""
"""The command line, killed before it takes a step in the data folder; in the end it says how many it took."""


def articles_of(state: int) -> Texts:
    """The articles of one state: each says its number, and there is one that no other state has."""
    towns = {
        f"{at:02d}.txt": f"Town{at} opened its bridge over the Tarn in state {state} of the works." for at in range(4)
    }
    same = {f"same{at}.txt": f"The mayor of Harbour{at} spoke to the council on Friday." for at in range(6)}
    dam = {"dam.txt": f"The Tarn dam holds {state} million cubic metres of water."}
    return towns | same | dam | {f"new{state}.txt": f"The school of state {state} was opened on Monday."}


def write(corpus: Path, texts: Texts) -> None:
    """Have a folder hold these articles and no others."""
    corpus.mkdir(exist_ok=True)
    for file in corpus.iterdir():
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        (corpus / name).write_text(text)


def indexed(folder: Path) -> Texts:
    """The articles in a snapshot."""
    with closing(Catalog(folder / "catalog.sqlite")) as catalog:
        return {article.path: article.text for article in catalog.articles()}


class Index:
    """A data folder and its articles, and the program that indexes them."""

    def __init__(self, root: Path, embedder: MiniLM) -> None:
        self.corpus, self.data, self._embedder = root / "corpus", DataFolder(root / "data"), embedder
        self._environment = os.environ | {"QA_DATA_DIR": str(self.data.root), "PYTHONPATH": str(ROOT)}

    def start(self, *arguments: str, kill_at: int = 0, corpus: Path | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", STEPS, *arguments],
            env=self._environment | {"KILL_AT": str(kill_at), "QA_CORPUS": str(corpus or self.corpus)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, kill_at: int = 0) -> tuple[int, str]:
        process = self.start(*arguments, kill_at=kill_at)
        said, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors, errors
        return process.returncode, said

    def dam(self) -> str:
        """The quote of the answer about the dam; the answer says nothing of damage."""
        writer = ExtractiveWriter(WordReader())
        with closing(service_of(self.data.root, self._embedder, writer)) as service:
            answer = asyncio.run(service.ask(QUESTION))
        assert answer.notes == ()
        return answer.citations[0].quote

    def state(self, *states: int) -> int:
        """The one of these states that is in use, once all that is kept is found to be whole and of one state."""
        for folder in self.data.newest_first():
            assert altered_file(folder, read_manifest(folder).files) is None
        current = self.data.require_current()
        verify(current)
        [found] = [state for state in states if indexed(current) == articles_of(state)]
        assert self.dam() == articles_of(found)["dam.txt"]
        return found


@pytest.fixture
def index(tmp_path: Path, embedder: MiniLM) -> Index:
    return Index(tmp_path, embedder)


def kill_soon(process: subprocess.Popen[str], seconds: float) -> int:
    """Kill a process and all that it started after so many seconds; return the exit code."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return process.returncode


@pytest.mark.timeout(60 + 20 * KILLS)
def test_an_indexer_killed_at_any_step_or_moment_leaves_the_old_or_the_new_snapshot_whole(index: Index) -> None:
    write(index.corpus, articles_of(0))
    assert index.run("index")[0] == 0
    write(index.corpus, articles_of(1))
    began = time.monotonic()
    code, said = index.run("index")
    took, steps = time.monotonic() - began, int(said.split()[-1])
    assert code == 0
    now, outcomes, moments = index.state(1), [], random.Random(KILLS)
    for number in range(KILLS):
        then = number + 2
        write(index.corpus, articles_of(then))
        if number % 2:
            code = kill_soon(index.start("index"), moments.uniform(0.2, 1.1) * took)
        else:
            code, _ = index.run("index", kill_at=1 + steps * number // KILLS)
        assert code in (0, KILLED)
        before, now = now, index.state(now, then)
        assert code == KILLED or now == then
        outcomes.append((code, now != before))
    assert sum(code == KILLED for code, _ in outcomes) >= 0.6 * KILLS, outcomes
    write(index.corpus, articles_of(-1))
    assert index.run("index")[0] == 0
    assert index.state(-1) == -1
    assert len(list(index.data.snapshots.iterdir())) == 2
    assert not (index.data.root / "writer.json").exists()
    old, new = (outcomes.count((KILLED, is_new)) for is_new in (False, True))
    print(f"\n{KILLS} runs of {steps} steps: {old} killed with the old snapshot in use, {new} with the new one")


class Asking:
    """Asks all the while, in a thread, and notes what comes."""

    def __init__(self, index: Index) -> None:
        self._index, self._ended = index, threading.Event()
        self.quotes: list[str] = []
        self.faults: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self.quotes.append(self._index.dam())
            except (IndexingError, QAError, AssertionError, OSError) as fault:
                self.faults.append(fault)
            time.sleep(0.05)


def rivals(archive: Path) -> Iterator[tuple[str, ...]]:
    """What races with an indexer: another one, a repair, an import."""
    while True:
        yield ("index",)
        yield ("doctor", "--repair")
        yield ("snapshot", "import", str(archive))


@pytest.mark.timeout(60 + 30 * RACES)
def test_writers_that_race_end_with_the_snapshot_of_one_of_them_and_no_question_fails(
    index: Index, tmp_path: Path
) -> None:
    archive, other = tmp_path / "state0.tar", tmp_path / "other"
    write(index.corpus, articles_of(0))
    assert index.run("index")[0] == 0 and index.run("snapshot", "export", str(archive))[0] == 0
    moments, outcomes = random.Random(RACES), []
    with Asking(index) as asking:
        for number, rival in zip(range(RACES), rivals(archive), strict=False):
            states = 2 * number + 1, 2 * number + 2
            for corpus, state in zip((index.corpus, other), states, strict=True):
                write(corpus, articles_of(state))
            racing = [index.start("index")]
            time.sleep(moments.uniform(0, 0.6))
            racing.append(index.start(*rival, corpus=other))
            said = [process.communicate(timeout=120) for process in racing]
            codes = [process.returncode for process in racing]
            assert "Traceback" not in said[0][1] + said[1][1], said
            assert set(codes) <= {0, LOCKED, 1} and 0 in codes, (rival, codes, said)
            assert all(errors.count("\n") <= 1 for _, errors in said), said
            index.state(0, *states)
            outcomes.append((rival[0], *codes))
    assert asking.faults == []
    known = {articles_of(state)["dam.txt"] for state in range(2 * RACES + 1)}
    assert asking.quotes and set(asking.quotes) <= known
    print(f"\n{RACES} races, {len(asking.quotes)} questions meanwhile: {outcomes}")
