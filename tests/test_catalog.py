import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from index.errors import SnapshotBroken
from index.models import Article, IngestReport, Passage, Span
from index.passages import chunking
from index.store.catalog import Catalog, CatalogWriter

TEXT = "Flood\nIt rained. It snowed \U0001f1f5\U0001f1f0.\r\nMENU"
FULL = Article(
    path="b/full #1?.txt",
    text=TEXT,
    encoding="cp1252",
    sha256="1" * 64,
    headline="Flood",
    outlet="Times",
    author="Ada Berg",
    published=date(2024, 3, 5),
    url="https://example.org",
    article_lines=(Span(0, 5), Span(6, 29)),
)
BARE = Article(path="a.txt", text="It rained.", encoding="utf-8", sha256="0" * 64, article_lines=(Span(0, 10),))
REPORT = IngestReport(corpus="/news", snapshot="000001", added=("a.txt",), articles=2, passages=2)


def _write(file: Path) -> dict[str, Passage]:
    passages = {passage.id: passage for article in (FULL, BARE) for passage in chunking.chunk(article)}
    writer = CatalogWriter(file)
    writer.add_article(FULL, 1, b"full")
    writer.add_article(BARE, 0, b"bare")
    writer.add_passages((passage, passage.id.encode()) for passage in passages.values())
    writer.finish({FULL.path: "a.txt", "a.txt": "a.txt"}, REPORT)
    return passages


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, dict[str, Passage]]:
    file = tmp_path / "odd name #1?%20" / "catalog.sqlite"
    file.parent.mkdir()
    return file, _write(file)


@pytest.fixture
def catalog(written: tuple[Path, dict[str, Passage]]) -> Iterator[Catalog]:
    opened = Catalog(written[0])
    yield opened
    opened.close()


def test_articles_come_back_as_they_were_ordered_by_path(catalog: Catalog) -> None:
    assert list(catalog.articles()) == [BARE, FULL]
    assert catalog.article(FULL.path) == FULL
    assert catalog.article("missing.txt") is None


def test_passages_come_back_by_id_and_by_article(catalog: Catalog, written: tuple[Path, dict[str, Passage]]) -> None:
    passages = written[1]
    assert catalog.passages([*passages, "f" * 16]) == passages
    assert catalog.passages_of("a.txt") == chunking.chunk(BARE)
    assert catalog.passage_ids() == sorted(passages)
    assert catalog.counts() == (2, len(passages))


def test_more_ids_may_be_asked_than_sqlite_takes_at_once(
    catalog: Catalog, written: tuple[Path, dict[str, Passage]]
) -> None:
    asked = [f"{number:016x}" for number in range(40_000)] + list(written[1])
    assert catalog.passages(asked) == written[1]


def test_digests_junk_vectors_and_the_report_come_back(
    catalog: Catalog, written: tuple[Path, dict[str, Passage]]
) -> None:
    assert catalog.digests() == {"a.txt": "0" * 64, FULL.path: "1" * 64}
    assert catalog.junk_lines() == {"a.txt": 0, FULL.path: 1}
    assert catalog.sentence_vectors(list(written[1])) == {identity: identity.encode() for identity in written[1]}
    assert catalog.report() == REPORT


def test_a_story_names_its_articles_and_an_article_its_story(catalog: Catalog) -> None:
    assert catalog.story_of(FULL.path) == "a.txt"
    assert catalog.story_paths("a.txt") == ["a.txt", FULL.path]
    assert catalog.story_of("unknown.txt") == "unknown.txt"
    assert catalog.names() == {"Times", "Ada Berg"}


def test_articles_that_are_new_or_turn_into_copies_or_back_are_named_with_their_passages(
    written: tuple[Path, dict[str, Passage]], tmp_path: Path
) -> None:
    new = BARE.model_copy(update={"path": "new.txt"})
    writer = CatalogWriter(tmp_path / "next.sqlite", written[0])
    writer.add_article(new, 0, b"new")
    writer.add_passages((passage, b"") for passage in chunking.chunk(new))
    as_before = {FULL.path: "a.txt", "a.txt": "a.txt", "new.txt": "new.txt"}
    assert [(article.path, passage.path) for article, passage in writer.passages_to_reindex(as_before)] == [
        ("new.txt", "new.txt")
    ]
    turned = {
        article.path
        for article, _ in writer.passages_to_reindex(as_before | {FULL.path: FULL.path, "a.txt": "new.txt"})
    }
    assert turned == {FULL.path, "a.txt", "new.txt"}
    writer.close()


def test_a_catalog_is_read_only(catalog: Catalog, written: tuple[Path, dict[str, Passage]]) -> None:
    before = written[0].read_bytes()
    assert list(written[0].parent.iterdir()) == [written[0]]
    written[0].chmod(0o444)
    catalog.passage_ids()
    assert written[0].read_bytes() == before


def test_threads_share_a_catalog(catalog: Catalog, written: tuple[Path, dict[str, Passage]]) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: catalog.passages(list(written[1])), range(200)))
    assert all(passages == written[1] for passages in found)


def test_a_closed_catalog_answers_no_more(written: tuple[Path, dict[str, Passage]]) -> None:
    opened = Catalog(written[0])
    opened.close()
    with pytest.raises(sqlite3.ProgrammingError):
        opened.counts()


@pytest.mark.parametrize("content", [None, b"", b"not a database at all " * 400])
def test_a_file_that_is_no_catalog_is_refused_with_the_command(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "catalog.sqlite").write_bytes(content)
    with pytest.raises(SnapshotBroken, match="newsdesk index"):
        Catalog(tmp_path / "catalog.sqlite")
    assert content is not None or not (tmp_path / "catalog.sqlite").exists()
