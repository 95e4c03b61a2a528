"""A server of the page and a browser on it; `pytest_plugins` names this module."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from page_tools import Open
from playwright.sync_api import Browser, Page, expect
from stub_model import service_of
from web_server import EVIL, SURE, served

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.checking.second_look import SecondLook
from qa.writing.writer import ExtractiveWriter, Writer


@pytest.fixture(scope="module")
def address(data_dir: Path, embedder: MiniLM) -> Iterator[str]:
    with served(service_of(data_dir, embedder, ExtractiveWriter(WordReader(sure=SURE))), data_dir) as address:
        yield address


@pytest.fixture
def serve(data_dir: Path, embedder: MiniLM) -> Iterator[Callable[..., str]]:
    """Serve with a writer and an index of one's own."""
    with ExitStack() as servers:

        def start(
            writer: Writer | None = None, folder: Path = data_dir, look: SecondLook | None = None, **options: Any
        ) -> str:
            service = service_of(folder, embedder, writer or ExtractiveWriter(WordReader(sure=SURE)), second_look=look)
            return servers.enter_context(served(service, folder, **options))

        yield start


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Open the page in a fresh browser context; no request may leave the server, and no script may fail."""
    foreign: list[str] = []
    failures: list[str] = []
    with ExitStack() as contexts:

        def start(at: str = address, prepare: Callable[[Page], object] = id, **options: Any) -> Page:
            context = browser.new_context(**({"viewport": {"width": 1280, "height": 860}} | options))
            contexts.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.on("request", lambda one: one.url.startswith((at, "data:", "blob:")) or foreign.append(one.url))
            page.on("pageerror", lambda error: failures.append(str(error)))
            page.on("response", lambda one: one.status < 400 or failures.append(f"{one.status} {one.url}"))
            prepare(page)
            page.goto(at)
            expect(page.locator("#sources .note")).to_contain_text("The passages behind each answer")
            return page

        yield start
        assert foreign == []
        assert failures == []


@pytest.fixture(scope="module")
def hostile_dir(embedder: MiniLM, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of articles that try everything, in their names, their headlines and their text."""
    corpus = tmp_path_factory.mktemp("hostile")
    name = "<img src=x onerror=window.pwned=5>.txt"
    text = f"The dam {EVIL} bursts\n\nBy <b>Eve</b>\n\nThe dam at Millbrook cost $4 million, {EVIL} officials said.\n"
    (corpus / name).write_text(text, encoding="utf-8")
    (corpus / "long.txt").write_text(f"Millbrook\n\nThe dam of Millbrook {'A' * 400} is new.\n", encoding="utf-8")
    folder = tmp_path_factory.mktemp("hostile-index")
    sync(corpus, DataFolder(folder), embedder)
    return folder
