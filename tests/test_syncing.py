import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import WordEmbedder

from index.errors import CorpusEmpty, CorpusMissing, IndexLocked
from index.models import IngestReport
from index.store.snapshots import DataFolder, Snapshot, read_manifest, verify
from index.sync.syncing import sync

NEWS = {
    "a.txt": "The harbour of Northport was closed on Tuesday after a flood damaged two of its piers.",
    "b.txt": "The treasury announced on Friday that taxes on fuel will rise in the spring of next year.",
    "c.txt": "A court in Westford ruled on Monday that the mayor may stand in the election again.",
    "d.txt": "Engineers opened the longest bridge of the country on Sunday, four years after its start.",
    "e.txt": "Doctors at the central hospital went on strike on Thursday over pay and night shifts.",
    "sub/f.txt": "Scientists counted more puffins on the northern islands this summer than in any year before.",
}


class OtherEmbedder(WordEmbedder):
    """The same vectors under another name."""

    id = "other-64"


def _write(corpus: Path, news: dict[str, str]) -> Path:
    for name, text in news.items():
        (corpus / name).parent.mkdir(parents=True, exist_ok=True)
        (corpus / name).write_text(text)
    return corpus


def _state(data: DataFolder) -> dict[str, object]:
    """All that a snapshot holds, from each of its three parts."""
    snapshot = Snapshot(data.require_current())
    catalog, ids = snapshot.catalog, snapshot.catalog.passage_ids()
    passages = catalog.passages(ids)
    articles = list(catalog.articles())
    rows = snapshot.vectors.vectors(ids)
    state = {
        "articles": articles,
        "passages": passages,
        "stories": {article.path: catalog.story_of(article.path) for article in articles},
        "junk": catalog.junk_lines(),
        "sentences": catalog.sentence_vectors(ids),
        "vectors": rows.tolist(),
        "dense": sorted(identity for identity, _ in snapshot.vectors.query(rows[0], 100)),
        "lexical": {i: snapshot.lexical.search(passages[i].text, 1)[0][0] for i in ids},
        "counts": (snapshot.vectors.count(), snapshot.lexical.count()),
    }
    snapshot.close()
    assert state["dense"] == ids
    return state


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, word_embedder: WordEmbedder) -> tuple[Path, Path, IngestReport]:
    """A corpus, the data folder of its first sync, and what that reported; only to be copied."""
    root = tmp_path_factory.mktemp("built")
    _write(root / "corpus", NEWS)
    (root / "corpus" / "broken.txt").write_bytes(b"\0\1\2")
    (root / "corpus" / "escape\x1b[2J.txt").write_bytes(b" ")
    (root / "corpus" / "table.xlsx").write_text("1,2")
    report = sync(root / "corpus", DataFolder(root / "data"), word_embedder)
    return root / "corpus", root / "data", report


@pytest.fixture
def copied(built: tuple[Path, Path, IngestReport], tmp_path: Path) -> tuple[Path, DataFolder]:
    corpus = shutil.copytree(built[0], tmp_path / "corpus")
    return corpus, DataFolder(shutil.copytree(built[1], tmp_path / "data"))


def test_the_first_sync_indexes_all_it_can_read_and_reports_the_rest(built: tuple[Path, Path, IngestReport]) -> None:
    corpus, data, report = built
    assert report.added == tuple(NEWS)
    assert (report.changed, report.removed, report.unchanged) == ((), (), 0)
    assert (report.articles, report.passages, report.embedded, sum(report.ignored.values())) == (6, 6, 6, 1)
    assert {file.path: file.reason.split(" (")[0] for file in report.skipped} == {
        "broken.txt": "it is not text",
        "escape\\x1b[2J.txt": "it holds no text",
    }
    assert (report.corpus, report.snapshot) == (str(corpus), "000001")
    manifest = read_manifest(DataFolder(data).require_current())
    assert (manifest.articles, manifest.passages, manifest.dimension, manifest.embedder) == (6, 6, 64, "words-64")


