"""Damage of a snapshot's files: it is noticed, and the snapshot before serves, with a note."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from altered_files import alterations, altered, copied, files_of, older_of, outcome
from conftest import WordEmbedder

from index.errors import SnapshotBroken, VectorsUnavailable
from index.store.catalog import Catalog
from index.store.damage.file_check import FileCheck
from index.store.damage.probe import Probe
from index.store.files import read_manifest, write_manifest, written_files
from index.store.snapshots import EXACT_PASSAGES, DataFolder, Snapshot
from index.sync.syncing import sync

QUESTION = "How many cubic metres does the Tarn dam hold?"
BEFORE, NOW = "The Tarn dam holds 41 million cubic metres of water.", "The Tarn dam holds 52 million cubic metres now."
FLIPS = int(os.environ.get("DAMAGE_FLIPS", "2"))


def two_snapshots(
    root: Path, embedder: WordEmbedder, passages: int = 12, exact_limit: int = EXACT_PASSAGES
) -> DataFolder:
    """A data folder with two snapshots: in the newer one, one article says another figure."""
    corpus, data = root / "corpus", DataFolder(root / "data", exact_limit=exact_limit)
    corpus.mkdir()
    for number in range(passages):
        town = f"Town{number} opened bridge{number} over river{number} in the presence of mayor{number} yesterday."
        (corpus / f"{number:05d}.txt").write_text(town)
    for text in (BEFORE, NOW):
        (corpus / "dam.txt").write_text(text)
        sync(corpus, data, embedder)
    return data


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, word_embedder: WordEmbedder) -> DataFolder:
    """Two small snapshots; only to be copied."""
    return two_snapshots(tmp_path_factory.mktemp("damage"), word_embedder)


@pytest.fixture
def data(indexed: DataFolder, tmp_path: Path) -> DataFolder:
    return copied(indexed, tmp_path / "data")


def _is_right(found: dict[str, object]) -> bool:
    """Whether an answer is that of the newer snapshot, or that of the older one and says so."""
    if found.get("quotes") == [NOW]:
        return True
    return found.get("quotes") == [BEFORE] and "newest snapshot that is whole, 000001" in str(found["notes"])


def test_the_two_snapshots_answer_differently(data: DataFolder) -> None:
    assert outcome(data, QUESTION)["quotes"] == [NOW]
    altered(data.root / "CURRENT", b"000001\n")
    assert outcome(data, QUESTION)["quotes"] == [BEFORE]


def test_whatever_is_altered_in_a_small_snapshot_no_answer_is_wrong_and_none_is_missing(data: DataFolder) -> None:
    wrong = []
    for file in files_of(data):
        content = file.read_bytes()
        for what, alteration in alterations(content, older_of(data, file), FLIPS):
            altered(file, alteration)
            found = outcome(data, QUESTION)
            # Who alters the pointer so that it names the older snapshot, asks for that.
            if not _is_right(found) and (file.name, what) != ("CURRENT", "replaced by the older one"):
                wrong.append((file.name, what, found))
            altered(file, content)
    assert wrong == []


@pytest.mark.parametrize("passages", [EXACT_PASSAGES + 50] if FLIPS >= 20 else [1100])
def test_nor_in_one_that_chroma_searches_and_no_process_ends_by_a_signal(
    tmp_path: Path, word_embedder: WordEmbedder, passages: int
) -> None:
    exact = min(EXACT_PASSAGES, passages - 1)
    data = two_snapshots(tmp_path, word_embedder, passages, exact)
    files = [file for file in files_of(data) if FLIPS >= 20 or file.suffix in (".bin", ".pickle", ".sqlite3")]
    asks, tests = [sys.executable, "tests/altered_files.py"], Path(__file__).parent
    found = []
    for file in files:
        arguments = [str(data.root), str(file.relative_to(data.root)), QUESTION, str(exact), str(FLIPS)]
        environment = os.environ | {"PYTHONPATH": f"{tests.parent}:{tests}"}
        done = subprocess.run([*asks, *arguments], capture_output=True, text=True, env=environment, cwd=tests.parent)
        assert done.returncode == 0, (file, done.returncode, done.stderr[-2000:])
        assert "Traceback" not in done.stderr, done.stderr
        found += [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["file"] for one in found} == {str(file.relative_to(data.root)) for file in files}
    odd = [one for one in found if not _is_right(one) and (one["file"], one["what"][:8]) != ("CURRENT", "replaced")]
    assert odd == []


def test_a_catalog_that_was_edited_and_whose_digest_was_written_anew_shows_no_false_quote(data: DataFolder) -> None:
    folder = data.require_current()
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as catalog:
        catalog.execute("UPDATE passages SET text = replace(text, '52', '99') WHERE path = 'dam.txt'")
        catalog.execute("UPDATE articles SET text = replace(text, '52', '99') WHERE path = 'dam.txt'")
        catalog.commit()
    write_manifest(folder, read_manifest(folder).model_copy(update={"files": written_files(folder)}))
    found = outcome(data, QUESTION)
    assert (found["quotes"], len(found["notes"])) == ([BEFORE], 1)


def test_without_a_snapshot_before_damage_is_said_with_the_command(data: DataFolder) -> None:
    shutil.rmtree(data.snapshots / "000001")
    altered(data.require_current() / "catalog.sqlite", b"")
    assert "newsdesk index" in str(outcome(data, QUESTION)["error"])


def test_a_sync_builds_on_the_whole_snapshot_before_and_sweeps_the_damaged_one(
    indexed: DataFolder, data: DataFolder, word_embedder: WordEmbedder
) -> None:
    altered(data.require_current() / "catalog.sqlite", b"")
    report = sync(indexed.root.parent / "corpus", data, word_embedder)
    assert (report.snapshot, report.embedded, report.changed) == ("000003", 1, ("dam.txt",))
    assert sorted(folder.name for folder in data.snapshots.iterdir()) == ["000001", "000003"]
    assert outcome(data, QUESTION) == {"text": f"{NOW} [1]", "quotes": [NOW], "notes": []}


def test_a_sync_publishes_again_where_the_articles_are_those_of_the_whole_snapshot(
    indexed: DataFolder, data: DataFolder, word_embedder: WordEmbedder
) -> None:
    altered(data.root / "CURRENT", b"\x00")
    report = sync(indexed.root.parent / "corpus", data, word_embedder)
    assert (report.snapshot, report.embedded) == ("000003", 0)
    assert data.require_current().name == "000003"


def test_the_folder_to_index_is_known_though_the_newest_snapshot_is_damaged(data: DataFolder) -> None:
    corpus = data.corpus()
    altered(data.require_current() / "manifest.json", b"")
    altered(data.require_current() / "catalog.sqlite", b"")
    assert data.corpus() == corpus
    for file in ("manifest.json", "catalog.sqlite"):
        altered(data.snapshots / "000001" / file, b"")
    with pytest.raises(SnapshotBroken, match="index FOLDER"):
        data.corpus()


def test_a_large_file_is_checked_while_questions_go_on_and_its_damage_is_then_told(data: DataFolder) -> None:
    folder = data.require_current()
    content = bytearray((folder / "catalog.sqlite").read_bytes())
    content[-1] ^= 1
    (folder / "catalog.sqlite").write_bytes(content)
    check = FileCheck(folder, read_manifest(folder).files, waited_bytes=0)
    with pytest.raises(SnapshotBroken, match=r"catalog\.sqlite"):
        check.wait("catalog.sqlite", whole=True)
    check.wait("lexical/") if not check.is_done else None
    with pytest.raises(SnapshotBroken, match=r"catalog\.sqlite"):
        check.raise_damage()


def test_rows_of_a_catalog_have_digests_of_their_own(data: DataFolder, tmp_path: Path) -> None:
    file = shutil.copyfile(data.require_current() / "catalog.sqlite", tmp_path / "catalog.sqlite")
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE articles SET outlet = 'Another' WHERE path = 'dam.txt'")
        database.execute("UPDATE passages SET sentence_vectors = zeroblob(length(sentence_vectors))")
        database.commit()
    with closing(Catalog(Path(file))) as catalog:
        with pytest.raises(SnapshotBroken, match="doctor"):
            catalog.article("dam.txt")
        with pytest.raises(SnapshotBroken, match="doctor"):
            catalog.sentence_vectors(catalog.ids_of("dam.txt"))
        assert catalog.passages_of("dam.txt")


def test_a_catalog_that_is_cut_short_while_it_is_open_is_an_error_and_no_signal(data: DataFolder) -> None:
    code = (
        "import os, sys; from pathlib import Path; from index.store.catalog import Catalog\n"
        "file = Path(sys.argv[1]); catalog = Catalog(file); catalog.counts(); os.truncate(file, 4096)\n"
        "try: list(catalog.articles())\n"
        "except Exception as error: print(type(error).__name__)"
    )
    file = data.require_current() / "catalog.sqlite"
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "SnapshotBroken\n"), done.stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended the process"),
        ("import time; time.sleep(60)", "took over 0.5 s"),
        ("raise SystemExit(1)", "failed its check"),
    ],
)
def test_a_vector_index_that_ends_or_hangs_the_process_that_opens_it_is_not_opened_here(
    tmp_path: Path, code: str, said: str
) -> None:
    probe = Probe(tmp_path, 0.5 if "sleep" in code else 30, [sys.executable, "-c", code])
    with pytest.raises(VectorsUnavailable, match=f"{said}.*newsdesk doctor"):
        probe.require()
    probe.close()


def test_where_the_vectors_fail_on_trial_words_alone_serve_with_a_note(
    tmp_path: Path, word_embedder: WordEmbedder
) -> None:
    made = two_snapshots(tmp_path, word_embedder, 20, exact_limit=0)
    data = DataFolder(made.root, exact_limit=0, probe_first=True)
    found = outcome(data, QUESTION)
    assert (found["quotes"], found["notes"]) == ([NOW], [])
    folder = data.require_current()
    shutil.copyfile(folder / "manifest.json", tmp_path / "manifest.json")
    manifest = read_manifest(folder)
    write_manifest(folder, manifest.model_copy(update={"canaries": ("f" * 16,)}))
    found = outcome(data, QUESTION)
    assert found["quotes"] == [NOW]
    assert [note for note in found["notes"] if "words alone" in note]
    with closing(Snapshot(folder, exact_limit=0, probe_first=True)) as snapshot:
        with pytest.raises(VectorsUnavailable):
            _ = snapshot.vectors
        assert snapshot.vectors_failure
