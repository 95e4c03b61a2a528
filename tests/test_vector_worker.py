import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings
from conftest import WordEmbedder

from index.errors import SnapshotBroken
from index.store.chroma import COLLECTION, Row
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from index.sync.vector_worker import VectorWorker

ROWS = [Row(f"{number:016x}", f"Report {number}.", {"path": f"{number}.txt"}) for number in range(30)]
VECTORS = np.eye(32, dtype=np.float32)[:30]


@pytest.fixture
def worker() -> Iterator[VectorWorker]:
    started = VectorWorker()
    yield started
    started.close()


def _made(worker: VectorWorker, target: Path) -> Path:
    worker.open(target, None, [])
    worker.add(ROWS[:20], VECTORS[:20])
    worker.add(ROWS[20:], VECTORS[20:])
    worker.save()
    return target


def _stored(folder: Path) -> dict[str, tuple[str, str, int]]:
    """Each passage's text, path, and the place of the one in its vector, as any Chroma client reads them."""
    settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder))
    client: Any = chromadb.PersistentClient(path=str(folder), settings=settings)
    with closing(client):
        found = client.get_collection(COLLECTION).get(include=["embeddings", "documents", "metadatas"])
    of_rows = zip(found["documents"], found["metadatas"], found["embeddings"], strict=True)
    kept = [(document, metadata["path"], int(np.argmax(row))) for document, metadata, row in of_rows]
    return dict(zip(found["ids"], kept, strict=True))


def _expected(numbers: range) -> dict[str, tuple[str, str, int]]:
    return {f"{number:016x}": (f"Report {number}.", f"{number}.txt", number) for number in numbers}


@pytest.mark.parametrize("anew", [False, True])
def test_a_collection_is_made_and_then_changed_in_a_copy(worker: VectorWorker, tmp_path: Path, anew: bool) -> None:
    first = _made(worker, tmp_path / "first")
    worker.open(tmp_path / "second", first, [row.id for row in ROWS[:12]], anew=anew)
    worker.add(ROWS[:2], VECTORS[:2])
    worker.save()
    assert _stored(first) == _expected(range(30))
    assert _stored(tmp_path / "second") == _expected(range(2)) | _expected(range(12, 30))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


def test_an_error_of_a_command_comes_with_the_next_one(worker: VectorWorker, tmp_path: Path) -> None:
    worker.open(tmp_path / "second", tmp_path / "missing", [])
    with pytest.raises((SnapshotBroken, FileNotFoundError), match="missing"):
        worker.add(ROWS, VECTORS)


def test_vectors_of_another_size_are_refused(worker: VectorWorker, tmp_path: Path) -> None:
    worker.open(tmp_path / "first", None, [])
    worker.add(ROWS[:1], VECTORS[:1])
    worker.add(ROWS[1:2], VECTORS[1:2, :8])
    with pytest.raises(SnapshotBroken, match="dimension"):
        worker.save()


def test_the_check_tells_what_is_broken(worker: VectorWorker, tmp_path: Path, word_embedder: WordEmbedder) -> None:
    corpus, data = tmp_path / "corpus", DataFolder(tmp_path / "data")
    corpus.mkdir()
    (corpus / "a.txt").write_text("The harbour of Northport was closed on Tuesday after a flood damaged two piers.")
    sync(corpus, data, word_embedder)
    snapshot = shutil.copytree(data.require_current(), tmp_path / "copy")
    worker.verify(snapshot)
    (snapshot / "catalog.sqlite").write_bytes(b"")
    with pytest.raises(SnapshotBroken, match=r"was not published: .*catalog.sqlite"):
        worker.verify(snapshot)


def test_a_process_that_is_killed_breaks_the_step_and_not_the_indexer(worker: VectorWorker, tmp_path: Path) -> None:
    worker.open(tmp_path / "first", None, [])
    worker.settle()
    assert worker.process
    os.kill(worker.process.pid, signal.SIGSEGV)
    with pytest.raises(SnapshotBroken, match=r"ended \(code -11\)"):
        worker.save()


def test_a_process_that_hangs_is_given_up(worker: VectorWorker, tmp_path: Path) -> None:
    worker.open(tmp_path / "first", None, [])
    worker.settle()
    assert worker.process
    os.kill(worker.process.pid, signal.SIGSTOP)
    worker.patience_s = 0.1
    with pytest.raises(SnapshotBroken, match=r"took over 0.1 s"):
        worker.save()


def test_a_process_started_ahead_that_died_is_started_again(worker: VectorWorker, tmp_path: Path) -> None:
    worker.start()
    assert worker.process
    os.kill(worker.process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, worker.process.pid, os.WEXITED | os.WNOWAIT)
    assert _stored(_made(worker, tmp_path / "first")) == _expected(range(30))
