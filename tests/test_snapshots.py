import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import WordEmbedder
from numpy.typing import NDArray

from index.embedding.embedders import Embedder
from index.errors import NoSnapshot, SnapshotBroken
from index.models import Article, Passage, Span
from index.store.chroma import ChromaVectors, row
from index.store.files import copy_chroma, read_manifest, write_manifest, written_files
from index.store.snapshots import (
    KEPT_SNAPSHOTS,
    DataFolder,
    Snapshot,
    verify,
)
from index.sync.syncing import sync

CHROMA = "chroma/chroma.sqlite3"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, word_embedder: WordEmbedder) -> Path:
    """A published snapshot of two small articles; only to be copied."""
    root = tmp_path_factory.mktemp("published")
    corpus = root / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("The harbour of Northport was closed on Tuesday after a flood damaged two piers.")
    (corpus / "b.txt").write_text("The treasury announced on Friday that taxes on fuel will rise in the spring.")
    sync(corpus, DataFolder(root / "data"), word_embedder)
    return DataFolder(root / "data").require_current()


@pytest.fixture
def snapshot(published: Path, tmp_path: Path) -> Path:
    return shutil.copytree(published, tmp_path / published.name)


def _publish(data: DataFolder, name: str) -> None:
    with data.staging() as staged:
        (staged / "file").write_text(name)
        data.publish(staged, name)


def _truncate(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)


def _scrawl(file: Path) -> None:
    file.write_bytes(b"x" * file.stat().st_size)


def test_before_the_first_sync_there_is_no_snapshot_and_the_command_is_named(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "none")
    assert data.current() is None
    with pytest.raises(NoSnapshot, match="newsdesk index"):
        data.require_current()
    assert not data.root.exists()


def test_publishing_makes_a_snapshot_current_and_keeps_the_one_before(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    for number in range(1, 5):
        assert data.next_name() == f"{number:06d}"
        _publish(data, data.next_name())
        assert (data.require_current() / "file").read_text() == f"{number:06d}"
    kept = sorted(folder.name for folder in data.snapshots.iterdir())
    assert kept == ["000003", "000004"]
    assert len(kept) == KEPT_SNAPSHOTS


def test_a_folder_that_was_renamed_but_not_made_current_is_not_used_again(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    _publish(data, "000001")
    (data.snapshots / "000002").mkdir()
    assert data.require_current().name == "000001"
    assert data.next_name() == "000003"
    _publish(data, "000003")
    assert data.require_current().name == "000003"


def test_staging_sweeps_what_a_crash_left_and_what_a_failure_leaves(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    (data.snapshots / ".staging-old").mkdir(parents=True)

    def fail() -> None:
        with data.staging() as staged:
            assert list(data.snapshots.iterdir()) == [staged]
            (staged / "half").write_text("x")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert list(data.snapshots.iterdir()) == []
    assert data.current() is None


def test_a_current_that_names_a_missing_folder_is_broken(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("000007\n")
    with pytest.raises(SnapshotBroken, match=r"000007.*newsdesk index"):
        DataFolder(tmp_path).require_current()


def test_a_whole_snapshot_passes_its_check_however_often_it_was_opened(snapshot: Path) -> None:
    for _ in range(3):
        verify(snapshot)


def test_no_file_of_the_digests_changes_when_a_saved_collection_is_opened(tmp_path: Path) -> None:
    spans = (Span(0, 4),)
    article = Article(path="a.txt", text="text", encoding="utf-8", sha256="0" * 64, article_lines=spans)
    passages = [
        (article, Passage(id=f"{number:016x}", path="a.txt", start=0, end=4, text="text", sentences=spans))
        for number in range(1100)
    ]
    rows = np.random.default_rng(0).standard_normal((1100, 8)).astype(np.float32)
    first = ChromaVectors(tmp_path / "chroma", create=True)
    first.add([row(*pair) for pair in passages], rows)
    first.finish()
    before = written_files(tmp_path)
    again = ChromaVectors(tmp_path / "chroma")
    assert len(again.query(rows[0], 1100)) >= 1099
    again.close()
    assert written_files(tmp_path) == before
    assert {Path(name).name for name in before} >= {"data_level0.bin", "index_metadata.pickle"}


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        (CHROMA, _truncate),
        (CHROMA, _scrawl),
        (CHROMA, Path.unlink),
        ("catalog.sqlite", _truncate),
        ("catalog.sqlite", _flip),
        ("catalog.sqlite", Path.unlink),
        ("lexical/meta.json", _flip),
        ("lexical/meta.json", Path.unlink),
        ("manifest.json", _truncate),
        ("manifest.json", Path.unlink),
    ],
)
def test_a_damaged_file_is_found_out(snapshot: Path, file: str, damage: Callable[[Path], object]) -> None:
    damage(snapshot / file)
    with pytest.raises(SnapshotBroken, match="newsdesk index"):
        verify(snapshot)


def test_a_file_that_does_not_belong_is_found_out(snapshot: Path) -> None:
    (snapshot / "lexical" / "extra").write_text("x")
    with pytest.raises(SnapshotBroken, match="lexical/extra"):
        verify(snapshot)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"passages": 3}, "should hold 3 passages"),
        ({"format": 99}, "has format 99"),
        ({"canaries": ("f" * 16,)}, "has no vector"),
    ],
)
def test_a_manifest_that_says_something_else_is_found_out(snapshot: Path, change: dict[str, object], said: str) -> None:
    write_manifest(snapshot, read_manifest(snapshot).model_copy(update=change))
    with pytest.raises(SnapshotBroken, match=said):
        verify(snapshot)