def test_a_sync_without_a_change_publishes_nothing(
    copied: tuple[Path, DataFolder], word_embedder: WordEmbedder
) -> None:
    corpus, data = copied
    report = sync(corpus, data, word_embedder)
    assert not report.anything_changed
    assert (report.unchanged, report.embedded, report.snapshot) == (6, 0, "000001")
    assert [folder.name for folder in data.snapshots.iterdir()] == ["000001"]


def test_any_walk_of_changes_ends_where_a_build_from_nothing_does(
    copied: tuple[Path, DataFolder], word_embedder: WordEmbedder, tmp_path: Path
) -> None:
    corpus, data = copied
    first, fresh = _state(data), DataFolder(tmp_path / "fresh")

    _write(corpus, {"copy.txt": NEWS["b.txt"] + " More soon."})
    (corpus / "sub" / "f.txt").rename(corpus / "f.txt")
    renamed = sync(corpus, data, word_embedder)
    assert (renamed.added, renamed.changed, renamed.removed) == (("copy.txt", "f.txt"), (), ("sub/f.txt",))
    assert (renamed.embedded, read_manifest(data.require_current()).tombstones) == (2, 1)
    sync(corpus, fresh, word_embedder)
    assert _state(data) == _state(fresh)

    _write(corpus, {"a.txt": NEWS["a.txt"] + " It opened again on Friday."})
    for name in ("b.txt", "c.txt", "d.txt"):
        (corpus / name).unlink()
    deleted = sync(corpus, data, word_embedder)
    assert (deleted.changed, deleted.removed) == (("a.txt",), ("b.txt", "c.txt", "d.txt"))
    assert (deleted.embedded, read_manifest(data.require_current()).tombstones) == (1, 0)

    shutil.rmtree(corpus)
    restored = sync(_write(corpus, NEWS), data, word_embedder)
    assert restored.unchanged == 1
    assert _state(data) == first
    assert sorted(folder.name for folder in data.snapshots.iterdir()) == ["000003", "000004"]


def test_another_embedder_builds_anew(copied: tuple[Path, DataFolder]) -> None:
    corpus, data = copied
    report = sync(corpus, data, OtherEmbedder())
    assert (report.embedded, report.snapshot) == (6, "000002")
    assert read_manifest(data.require_current()).embedder == "other-64"


def _scrawl_on_vectors(snapshot: Path) -> None:
    file = snapshot / "chroma" / "chroma.sqlite3"
    data = file.read_bytes()
    file.write_bytes(data[:100] + b"x" * (len(data) - 100))


def _cut_catalog(snapshot: Path) -> None:
    (snapshot / "catalog.sqlite").write_bytes(b"")


def _lose_all(snapshot: Path) -> None:
    shutil.rmtree(snapshot)


@pytest.mark.parametrize("damage", [_scrawl_on_vectors, _cut_catalog, _lose_all])
def test_a_damaged_index_is_mended_by_the_next_sync(
    copied: tuple[Path, DataFolder], word_embedder: WordEmbedder, damage: Callable[[Path], None]
) -> None:
    corpus, data = copied
    damage(data.require_current())
    if damage is _scrawl_on_vectors:  # of the right length: found out when there is something to add
        _write(corpus, {"g.txt": "A new report on the storm that passed over the coast on Saturday."})
    report = sync(corpus, data, word_embedder)
    assert report.embedded == report.articles == len(_state(data)["articles"]) >= 6


def test_a_missing_corpus_leaves_the_index_as_it_is(
    copied: tuple[Path, DataFolder], word_embedder: WordEmbedder, tmp_path: Path
) -> None:
    with pytest.raises(CorpusMissing, match="newsdesk index FOLDER"):
        sync(tmp_path / "missing", copied[1], word_embedder)
    assert copied[1].require_current().name == "000001"


def test_a_corpus_without_articles_names_what_is_read(tmp_path: Path, word_embedder: WordEmbedder) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "table.xlsx").write_text("1,2")
    with pytest.raises(CorpusEmpty, match=r"no article in .*corpus.*\.txt \.md \.markdown \.html \.htm"):
        sync(corpus, DataFolder(tmp_path / "data"), word_embedder)
    assert DataFolder(tmp_path / "data").current() is None


