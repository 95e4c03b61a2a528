"""Write pictures of the page in twelve states: `python tests/screenshots.py FOLDER [ARTICLES]`, or `make screenshots`.

Each is a picture of the program as it runs on the articles that ship, or on those of a folder; only the answers of a
model are made up. Chromium is the one that the tests of the page use.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

from page_tools import answered, ask
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright
from stub_model import BUDGET, ScriptedModel, service_of
from web_server import ASK, BROWSER_ARGUMENTS, OFF_TOPIC, served

import seeds
from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.models.errors import ModelUnavailable
from qa.settings import Settings
from qa.wiring import build_service
from qa.writing.writer import ModelWriter, Writer

WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SURE = "When was Operation Azm-e-Istekam decided on, and where did General Kurilla travel?"
NEAREST = "Who trains the police?"
COLLECTION = "Which articles mention terrorism?"
ARTICLE = "articles/003_df5ff5e2f72e0d1f.txt#623-730,244-446"
DOUBTED = "Pakistan asked for **small arms** [1]. It wants $9 billion for them [1].\nMISSING: when"
COLOURS = 128
"""So many colours have the pictures, for their size."""


class Pictures:
    """Opens the page in a state and writes a picture of it."""

    def __init__(self, browser: Browser, folder: Path, address: str, serve: Callable[[Writer], str]) -> None:
        self._browser, self._folder, self._address, self._serve = browser, folder, address, serve

    def take(self, name: str, state: Callable[[Page], object], at: str = "", **options: Any) -> None:
        """Write `name.png` of the state that `state` brings a new page to; `at` is an address below the page's."""
        context = self._browser.new_context(**(WIDE | {"reduced_motion": "reduce"} | options))
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{self._address}/{at}")
        if not at:
            page.locator("#sources .note").wait_for(state="attached")
        state(page)
        page.wait_for_timeout(400)
        picture = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        picture.save(self._folder / f"{name}.png", optimize=True)
        print(f"{name}.png  {(self._folder / f'{name}.png').stat().st_size // 1024} KB")
        context.close()

    def take_of(self, name: str, writer: Writer, state: Callable[[Page], object]) -> None:
        """Write a picture of the page with another writer."""
        address, self._address = self._address, self._serve(writer)
        self.take(name, state)
        self._address = address


def in_drawer(page: Page) -> None:
    answered(page, ASK)
    page.locator(".answer a.cite").first.tap()
    expect(page.locator("#sources mark").first).to_be_visible()


def with_conversations(page: Page) -> None:
    for question in (ASK, SURE):
        answered(page, question)
        page.wait_for_timeout(500)
        page.locator("#new").click()
        expect(page.locator(".answer")).to_have_count(0)
    page.locator("#open-conversations").click()
    expect(page.locator("#library li")).to_have_count(2)


def pointed_at(page: Page) -> None:
    answered(page, SURE)
    page.locator(".answer a.cite").first.hover()


def broken_off(page: Page) -> None:
    ask(page, ASK)
    expect(page.locator(".answer .failed")).to_be_visible()
    page.locator(".answer summary").click()


def take_all(pictures: Pictures) -> None:
    """Write the twelve."""
    pictures.take("first", lambda page: expect(page.locator("#chat .placeholder")).to_contain_text(" articles"))
    pictures.take("answer", lambda page: answered(page, SURE))
    pictures.take("nearest", lambda page: answered(page, NEAREST))
    pictures.take("abstention", lambda page: answered(page, OFF_TOPIC))
    pictures.take("collection", lambda page: answered(page, COLLECTION))
    pictures.take("conversations", with_conversations)
    pictures.take("dark", pointed_at, color_scheme="dark")
    pictures.take("phone", in_drawer, **PHONE)
    pictures.take("article", lambda page: expect(page.locator("mark").first).to_be_visible(), ARTICLE)
    named = ScriptedModel(DOUBTED)
    named.name = "openai/my-model"
    pictures.take("articles", lambda page: expect(page.locator("tbody tr").first).to_be_visible(), "articles")
    pictures.take_of("doubted", ModelWriter(named, BUDGET), lambda page: answered(page, ASK))
    away = ModelUnavailable("The model server at model.example refused the connection. Start it, then ask again")
    pictures.take_of("failed", ModelWriter(ScriptedModel("", away), BUDGET), broken_off)


def main(folder: Path, articles: Path) -> None:
    """Index the articles, serve them, and write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    chromium = next((found for name in names if (found := shutil.which(name))), None)
    expect.set_options(timeout=120_000)
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        embedder = MiniLM()
        sync(articles, DataFolder(data), embedder)
        address = stack.enter_context(served(build_service(Settings(data_dir=data)), data))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGUMENTS.split())

        def serve(writer: Writer) -> str:
            return stack.enter_context(served(service_of(data, embedder, writer), data))

        take_all(Pictures(browser, folder, address, serve))
        browser.close()


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(given[0] if given else Path("docs/screenshots"), given[1] if given[1:] else Path(seeds.__file__).parent)
