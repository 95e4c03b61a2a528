"""A first index that is stopped goes on where it was, and may be asked before it ends."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import WordEmbedder
from format_files import COURT, FLOOD, FUEL
from test_cli import newsdesk

from index.models import IngestReport
from index.store.snapshots import DataFolder, Snapshot
from index.sync import unpublished_vectors
from index.sync.syncing import sync

ARTICLES = 250
KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from test_unpublished_vectors import Counting
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
class Killed(Counting):
    def embed(self, texts):
        if self.passages + len(texts) > int(sys.argv[3]):
            os.kill(os.getpid(), 9)
        return super().embed(texts)
sync(Path(sys.argv[1]), DataFolder(Path(sys.argv[2])), Killed())
"""


class Counting(WordEmbedder):
    """Counts the texts that it is given; stops as by Ctrl-C once they are more than `most`."""

    def __init__(self, most: float = float("inf")) -> None:
        self.passages, self.most = 0, most

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.passages += len(texts)
        if self.passages > self.most:
            raise KeyboardInterrupt
        return super().embed(texts)


def _corpus(root: Path, articles: int = ARTICLES) -> Path:
    (root / "corpus").mkdir()
    for at in range(articles):
        (root / "corpus" / f"{at:03}.txt").write_text(f"Report {at} of the day. " + (FLOOD, FUEL, COURT)[at % 3])
    return root / "corpus"


def _stored(data: DataFolder) -> list[tuple[str, bytes, bytes]]:
    """What is stored of each passage: its id, its vector and those of its sentences."""
    snapshot = Snapshot(data.require_current())
    try:
        of_sentences = dict(snapshot.catalog.all_sentence_vectors())
        vectors = snapshot.vectors.vectors(list(of_sentences))
        pairs = zip(of_sentences.items(), vectors, strict=True)
        return [(one, np.asarray(vector, np.float32).tobytes(), its) for (one, its), vector in pairs]
    finally:
        snapshot.close()


@pytest.mark.parametrize("stopped_at", [300, 700])
def test_a_sync_that_was_stopped_repeats_hardly_any_of_the_encoding(tmp_path: Path, stopped_at: int) -> None:
    corpus, data, whole = _corpus(tmp_path), DataFolder(tmp_path / "data"), Counting()
    sync(corpus, DataFolder(tmp_path / "fresh"), whole)
    first = Counting(most=stopped_at)
    with pytest.raises(KeyboardInterrupt):
        sync(corpus, data, first)
    kept = unpublished_vectors.count(data.root)
    assert kept and data.current() is None
    second = Counting()
    assert len(sync(corpus, data, second).added) == ARTICLES
    assert second.passages == whole.passages - kept * (whole.passages // ARTICLES)
    batch = 64 * (whole.passages // ARTICLES)
    assert first.passages + second.passages <= whole.passages + batch
    assert _stored(data) == _stored(DataFolder(tmp_path / "fresh"))
    assert list(data.root.glob("unpublished*")) == []


def test_what_a_killed_process_has_encoded_is_kept(tmp_path: Path) -> None:
    corpus, data = _corpus(tmp_path), DataFolder(tmp_path / "data")
    command = [sys.executable, "-c", KILLED, str(corpus), str(data.root), "600", str(Path(__file__).parent)]
    assert subprocess.run(command, timeout=120, check=False).returncode == -signal.SIGKILL
    kept, second = unpublished_vectors.count(data.root), Counting()
    sync(corpus, data, second)
    assert kept >= 128
    assert second.passages <= (ARTICLES - kept) * 3


def test_vectors_of_another_embedder_and_a_damaged_file_are_not_used(tmp_path: Path) -> None:
    corpus, data = _corpus(tmp_path, 100), DataFolder(tmp_path / "data")
    with pytest.raises(KeyboardInterrupt):
        sync(corpus, data, Counting(most=200))
    [file] = data.root.glob("unpublished*")
    other, fresh = Counting(), Counting()
    other.id = "another"
    sync(corpus, DataFolder(tmp_path / "fresh"), fresh)
    sync(corpus, data, other)
    assert other.passages == fresh.passages
    file.write_bytes(b"no database " * 1000)
    (corpus / "new.txt").write_text(FLOOD)
    assert sync(corpus, data, other).added == ("new.txt",)
    assert not file.exists()


def _published(tmp_path: Path, every: int) -> tuple[list[int], IngestReport, DataFolder]:
    """How many articles can be asked after each publishing, the last report, and the index."""
    corpus, data = _corpus(tmp_path, 10), DataFolder(tmp_path / "data")
    (corpus / "many.jsonl").write_text("".join(f'{{"id": {n}, "text": "{FUEL} Part {n}."}}\n' for n in range(7)))
    (corpus / "broken.txt").write_bytes(b"\0")
    found: list[int] = []

    def progress(step: str, done: int, _: int) -> None:
        if step == "Verifying" and not done and data.current():
            snapshot = Snapshot(data.require_current())
            found.append(snapshot.manifest.articles)
            snapshot.close()

    report = sync(corpus, data, WordEmbedder(), progress, publish_every=every)
    return found, report, data


def test_a_long_first_index_can_be_asked_after_every_so_many_articles(
    tmp_path: Path, word_embedder: WordEmbedder
) -> None:
    found, report, data = _published(tmp_path, 4)
    assert found == [4, 8, 12, 16]
    assert (report.articles, len(report.added), report.changed, report.unchanged, report.embedded) == (
        17,
        17,
        (),
        0,
        17,
    )
    assert [one.path for one in report.skipped] == ["broken.txt"]
    fresh = DataFolder(tmp_path / "fresh")
    sync(tmp_path / "corpus", fresh, word_embedder)
    assert _stored(data) == _stored(fresh)


def test_articles_that_were_not_come_to_stay_as_they_are_indexed(tmp_path: Path, word_embedder: WordEmbedder) -> None:
    _, _, data = _published(tmp_path, 100)
    corpus = tmp_path / "corpus"
    for name in ("000.txt", "005.txt"):
        (corpus / name).write_text(f"Changed. {COURT}")
    (corpus / "003.txt").unlink()
    report = sync(corpus, data, word_embedder, publish_every=1)
    assert (report.added, report.changed, report.removed) == ((), ("000.txt", "005.txt"), ("003.txt",))
    assert (report.unchanged, report.articles) == (14, 16)


def test_ctrl_c_says_what_is_kept_and_how_to_go_on(tmp_path: Path) -> None:
    corpus, data = _corpus(tmp_path, 1_500), tmp_path / "data"
    environment = os.environ | {"QA_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "qa.cli", "index", str(corpus)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        deadline = time.monotonic() + 100
        while not unpublished_vectors.count(data) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, said = (end.decode() for end in process.communicate(timeout=60))
    assert (process.returncode, out) == (130, "")
    assert re.fullmatch(
        r"Stopped\. The index is as it was last published\. "
        r"The vectors of [\d,]+ passages are kept: to go on from there, run again: newsdesk index\n",
        said,
    )
    again = newsdesk("index", str(corpus), "--publish-every", "0", QA_DATA_DIR=data)
    assert (again.returncode, "publish-every" in again.stderr) == (64, True)