@pytest.mark.parametrize(
    ("change", "said"), [({"unheard": 1}, "cannot be read"), ({"passages": 3}, "not as it was written")]
)
def test_a_manifest_that_was_edited_is_found_out(snapshot: Path, change: dict[str, object], said: str) -> None:
    manifest = json.loads((snapshot / "manifest.json").read_text())
    (snapshot / "manifest.json").write_text(json.dumps(manifest | change))
    with pytest.raises(SnapshotBroken, match=said):
        verify(snapshot)


def test_missing_vectors_are_found_out(snapshot: Path) -> None:
    vectors = ChromaVectors(snapshot / "chroma")
    vectors.delete(read_manifest(snapshot).canaries[:1])
    vectors.close()
    write_manifest(snapshot, read_manifest(snapshot).model_copy(update={"files": written_files(snapshot)}))
    with pytest.raises(SnapshotBroken, match="should hold 2 passages"):
        verify(snapshot)


def test_a_part_that_is_missing_is_not_made_up_when_a_snapshot_is_opened(snapshot: Path) -> None:
    shutil.rmtree(snapshot / "lexical")
    with pytest.raises(SnapshotBroken, match="lexical"):
        Snapshot(snapshot)
    assert not (snapshot / "lexical").exists()


def test_a_copy_of_the_vectors_answers_like_the_original_from_any_folder_name(snapshot: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd name #1?%20"
    copy_chroma(snapshot / "chroma", odd / "one")
    copy_chroma(odd / "one", odd / "two")
    ids = read_manifest(snapshot).canaries
    found = []
    for folder in (snapshot / "chroma", odd / "two"):
        vectors = ChromaVectors(folder)
        found.append([vectors.query(row, 2) for row in vectors.vectors(ids)])
        vectors.close()
    assert found[0] == found[1]


OPEN_READ_ONLY = """
import os, sys
from pathlib import Path
from index.store.snapshots import Snapshot
writable, read_only = map(Path, sys.argv[1:])
def ask(folder):
    snapshot = Snapshot(folder)
    ids = snapshot.catalog.passage_ids()
    found = [snapshot.vectors.query(row, 1)[0][0] for row in snapshot.vectors.vectors(ids)]
    words = [identity for identity, _ in snapshot.lexical.search("harbour taxes", 5)]
    assert found == ids == sorted(words), (found, ids, words)
    snapshot.close()
    return snapshot
assert ask(writable)._copy is None
if os.geteuid() == 0:  # permissions do not bind root; what is imported by now stays usable
    os.setuid(65534)
copy = ask(read_only)._copy
assert copy and not copy.exists(), copy
"""


def test_a_snapshot_that_cannot_be_written_to_is_read_through_a_copy(snapshot: Path, open_folder: Path) -> None:
    read_only = shutil.copytree(snapshot, open_folder / "snapshot")
    for path in (*read_only.rglob("*"), read_only):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: path.read_bytes() for path in read_only.rglob("*") if path.is_file()}
    command = [sys.executable, "-c", OPEN_READ_ONLY, str(snapshot), str(read_only)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in read_only.rglob("*") if path.is_file()} == before


READ_TOGETHER = """
import json, sys, time
from pathlib import Path
from index.store.snapshots import DataFolder, Snapshot
folder, barrier = DataFolder(Path(sys.argv[1])).require_current(), Path(sys.argv[2])
import chromadb, tantivy
(barrier / sys.argv[3]).touch()
while len(list(barrier.iterdir())) < 4:
    time.sleep(0.005)
found = []
for _ in range(2):
    snapshot = Snapshot(folder)
    ids = snapshot.catalog.passage_ids()
    found.append([snapshot.vectors.query(row, 3) for row in snapshot.vectors.vectors(ids)])
    snapshot.close()
assert all(round_ == found[0] for round_ in found)
print(json.dumps(found[0]))
"""


def test_four_processes_read_one_snapshot_at_once(data_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", READ_TOGETHER, str(data_dir), str(tmp_path)]
    readers = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    answers = [reader.communicate(timeout=60) for reader in readers]
    assert [reader.returncode for reader in readers] == [0] * 4, answers
    snapshot = Snapshot(DataFolder(data_dir).require_current())
    ids = snapshot.catalog.passage_ids()
    snapshot.close()
    for printed, _ in answers:
        assert [hits[0][0] for hits in json.loads(printed)] == ids
    assert len({printed for printed, _ in answers}) == 1


class FewVectors(Embedder):
    """Gives a text one of a few vectors, so that HNSW cannot reach some passages."""

    id = "few"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.array([(1, len(text) % 7 / 100, 2 * ("flood" in text.lower())) for text in texts], np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_a_text_that_repeats_itself_without_end_does_not_keep_a_small_folder_from_being_indexed(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "council.txt").write_text(f"Tarn council met.\n\nThe Tarn council said {'Aa ' * 60_000}met.\n")
    (corpus / "flood.txt").write_text("Flood\n\nThe flood in Ostby closed the only hospital of the town.\n")
    report = sync(corpus, DataFolder(tmp_path / "data"), FewVectors())
    assert (report.articles, report.passages > 100) == (2, True)
