"""Indexing into a real Chroma server: publishing, tidying, moving there and back, and a server that forgets."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from chroma_process import LATER, NEWS, ChromaProcess, opened, passages_found, soon_found, written
from conftest import WordEmbedder

from index.errors import VectorsUnavailable
from index.store.snapshots import DataFolder, Snapshot, read_manifest, verify
from index.sync.syncing import sync
from index.sync.vector_worker import VectorWorker

pytest_plugins = ["chroma_fixtures"]


class OtherEmbedder(WordEmbedder):
    id = "other-64"


class CutOff(VectorWorker):
    """A worker whose sync is stopped when it has published."""

    def tidy(self, *_: object) -> None:
        raise KeyboardInterrupt


class NoEmbedder(WordEmbedder):
    def embed(self, texts: Sequence[str]) -> np.ndarray:
        raise AssertionError(f"embedded again: {texts}")


def _stop_once_verified(step: str, done: int, total: int) -> None:
    """Stop a sync when all is made and checked, and nothing is published."""
    if step == "Verifying" and done == total:
        raise KeyboardInterrupt


def _ids_after(corpus: Path, data: DataFolder, embedder: WordEmbedder) -> set[str]:
    """Sync, and return the ids of the passages that are then current."""
    sync(corpus, data, embedder)
    return _ids(data.require_current())


def _ids(folder: Path) -> set[str]:
    snapshot = Snapshot(folder)
    ids = set(snapshot.catalog.passage_ids())
    snapshot.close()
    return ids


def test_the_vectors_go_to_the_server_and_the_rest_into_the_snapshot(chroma: ChromaProcess, data: DataFolder) -> None:
    folder = data.require_current()
    manifest = read_manifest(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["catalog.sqlite", "lexical", "manifest.json"]
    assert manifest.collection and manifest.collection.startswith(f"newsdesk-{data.owner()}-words-64-")
    assert manifest.collection.endswith("-64")
    assert chroma.passages(data) == {manifest.collection: _ids(folder)}
    verify(folder, data.server)
    found = chroma.got(manifest.collection)
    assert set(found["documents"]) == set(NEWS.values())
    assert {about["path"] for about in found["metadatas"]} == set(NEWS)


def test_readers_of_either_kept_snapshot_find_their_own_passages_and_no_others(
    chroma: ChromaProcess, data: DataFolder, corpus: Path, word_embedder: WordEmbedder
) -> None:
    old = opened(data)
    first = passages_found(old, word_embedder)
    (corpus / "b.txt").unlink()
    second = _ids_after(written(corpus, LATER), data, word_embedder)
    new = opened(data)
    assert passages_found(old, word_embedder) == first != second == passages_found(new, word_embedder)
    assert list(chroma.passages(data).values()) == [first | second]
    (corpus / "c.txt").unlink()
    third = _ids_after(corpus, data, word_embedder)
    assert third < second
    assert list(chroma.passages(data).values()) == [second]
    for snapshot in (old, new):
        snapshot.close()


def test_a_sync_that_dies_before_publishing_leaves_the_old_snapshot_and_the_next_one_goes_on(
    chroma: ChromaProcess,
    data: DataFolder,
    corpus: Path,
    word_embedder: WordEmbedder,
) -> None:
    old = opened(data)
    first = passages_found(old, word_embedder)
    with pytest.raises(KeyboardInterrupt):
        sync(written(corpus, LATER), data, word_embedder, _stop_once_verified, CutOff())
    assert data.require_current().name == old.name
    assert [len(ids) for ids in chroma.passages(data).values()] == [4]
    assert passages_found(old, word_embedder) == first
    old.close()
    (corpus / "d.txt").unlink()
    assert _ids_after(corpus, data, word_embedder) == first
    assert list(chroma.passages(data).values()) == [first]


def test_what_a_sync_that_dies_after_publishing_leaves_is_deleted_by_the_next_one(
    chroma: ChromaProcess,
    data: DataFolder,
    corpus: Path,
    word_embedder: WordEmbedder,
) -> None:
    for name in ("b.txt", "c.txt"):
        (corpus / name).unlink()
        with pytest.raises(KeyboardInterrupt):
            sync(corpus, data, word_embedder, worker=CutOff())
    assert [len(ids) for ids in chroma.passages(data).values()] == [3]
    assert not sync(corpus, data, word_embedder).anything_changed
    assert [len(ids) for ids in chroma.passages(data).values()] == [2]


def test_two_embedders_are_never_mixed_and_the_old_collection_goes_with_its_last_snapshot(
    chroma: ChromaProcess, data: DataFolder, corpus: Path
) -> None:
    sync(corpus, data, OtherEmbedder())
    assert sorted(name.split("-")[2] for name in chroma.passages(data)) == ["other", "words"]
    sync(written(corpus, LATER), data, OtherEmbedder())
    assert [len(ids) for ids in chroma.passages(data).values()] == [4]


def test_indexing_without_the_server_stops_and_changes_nothing(
    chroma: ChromaProcess, data: DataFolder, corpus: Path, word_embedder: WordEmbedder
) -> None:
    chroma.stop()
    with pytest.raises(VectorsUnavailable, match="QA_CHROMA"):
        sync(written(corpus, LATER), data, word_embedder)
    assert data.require_current().name == "000001"
    chroma.start()
    assert len(_ids_after(corpus, data, word_embedder)) == 4


def test_a_server_that_lost_its_data_says_so_and_is_filled_again(
    chroma: ChromaProcess, data: DataFolder, corpus: Path, word_embedder: WordEmbedder
) -> None:
    snapshot = opened(data)
    everything = passages_found(snapshot, word_embedder)
    chroma.forget()
    with pytest.raises(VectorsUnavailable, match="newsdesk index"):
        passages_found(snapshot, word_embedder)
    assert sync(corpus, data, word_embedder).embedded == 3
    assert soon_found(snapshot, word_embedder) == everything
    snapshot.close()


def test_an_index_moves_to_the_server_without_embedding_and_back_by_building_it(
    chroma: ChromaProcess, corpus: Path, tmp_path: Path, word_embedder: WordEmbedder
) -> None:
    root = tmp_path / "moving"
    sync(corpus, DataFolder(root), word_embedder)
    there = DataFolder(root, chroma.server)
    report = sync(corpus, there, NoEmbedder())
    assert (report.snapshot, report.embedded, report.unchanged) == ("000002", 0, 3)
    snapshot = opened(there)
    assert len(passages_found(snapshot, word_embedder)) == 3
    snapshot.close()
    alone = opened(DataFolder(root))
    with pytest.raises(VectorsUnavailable, match="QA_CHROMA_URL is not set"):
        passages_found(alone, word_embedder)
    alone.close()
    assert sync(corpus, DataFolder(root), word_embedder).embedded == 3
    verify(DataFolder(root).require_current())


def test_a_copy_of_the_folder_gets_a_collection_of_its_own_once_its_mark_is_removed(
    chroma: ChromaProcess, data: DataFolder, corpus: Path, tmp_path: Path, word_embedder: WordEmbedder
) -> None:
    copy = DataFolder(shutil.copytree(data.root, tmp_path / "copy"), data.server)
    (copy.root / "owner").unlink()
    assert sync(corpus, copy, word_embedder).embedded == 3
    assert [len(ids) for folder in (data, copy) for ids in chroma.passages(folder).values()] == [3, 3]
