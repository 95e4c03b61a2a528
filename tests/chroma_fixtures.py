"""What the tests with a real Chroma server share: the server, and an index whose vectors are in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chroma_process import NEWS, ChromaProcess, written
from conftest import WordEmbedder

from index.store.snapshots import DataFolder
from index.sync.syncing import sync


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    process = ChromaProcess(tmp_path_factory.mktemp("chroma") / "data")
    yield process
    process.stop()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return written(tmp_path / "corpus", NEWS)


@pytest.fixture
def data(chroma: ChromaProcess, corpus: Path, tmp_path: Path, word_embedder: WordEmbedder) -> Iterator[DataFolder]:
    """An index of the articles whose vectors are in the server."""
    folder = DataFolder(tmp_path / "data", chroma.server)
    sync(corpus, folder, word_embedder)
    yield folder
    chroma.start()
