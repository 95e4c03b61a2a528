from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from index.errors import SnapshotBroken
from index.models import Article, IngestReport, Passage, Span
from index.store.catalog import Catalog, CatalogWriter
from index.store.chroma import COLLECTION, ChromaVectors, Row, batched, row
from index.store.dense import ExactVectors


def _pairs(numbers: range) -> list[tuple[Article, Passage]]:
    found = []
    for number in numbers:
        text = f"Report {number}."
        spans = (Span(0, len(text)),)
        article = Article(path=f"{number}.txt", text=text, encoding="utf-8", sha256="0" * 64, article_lines=spans)
        passage = Passage(id=f"{number:016x}", path=article.path, start=0, end=len(text), text=text, sentences=spans)
        found.append((article, passage))
    return found


def _rows(numbers: range) -> list[Row]:
    return [row(*pair) for pair in _pairs(numbers)]


def _unit(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[ChromaVectors]:
    opened = ChromaVectors(tmp_path / "chroma", create=True)
    opened.add(_rows(range(50)), _unit(50))
    yield opened
    opened.close()


def test_a_vector_finds_its_own_passage_first_with_similarity_one(vectors: ChromaVectors) -> None:
    for number, vector in enumerate(_unit(50)):
        identity, similarity = vectors.query(vector, 1)[0]
        assert identity == f"{number:016x}"
        assert similarity == pytest.approx(1, abs=1e-5)


def test_hits_come_best_first_and_no_more_than_asked(vectors: ChromaVectors) -> None:
    rows = _unit(50)
    hits = vectors.query(rows[7], 10)
    expected = sorted(rows @ rows[7], reverse=True)[:10]
    assert [similarity for _, similarity in hits] == pytest.approx(expected, abs=1e-4)
    assert len(vectors.query(rows[0], 500)) == 50


def test_stored_vectors_come_back_in_the_order_asked(vectors: ChromaVectors) -> None:
    order = [31, 2, 17]
    assert np.allclose(vectors.vectors([f"{number:016x}" for number in order]), _unit(50)[order])


def test_a_vector_that_is_not_there_is_named(vectors: ChromaVectors) -> None:
    with pytest.raises(SnapshotBroken, match=f"{99:016x}.*newsdesk index"):
        vectors.vectors([f"{1:016x}", f"{99:016x}"])


def test_deleted_passages_are_gone_and_others_stay(vectors: ChromaVectors) -> None:
    vectors.delete(f"{number:016x}" for number in range(0, 50, 2))
    vectors.delete([])
    assert vectors.count() == 25
    assert {int(identity, 16) for identity, _ in vectors.query(_unit(50)[0], 50)} == set(range(1, 50, 2))


def test_what_was_closed_can_be_opened_again_and_added_to(tmp_path: Path) -> None:
    first = ChromaVectors(tmp_path, create=True)
    first.add(_rows(range(3)), _unit(3))
    first.close()
    again = ChromaVectors(tmp_path)
    again.add(_rows(range(3, 5)), _unit(2, seed=1))
    assert again.count() == 5
    assert again.query(_unit(2, seed=1)[1], 1)[0][0] == f"{4:016x}"
    again.close()


def test_any_chroma_client_reads_text_and_metadata(tmp_path: Path) -> None:
    import chromadb

    [(article, passage)] = _pairs(range(1))
    known = article.model_copy(update={"headline": "Flood", "outlet": "Times", "published": date(2024, 3, 5)})
    opened = ChromaVectors(tmp_path, create=True)
    opened.add([row(known, passage)], _unit(1))
    opened.close()
    client = chromadb.PersistentClient(str(tmp_path), chromadb.Settings(anonymized_telemetry=False))
    found = client.get_collection(COLLECTION, embedding_function=None).get()
    client.close()
    assert found["documents"] == ["Report 0."]
    assert found["metadatas"] == [
        {"path": "0.txt", "start": 0, "end": 9, "headline": "Flood", "outlet": "Times", "published": "2024-03-05"}
    ]


@pytest.mark.parametrize("content", [None, b"", b"not a database at all " * 400])
def test_a_folder_without_a_sound_database_is_refused_with_the_command(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "chroma.sqlite3").write_bytes(content)
    with pytest.raises(SnapshotBroken, match="newsdesk index"):
        ChromaVectors(tmp_path)


def _exact(file: Path, rows: np.ndarray) -> ExactVectors:
    """The exact search over one passage for every two rows, a row a sentence."""
    pairs = _pairs(range(len(rows) // 2))
    stored = (
        (passage, rows[2 * at : 2 * at + 2].astype(np.float16).tobytes()) for at, (_, passage) in enumerate(pairs)
    )
    writer = CatalogWriter(file)
    for article, _ in pairs:
        writer.add_article(article, 0, b"")
    writer.add_passages(stored)
    stories = {article.path: article.path for article, _ in pairs}
    writer.finish(stories, IngestReport(corpus="/news", snapshot="000001"))
    catalog = Catalog(file)
    exact = ExactVectors(catalog, 16)
    catalog.close()
    return exact


def test_exact_search_scores_a_passage_by_its_nearest_sentence(tmp_path: Path) -> None:
    rows = _unit(40)
    asked = _unit(1, seed=5)[0]
    hits = _exact(tmp_path / "catalog.sqlite", rows).query(asked, 20)
    best = (rows @ asked).reshape(-1, 2).max(axis=1)
    assert [int(identity, 16) for identity, _ in hits] == np.argsort(-best).tolist()
    assert [score for _, score in hits] == pytest.approx(sorted(best, reverse=True), abs=2e-3)


def test_exact_search_gives_no_more_than_asked_and_nothing_of_an_empty_catalog(tmp_path: Path) -> None:
    rows = _unit(40)
    exact = _exact(tmp_path / "full.sqlite", rows)
    assert exact.query(rows[7], 1) == [(f"{3:016x}", pytest.approx(1, abs=2e-3))]
    assert _exact(tmp_path / "empty.sqlite", rows[:0]).query(rows[0], 5) == []


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (3, [3]), (4, [3, 1]), (6, [3, 3])])
def test_batches_hold_every_item_once_in_order(count: int, sizes: list[int]) -> None:
    found = list(batched(range(count), 3))
    assert [len(batch) for batch in found] == sizes
    assert [item for batch in found for item in batch] == list(range(count))


class _Unreachable(ChromaVectors):
    """A collection some of whose passages no query finds."""

    def __init__(self, folder: Path, hidden: set[str]) -> None:
        super().__init__(folder)
        self._hidden = hidden

    def query(self, vector: "np.ndarray", limit: int) -> list[tuple[str, float]]:
        return [found for found in super().query(vector, limit + len(self._hidden)) if found[0] not in self._hidden]


def test_an_unreachable_passage_is_told_unless_one_that_says_the_same_is_found(tmp_path: Path) -> None:
    near = _unit(50) + 0.1 * _unit(50, seed=1)
    with closing(ChromaVectors(tmp_path / "chroma", create=True)) as vectors:
        vectors.add(_rows(range(100)), np.concatenate([_unit(50), near]))
        assert list(vectors.unfindable()) == []
    for hidden, lost in (({3, 4}, []), ({3, 53, 4, 99}, [3, 53])):
        with closing(_Unreachable(tmp_path / "chroma", {f"{one:016x}" for one in hidden})) as vectors:
            assert list(vectors.unfindable()) == [f"{one:016x}" for one in lost]


class _Crowded(ChromaVectors):
    """A collection that says it holds more passages than it does."""

    passages = 0

    def count(self) -> int:
        return self.passages


@pytest.mark.filterwarnings("ignore:legacy embedding function:DeprecationWarning")  # Chroma's word for having none
@pytest.mark.parametrize(
    ("passages", "candidates"), [(50, 200), (25_000, 200), (50_000, 400), (51_200, 409), (1_000_000, 8000)]
)
def test_a_search_keeps_more_candidates_in_a_larger_collection(tmp_path: Path, passages: int, candidates: int) -> None:
    import chromadb

    with closing(_Crowded(tmp_path, create=True)) as crowded:
        crowded.passages = passages
        crowded.add(_rows(range(50)), _unit(50))
        crowded.finish()
    client = chromadb.PersistentClient(str(tmp_path), chromadb.Settings(anonymized_telemetry=False))
    hnsw = client.get_collection(COLLECTION, embedding_function=None).configuration["hnsw"]
    client.close()
    assert (hnsw["ef_search"], hnsw["sync_threshold"]) == (candidates, 1000)
