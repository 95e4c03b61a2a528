from pathlib import Path

import numpy as np
from conftest import WordEmbedder

from index.store.chroma import ChromaVectors
from index.store.dense import ExactVectors
from index.store.snapshots import EXACT_PASSAGES, DataFolder, Snapshot
from index.sync.syncing import sync


def _town(number: int) -> str:
    return f"Town{number} opened bridge{number} over river{number} in the presence of mayor{number} yesterday."


def test_beyond_the_exact_limit_chroma_is_asked_and_finds_what_the_exact_leg_finds(
    tmp_path: Path, word_embedder: WordEmbedder
) -> None:
    corpus, size = tmp_path / "corpus", EXACT_PASSAGES + 50
    corpus.mkdir()
    for number in range(size):
        (corpus / f"{number:05d}.txt").write_text(_town(number), encoding="utf-8")
    data = DataFolder(tmp_path / "data")
    sync(corpus, data, word_embedder)
    snapshot = Snapshot(data.require_current())
    assert isinstance(snapshot.dense, ChromaVectors)
    exact = ExactVectors(snapshot.catalog, snapshot.manifest.dimension)
    for number in range(0, size, 100):
        vector = np.asarray(word_embedder.embed([_town(number)])[0])
        (identity, similarity), *_ = snapshot.dense.query(vector, 5)
        assert similarity > 0.99
        assert abs(exact.query(vector, 1)[0][1] - similarity) < 0.01
        assert snapshot.catalog.passages([identity])
    snapshot.close()


def test_a_small_snapshot_is_searched_without_opening_chroma(data_dir: Path) -> None:
    snapshot = Snapshot(DataFolder(data_dir).require_current())
    assert isinstance(snapshot.dense, ExactVectors)
    assert "vectors" not in vars(snapshot)
    snapshot.close()
