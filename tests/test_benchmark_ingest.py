from collections.abc import Sequence
from pathlib import Path

import numpy as np
from conftest import WordEmbedder

from evals.benchmarks.timing.ingest import embedded_texts
from index.store.snapshots import DataFolder
from index.sync.syncing import sync


class Noting(WordEmbedder):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.given.append(list(texts))
        return super().embed(texts)


def test_one_pass_encodes_what_a_build_has_embedded_for_its_passages(seed_folder: Path, tmp_path: Path) -> None:
    embedder = Noting()
    sync(seed_folder, DataFolder(tmp_path), embedder)
    passages, _ = embedder.given
    assert sorted(embedded_texts(tmp_path)) == sorted(passages)
    assert len(passages) > 5
