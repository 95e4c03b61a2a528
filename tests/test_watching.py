import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from conftest import WordEmbedder
from format_files import COURT, FLOOD, FUEL

from index.errors import CorpusMissing
from index.models import IngestReport, SkippedFile
from index.store.snapshots import DataFolder
from index.sync.locking import writer_lock
from index.sync.watching import follow, line

FOLLOWED = """
import signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from conftest import WordEmbedder
from index.store.snapshots import DataFolder
from index.sync.watching import follow
signal.signal(signal.SIGTERM, signal.default_int_handler)
follow(Path(sys.argv[1]), DataFolder(Path(sys.argv[2])), WordEmbedder(), lambda said: print(said, flush=True))
"""


class Follower:
    """A process that follows a folder, and what it says."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self._said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for said in self.process.stdout:
            self._said.put(said.strip())

    def says(self, what: str) -> str:
        """Wait for a line that holds `what`."""
        heard = []
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                heard.append(self._said.get(timeout=1))
            except queue.Empty:
                continue
            if what in heard[-1]:
                return heard[-1]
        raise AssertionError(f"{what!r} was not said; heard: {heard}")

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing is said for so long."""
        try:
            self._said.get(timeout=seconds)
        except queue.Empty:
            return True
        return False


@contextmanager
def _following(command: list[str], **about: object) -> Iterator[Follower]:
    def heed_interrupts() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has its background jobs ignore them

    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=heed_interrupts, **about
    )
    try:
        yield Follower(process)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "corpus" / "sub").mkdir(parents=True)
    (tmp_path / "corpus" / "a.txt").write_text(FLOOD)
    return tmp_path / "corpus"


def _command(corpus: Path) -> list[str]:
    here = str(Path(__file__).parent)
    return [sys.executable, "-c", FOLLOWED, str(corpus), str(corpus.parent / "data"), here]


def test_changes_are_synced_until_the_process_is_told_to_end(corpus: Path) -> None:
    with _following(_command(corpus)) as follower:
        assert "1 articles, 1 passages" in follower.says("1 added")
        (corpus / "sub" / "b.txt").write_text(FUEL)
        assert "2 articles" in follower.says("1 added")
        (corpus / "sub").rename(corpus / "other")
        assert "2 articles" in follower.says("1 added, 1 removed")
        (corpus / "a.txt").write_text(COURT)
        (corpus / "bad.txt").write_bytes(b"\0")
        follower.says("1 changed; 1 skipped, the first bad.txt: it is not text")
        follower.process.send_signal(signal.SIGTERM)
        follower.says("Stopped.")
        assert follower.process.wait(30) == 0
    data = DataFolder(corpus.parent / "data")
    assert not list(data.snapshots.glob(".staging-*"))


def test_files_that_are_not_read_cause_no_sync(corpus: Path) -> None:
    with _following(_command(corpus)) as follower:
        follower.says("1 added")
        for name in (".hidden.txt", "picture.png", "sub/.git"):
            (corpus / name).write_text(FUEL)
        assert follower.is_silent(3)


def test_an_error_is_said_once_and_the_following_goes_on(corpus: Path) -> None:
    with _following(_command(corpus)) as follower:
        follower.says("1 added")
        corpus.rename(corpus.parent / "away")
        follower.says("does not exist")
        assert follower.is_silent(2)
        (corpus.parent / "away").rename(corpus)
        follower.says("nothing changed")
        with writer_lock(corpus.parent / "data"):
            (corpus / "b.txt").write_text(FUEL)
            follower.says("is indexing into")
        follower.says("1 added")


def test_the_command_follows_a_folder_until_ctrl_c(corpus: Path, tmp_path: Path) -> None:
    environment = os.environ | {"QA_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "qa.cli", "index", "--watch", str(corpus)]
    with _following(command, env=environment, cwd=Path(__file__).parent.parent) as follower:
        follower.says("Following")
        follower.says("1 added")
        (corpus / "b.txt").write_text(FUEL)
        follower.says("2 articles")
        follower.process.send_signal(signal.SIGINT)
        follower.says("Stopped.")
        assert follower.process.wait(30) == 0


def test_a_folder_that_is_not_there_is_refused_at_once(tmp_path: Path, word_embedder: WordEmbedder) -> None:
    with pytest.raises(CorpusMissing, match="newsdesk index --watch FOLDER"):
        follow(tmp_path / "missing", DataFolder(tmp_path / "data"), word_embedder, print)


def test_an_interrupt_in_a_sync_ends_it_and_leaves_nothing_behind(corpus: Path) -> None:
    class Interrupted(WordEmbedder):
        def embed(self, texts: Sequence[str]) -> np.ndarray:
            raise KeyboardInterrupt(f"before {len(texts)} texts were embedded")

    said: list[str] = []
    follow(corpus, DataFolder(corpus.parent / "data"), Interrupted(), said.append)
    assert said == ["Stopped."]
    assert not list((corpus.parent / "data" / "snapshots").iterdir())


def test_an_interrupt_that_other_code_drops_still_ends_it(corpus: Path) -> None:
    class Deaf(WordEmbedder):
        def embed(self, texts: Sequence[str]) -> np.ndarray:
            with suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(5)
            return super().embed(texts)

    said: list[str] = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its background jobs ignore it
    try:
        follow(corpus, DataFolder(corpus.parent / "data"), Deaf(), said.append)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert said[-1] == "Stopped."


def test_a_sync_is_one_line() -> None:
    report = IngestReport(corpus="/c", snapshot="000001", articles=2, passages=9, seconds=0.25)
    assert line(report) == "nothing changed; 2 articles, 9 passages, 0.2 s"
    skipped = (SkippedFile(path="a.pdf", reason="it is encrypted"), SkippedFile(path="b.pdf", reason="it is encrypted"))
    busy = report.model_copy(update={"added": ("x", "y"), "changed": ("z",), "skipped": skipped})
    assert line(busy) == (
        "2 added, 1 changed; 2 skipped, the first a.pdf: it is encrypted; 2 articles, 9 passages, 0.2 s"
    )
