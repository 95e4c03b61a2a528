"""An article as a page: each character where it was, the spans of the address marked, and all text stays text."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import WordReader
from page_tools import PANDAS, Open, ask, overflow
from playwright.sync_api import expect
from stub_model import service_of
from web_server import ASK, EVIL, client_of

from index.embedding.embedders import MiniLM
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.writing.writer import ExtractiveWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS
ODD = "sub folder/a#b?c%.txt"
ODD_TEXT = (
    "The dam at Millbrook 🌊 opens\r\n\r\n"
    "MILLBROOK, May 3 — The dam at Millbrook cost $4 million,\r\nofficials said.\r\n\r\n"
    f"It holds 🌊🌊 more water than the old one did, {EVIL} they said, and it opened on Monday.\r\n"
)


@pytest.fixture(scope="module")
def odd_dir(embedder: MiniLM, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of an article whose name, line ends and characters a browser could change."""
    corpus, folder = tmp_path_factory.mktemp("odd"), tmp_path_factory.mktemp("odd-index")
    (corpus / ODD).parent.mkdir()
    (corpus / ODD).write_bytes(ODD_TEXT.encode())
    sync(corpus, DataFolder(folder), embedder)
    return folder


def text_of(folder: Path, embedder: MiniLM) -> str:
    reader = SnapshotReader(DataFolder(folder), embedder.id)
    try:
        with reader.use() as snapshot:
            article = snapshot.catalog.article(ODD)
            assert article
            return article.text
    finally:
        reader.close()


def test_the_spans_of_the_address_are_marked_to_the_character(
    open_page: Open, serve: Callable[..., str], odd_dir: Path, embedder: MiniLM
) -> None:
    text = text_of(odd_dir, embedder)
    wanted = ("officials said.", "$4 million,", "opened on Monday")
    spans = [(text.index(words), text.index(words) + len(words)) for words in wanted]
    named = ",".join(f"{start}-{end}" for start, end in spans)
    address = serve(folder=odd_dir)
    page = open_page(address)
    page.goto(f"{address}/articles/{quote(ODD)}#{named},999999-9999999")
    marks = page.locator("mark")
    assert page.evaluate("document.querySelector('#text').textContent") == text
    assert marks.all_text_contents() == ["$4 million,", "officials said.", "opened on Monday"]
    expect(page.locator(".count")).to_have_text("Quotation 2 of 3")  # the first that the address names
    expect(marks.nth(1)).to_be_focused()
    page.locator(".after").click()
    expect(marks.nth(2)).to_be_focused()
    page.locator(".after").click()
    expect(page.locator(".count")).to_have_text("Quotation 1 of 3")
    page.evaluate("location.hash = '#0-3'")
    expect(marks).to_have_text(["The"])
    page.evaluate("location.hash = '#x'")
    expect(page.locator(".marks")).to_be_hidden()
    assert page.evaluate("window.pwned") is None
    for tag in ("img", "form", "iframe", "input", "object", "video", "b"):
        assert page.locator(tag).count() == 0, tag
    assert page.locator("#text script, #text style, #text a").count() == 0
    assert overflow(page) == 0


def test_a_card_leads_to_the_article_with_all_its_quotations_marked(open_page: Open) -> None:
    page = open_page()
    ask(page, ASK)
    link = page.locator("#sources .title a").first
    expect(link).to_be_visible()
    expect(page.locator("#sources mark").first).to_be_visible()
    quoted = page.locator("#sources .card").first.locator("mark").all_text_contents()
    with page.context.expect_page() as opened:
        link.click()
    article = opened.value
    expect(article.locator("mark.here")).to_have_text(quoted[0])
    assert article.locator("mark").all_text_contents() == quoted
    assert article.locator(".junk").count() > 0
    assert article.evaluate("window.opener") is None


def test_an_article_that_is_not_there_is_said_in_words(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    with client_of(service, data_dir) as client:
        missing = client.get("/articles/sub/<b>none.txt")
        assert missing.status_code == 404 and missing.headers["content-type"].startswith("text/html")
        assert "There is no such article." in missing.text and '<a href="../../">' in missing.text
        assert "<b>none" not in missing.text
        found = client.get("/articles/003_df5ff5e2f72e0d1f.txt")
        assert found.status_code == 200 and "sophisticated small arms" in found.text
