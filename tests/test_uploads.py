"""Articles that readers add: read or refused in words, never outside the folder for them, and not there by default."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from fastapi.testclient import TestClient
from page_tools import PANDAS, Open
from playwright.sync_api import expect
from stub_model import service_of
from web_server import client_of, served

from index.corpus.documents import MAX_BYTES
from index.embedding.embedders import MiniLM
from index.errors import IndexLocked
from index.models import DoubtfulFile, IngestReport, SkippedFile, SuspiciousText
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.models.errors import InvalidSettings
from qa.settings import Settings
from qa.web.articles import uploads
from qa.web.articles.uploads import FOLDER, MAX_NAME, Refused, Uploads, check_name, outcome
from qa.wiring import folder_for_uploads
from qa.writing.writer import ExtractiveWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS
STORY = b"The lighthouse of Millbrook was sold to Ada Brown for $4 million on Monday, officials said.\n"
ESCAPES = (
    *("../out.txt", "..", ".", "", "a/b.txt", "a\\b.txt", "/etc/passwd.txt", "nul\0.txt", "line\n.txt", ".hidden.txt"),
    *("..\\..\\out.txt", "%2e%2e/out.txt", "\u202etxt.a", "x" * MAX_NAME + ".txt", "é" * 80 + ".txt", "half\ud800.txt"),
    *("old.doc", "none", "page.php"),
)


@pytest.mark.parametrize("name", ESCAPES)
def test_a_name_that_is_not_one_of_a_file_that_is_read_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"."):
        Uploads(tmp_path).keep(name, STORY)
    assert list(tmp_path.rglob("*.txt")) == []


def test_a_file_is_kept_whole_and_never_in_place_of_another(tmp_path: Path) -> None:
    kept = Uploads(tmp_path)
    for _ in range(2):
        kept.keep("Über uns (1).txt", STORY)
    assert [file.name for file in (tmp_path / FOLDER).iterdir()] == ["Über uns (1).txt"]
    with pytest.raises(Refused, match="rename yours"):
        kept.keep("Über uns (1).txt", b"other")
    with pytest.raises(Refused, match="empty"):
        kept.keep("b.txt", b"")
    kept.drop("Über uns (1).txt")
    kept.drop("Über uns (1).txt")
    assert list((tmp_path / FOLDER).iterdir()) == []


@pytest.mark.parametrize("other", [STORY, b"The ferry of Millbrook runs again.\n"])
def test_a_file_that_another_server_puts_there_meanwhile_stays(
    other: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put_there_first(size: int) -> str:
        (tmp_path / FOLDER / "a.txt").write_bytes(other)
        return "0" * 2 * size

    monkeypatch.setattr("secrets.token_hex", put_there_first)
    with nullcontext() if other == STORY else pytest.raises(Refused, match="rename yours"):
        Uploads(tmp_path).keep("a.txt", STORY)
    assert {file.name: file.read_bytes() for file in (tmp_path / FOLDER).iterdir()} == {"a.txt": other}


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    outside, corpus = tmp_path / "outside", tmp_path / "corpus"
    outside.mkdir()
    (outside / "secret.txt").write_bytes(STORY)
    corpus.mkdir()
    (corpus / FOLDER).symlink_to(outside)
    with pytest.raises(Refused, match="is a link"):
        Uploads(corpus).keep("a.txt", STORY)
    (corpus / FOLDER).unlink()
    (corpus / FOLDER).mkdir()
    (corpus / FOLDER / "secret.txt").symlink_to(outside / "secret.txt")
    os.mkfifo(corpus / FOLDER / "pipe.txt")
    for name in ("secret.txt", "pipe.txt"):
        with pytest.raises(Refused, match="something else has this name"):
            Uploads(corpus).keep(name, STORY)
    assert [file.name for file in outside.iterdir()] == ["secret.txt"]


def test_what_became_of_a_file_is_said_in_words() -> None:
    report = IngestReport(
        corpus="",
        snapshot="1",
        added=("uploads/feed.rss/1", "uploads/feed.rss/2", "uploads/a.txt"),
        skipped=(SkippedFile(path="uploads/b.pdf", reason="it holds no text"),),
        doubtful=(DoubtfulFile(path="uploads/a.txt", reason="its charset was guessed"),),
        suspicious=(SuspiciousText(path="uploads/a.txt", start=0, end=1, text="x", reason="y"),),
    )
    assert outcome(report, "feed.rss") == (True, "Read: feed.rss, 2 articles.")
    assert outcome(report, "b.pdf") == (False, "Refused: b.pdf: it holds no text.")
    read, said = outcome(report, "a.txt")
    assert read and "read wrongly: its charset was guessed" in said and "1 sentence talks to a model" in said


@pytest.fixture
def folders(embedder: MiniLM, tmp_path: Path) -> tuple[Path, Path]:
    """A folder of one article, and its index."""
    corpus, data = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    (corpus / "first.txt").write_text(
        "The ferry of Millbrook runs again, officials said on Monday.\n", encoding="utf-8"
    )
    sync(corpus, DataFolder(data), embedder)
    return corpus, data


@pytest.fixture
def client(folders: tuple[Path, Path], embedder: MiniLM) -> Iterator[TestClient]:
    with ExitStack() as open_clients:
        service = service_of(folders[1], embedder, ExtractiveWriter(WordReader()))
        yield open_clients.enter_context(client_of(service, folders[1], uploads=True))


def add(client: TestClient, name: str, content: bytes) -> Any:
    return client.post("/uploads", params={"name": name}, content=content)


def test_uploads_are_indexed_and_what_cannot_be_read_is_deleted(client: TestClient, folders: tuple[Path, Path]) -> None:
    assert add(client, "new.txt", STORY).status_code == add(client, "broken.json", b"{").status_code == 201
    refused = add(client, "../out.txt", STORY)
    assert refused.status_code == 422 and "slash" in refused.json()["detail"]
    assert add(client, "large.txt", b"x" * (MAX_BYTES + 1)).status_code == 413
    told = client.post("/uploads/index", params={"name": ["new.txt", "broken.json"]}).json()
    assert [file["read"] for file in told["files"]] == [True, False]
    assert told["files"][1]["said"].startswith("Refused: broken.json: ")
    assert [file.name for file in (folders[0] / FOLDER).iterdir()] == ["new.txt"]
    assert {file.name for file in folders[0].parent.iterdir()} == {"corpus", "index"}
    assert "lighthouse" in client.get("/articles/uploads/new.txt").text
    assert "2 articles" in client.get("/articles").text
    assert client.post("/uploads/index", params={"name": "../first.txt"}).status_code == 422
    assert (folders[0] / "first.txt").is_file()


def test_another_indexer_at_work_is_said_in_words(folders: tuple[Path, Path], tmp_path: Path) -> None:
    from fastapi import FastAPI

    async def locked() -> IngestReport:
        raise IndexLocked(f"Process 1 is indexing into {tmp_path}")

    app = FastAPI()
    app.include_router(uploads.uploads_router(folders[0], locked))
    reply = TestClient(app).post("/uploads/index", params={"name": "a.txt"})
    assert reply.status_code == 409 and "The files are kept." in reply.json()["detail"]
    assert str(tmp_path) not in reply.text


def test_nothing_can_be_added_unless_it_is_allowed(folders: tuple[Path, Path], embedder: MiniLM) -> None:
    service = service_of(folders[1], embedder, ExtractiveWriter(WordReader()))
    with client_of(service, folders[1]) as client:
        assert add(client, "new.txt", STORY).status_code == 404
        assert client.post("/uploads/index").status_code == 404
        assert 'type="file"' not in client.get("/articles").text
    assert not (folders[0] / FOLDER).exists()


def test_the_folder_of_the_program_takes_none(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="newsdesk index FOLDER"):
        folder_for_uploads(Settings(data_dir=data_dir, uploads=True))
    assert folder_for_uploads(Settings(data_dir=data_dir, uploads=True, corpus=tmp_path)) == tmp_path


def test_files_are_added_with_a_button_in_a_browser(
    open_page: Open, folders: tuple[Path, Path], embedder: MiniLM
) -> None:
    service = service_of(folders[1], embedder, ExtractiveWriter(WordReader()))
    with served(service, folders[1], uploads=True) as address:
        page = open_page(address)
        page.goto(f"{address}/articles")
        page.locator(".add input").set_input_files([{"name": "new <b>.txt", "mimeType": "text/plain", "buffer": STORY}])
        told = page.locator(".told li")
        expect(told.first).to_have_text("Read: new <b>.txt.", timeout=60_000)
        told.nth(1).locator("a").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        assert page.locator("b, form, img").count() == 0


def test_check_name_takes_what_indexing_takes() -> None:
    for name in ("a.txt", "Straße 5.PDF", "x.warc.gz", "レポート.html", "a#b?c%.md"):
        check_name(name)
