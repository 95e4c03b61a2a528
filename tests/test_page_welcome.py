"""The first page is made of the corpus: what there is, and questions that have been answered before they are shown."""

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path

from conftest import WordEmbedder, WordReader
from page_tools import PANDAS, Open
from playwright.sync_api import Browser, expect
from stub_model import BUDGET, ScriptedModel, service_of
from web_server import EVIL

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.models import Status
from qa.web.page.states import FAILURES
from qa.web.page.welcome import SHOWN, Corpus, Starters, corpus_of
from qa.writing.writer import ExtractiveWriter, ModelWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS
DAYS = (date(2024, 5, 3), date(2024, 6, 1))


def test_what_there_is_is_said_in_words() -> None:
    all_known = Corpus("1", 1209, ("Sun", "Moon"), DAYS, (1209, 1209))
    assert all_known.in_words == "1,209 articles from 2 outlets, 3 May 2024 to 1 June 2024."
    assert Corpus("1", 1, ("Sun",), (DAYS[0], DAYS[0]), (1, 1)).in_words == "1 article from 1 outlet, 3 May 2024."
    assert Corpus("1", 2, (), None, (0, 0)).in_words == "2 articles."
    some = Corpus("1", 5, ("Sun",), (DAYS[0], DAYS[0]), (1, 2)).in_words
    assert some == "5 articles, 1 from 1 outlet, 2 dated 3 May 2024."


def test_a_data_folder_that_is_made_anew_has_first_questions_of_its_own(
    word_embedder: WordEmbedder, tmp_path: Path
) -> None:
    found = []
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(f"The ferry of {name} runs again, the council said on Monday.\n")
        sync(tmp_path / name, DataFolder(tmp_path / f"{name}-index"), word_embedder)
        snapshot = Snapshot(DataFolder(tmp_path / f"{name}-index").require_current())
        found.append((snapshot.name, corpus_of(snapshot).snapshot))
        snapshot.close()
    assert [name for name, _ in found] == ["000001", "000001"] and found[0] != found[1]


def test_only_questions_that_come_out_answered_are_shown_and_none_is_asked_of_a_model(
    data_dir: Path, embedder: MiniLM
) -> None:
    async def looked(reader: WordReader) -> tuple[str, ...]:
        service = service_of(data_dir, embedder, ExtractiveWriter(reader))
        try:
            snapshot = (await service.read(corpus_of)).snapshot
            found = await Starters(service).of(snapshot)
            assert [(await service.ask(question)).status for question in found] == [Status.ANSWERED] * len(found)
            return found
        finally:
            service.close()

    async def of_a_model() -> tuple[str, ...]:
        model = ScriptedModel("It rained [1].")
        service = service_of(data_dir, embedder, ModelWriter(model, BUDGET))
        try:
            return await Starters(service).of("1") + tuple(str(messages) for messages in model.asked)
        finally:
            service.close()

    assert 0 < len(asyncio.run(looked(WordReader()))) <= SHOWN
    assert asyncio.run(looked(WordReader(probability=0.1))) == ()
    assert asyncio.run(of_a_model()) == ()


def test_the_first_page_says_what_there_is_and_its_questions_stay_text(
    open_page: Open, serve: Callable[..., str], embedder: MiniLM, tmp_path: Path
) -> None:
    corpus, folder = tmp_path / "corpus", DataFolder(tmp_path / "index")
    corpus.mkdir()
    story = f"Mayor Ada {EVIL} Brown opens it\n\nAda Brown opened the dam. “It holds,” Ada Brown said. {EVIL} it is.\n"
    (corpus / "a.txt").write_text(story, encoding="utf-8")
    sync(corpus, folder, embedder)
    page = open_page(serve(folder=tmp_path / "index"))
    expect(page.locator("#chat .placeholder")).to_contain_text("1 article")
    expect(page.locator("#chat .example").first).to_contain_text("?")
    assert page.locator("#chat").locator("img, script, style, form, iframe, input, b").count() == 0
    assert page.evaluate("window.pwned") is None


def test_the_page_has_an_icon_of_its_own_and_a_sentence_without_javascript(browser: Browser, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    expect(page.get_by_text("Newsdesk needs JavaScript")).to_be_visible()
    icon = page.request.get(f"{address}/favicon.ico")
    assert icon.ok and "svg" in icon.headers["content-type"] and "#2563eb" in icon.text()
    page.context.close()


def test_the_first_page_says_when_there_is_nothing_to_ask(
    open_page: Open, serve: Callable[..., str], tmp_path: Path
) -> None:
    page = open_page(serve(folder=tmp_path / "none"))
    expect(page.locator("#chat .placeholder")).to_contain_text(FAILURES["index-missing"])
