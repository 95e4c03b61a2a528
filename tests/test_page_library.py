"""The conversations that a browser keeps: nothing that was asked, answered or half typed is lost."""

import socket
from pathlib import Path

from page_tools import PANDAS, QUOTE, Open, answered, ask
from playwright.sync_api import Browser, Page, expect
from stub_model import BUDGET, ScriptedModel, service_of
from web_server import ASK, EVIL, OFF_TOPIC, UNSURE, served

from index.embedding.embedders import MiniLM
from qa.web.page.states import CUT
from qa.writing.writer import ModelWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS


def type_in(page: Page, text: str) -> None:
    page.locator("#ask textarea").press_sequentially(text)
    page.wait_for_timeout(500)


def test_conversations_and_half_typed_text_outlive_a_reload_and_a_new_conversation(open_page: Open) -> None:
    page = open_page()
    box, questions = page.locator("#ask textarea"), page.locator("#chat .question")
    assert "?c=" not in page.url
    answered(page, ASK)
    type_in(page, "And what")
    first = page.url
    assert "?c=" in first
    page.reload()
    expect(page.locator("#sources mark").first).to_have_text(QUOTE)
    expect(questions).to_have_text(ASK)
    expect(box).to_have_value("And what")
    assert page.title().startswith(ASK)
    page.locator("#new").click()
    expect(page.locator("#chat .example")).to_have_count(4)
    answered(page, OFF_TOPIC)
    expect(page).not_to_have_url(first)
    page.go_back()
    expect(questions).to_have_text(ASK)
    expect(box).to_have_value("And what")


def test_the_list_opens_searches_names_and_deletes_conversations(open_page: Open) -> None:
    page = open_page()
    answered(page, f"{OFF_TOPIC} {EVIL}")
    page.locator("#new").click()
    expect(page.locator("#chat .example")).to_have_count(4)
    answered(page, ASK)
    page.locator("#open-conversations").click()
    rows, undo = page.locator("#library li"), page.locator("#library .undo button")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(ASK)
    expect(rows.nth(1)).to_contain_text("<script>window.pwned=2</script>")
    assert page.evaluate("window.pwned") is None
    assert page.locator("#library").locator("img, script, style, form, iframe, b").count() == 0
    page.locator("#library .find").fill("small arms masood")
    expect(rows).to_have_count(1)
    page.locator("#library .find").fill("")
    rows.nth(1).locator(".edit").click()
    page.keyboard.type("Sports <b>desk</b>")
    page.keyboard.press("Enter")
    expect(page.locator("#library li .title").nth(0)).to_have_text(ASK)
    expect(page.locator("#library li .title").nth(1)).to_have_text("Sports <b>desk</b>")
    for again in (True, False):
        rows.nth(1).locator(".delete").click()
        expect(rows).to_have_count(1)
        if again:
            undo.click()
            expect(rows).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("#open-conversations")).to_be_focused()
    page.locator("#open-conversations").click()
    expect(rows).to_have_count(1)
    rows.first.locator(".delete").click()
    page.keyboard.press("Escape")
    expect(page.locator("#chat .example")).to_have_count(4)  # it was the one of this tab
    assert "?c=" not in page.url


def test_two_tabs_on_one_conversation_lose_nothing_of_each_other(open_page: Open) -> None:
    page = open_page()
    answered(page, ASK)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#chat .question")).to_have_text(ASK)
    answered(other, OFF_TOPIC)
    answered(page, UNSURE)
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator("#chat .question")).to_have_text([ASK, OFF_TOPIC, UNSURE])
    fresh = page.context.new_page()
    fresh.goto(page.url.partition("?")[0])
    expect(fresh.locator("#chat .example")).to_have_count(4)  # a new tab begins with a conversation of its own


def test_an_answer_lost_with_the_server_is_ended_once_it_is_back(
    browser: Browser, data_dir: Path, embedder: MiniLM
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    slow = ModelWriter(ScriptedModel(["It needs small arms [1]. "] * 200, pause_s=0.3), BUDGET)
    page = browser.new_context().new_page()
    page.set_default_timeout(30_000)
    with served(service_of(data_dir, embedder, slow), data_dir, port=port) as address:
        page.goto(address)
        ask(page, ASK)
        expect(page.locator(".answer a.cite").first).to_be_visible()
        type_in(page, "And")
    hint = page.locator("#hint .alert")
    expect(hint).to_have_text("The server does not answer. Trying again …")
    quick = ModelWriter(ScriptedModel("It needs small arms [1]."), BUDGET)
    with served(service_of(data_dir, embedder, quick), data_dir, port=port):
        expect(page.locator(".answer .lost")).to_have_text(CUT["lost"])
        expect(hint).to_have_count(0)
        expect(page.locator("#ask textarea")).to_have_value("And")
        ask(page, OFF_TOPIC)
        expect(page.locator(".answer").last.locator("a.cite").first).to_be_visible()
        page.context.close()