def test_a_corpus_of_unreadable_files_names_the_first_reasons(
    copied: tuple[Path, DataFolder], word_embedder: WordEmbedder
) -> None:
    corpus, data = copied
    for file in corpus.rglob("*.txt"):
        file.write_bytes(b"\0")
    with pytest.raises(CorpusEmpty, match=r"None of the 8 files .*a\.txt: it is not text.*; c?b.*Add articles"):
        sync(corpus, data, word_embedder)
    assert data.require_current().name == "000001"


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from conftest import WordEmbedder
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
def progress(step, done, total):
    if step == sys.argv[3] and done == total - (step == "Verifying"):
        os.kill(os.getpid(), 9)
sync(Path(sys.argv[1]), DataFolder(Path(sys.argv[2])), WordEmbedder(), progress)
"""


def test_a_sync_killed_at_any_step_leaves_the_old_snapshot_and_the_next_one_cleans_up(
    copied: tuple[Path, DataFolder], word_embedder: WordEmbedder
) -> None:
    corpus, data = copied
    before = _state(data)
    _write(corpus, {"g.txt": "A new report on the storm that passed over the coast on Saturday."})
    for step in ("Reading", "Embedding", "Verifying"):
        command = [sys.executable, "-c", KILLED, str(corpus), str(data.root), step, str(Path(__file__).parent)]
        assert subprocess.run(command, timeout=60, check=False).returncode == -9, step
        assert data.require_current().name == "000001"
        assert _state(data) == before
    assert any(folder.name.startswith(".staging-") for folder in data.snapshots.iterdir())
    report = sync(corpus, data, word_embedder)
    assert (report.added, report.embedded, report.unchanged) == (("g.txt",), 1, 6)
    assert sorted(folder.name for folder in data.snapshots.iterdir()) == ["000001", "000002"]


KILLED_DELETING = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from conftest import WordEmbedder
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
data, deleted = DataFolder(Path(sys.argv[2])), 0
def watch(event, arguments):
    global deleted
    if event in ("os.remove", "os.unlink") and (data.root / "CURRENT").read_text().strip() == "000003":
        deleted += 1
        if deleted == 3:
            os.kill(os.getpid(), 9)
sys.addaudithook(watch)
sync(Path(sys.argv[1]), data, WordEmbedder())
"""


def test_a_sync_killed_while_it_deletes_an_old_snapshot_leaves_no_half_of_it(
    copied: tuple[Path, DataFolder], word_embedder: WordEmbedder
) -> None:
    corpus, data = copied
    _write(corpus, {"g.txt": "A new report on the storm that passed over the coast on Saturday."})
    sync(corpus, data, word_embedder)
    _write(corpus, {"h.txt": "The harbour was opened again on Sunday, the port authority said."})
    command = [sys.executable, "-c", KILLED_DELETING, str(corpus), str(data.root), str(Path(__file__).parent)]
    assert subprocess.run(command, timeout=60, check=False).returncode == -9
    assert [folder.name for folder in data.newest_first()] == ["000003", "000002"]
    for folder in data.newest_first():
        verify(folder)
    _write(corpus, {"h.txt": "The harbour was opened again on Monday, the port authority said."})
    sync(corpus, data, word_embedder)
    assert sorted(folder.name for folder in data.snapshots.iterdir()) == ["000003", "000004"]


HOLD = """
import sys
from pathlib import Path
from index.sync.locking import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_indexer_is_told_who_holds_the_lock_until_that_one_ends(
    copied: tuple[Path, DataFolder], word_embedder: WordEmbedder
) -> None:
    corpus, data = copied
    command = [sys.executable, "-c", HOLD, str(data.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(IndexLocked, match=rf"Process {holder.pid} on .*newsdesk index"):
            sync(corpus, data, word_embedder)
        holder.kill()
    assert sync(corpus, data, word_embedder).unchanged == 6
