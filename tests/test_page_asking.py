"""What helps to ask: words that narrow a question, how it was understood, and the keys."""

from collections.abc import Callable

import pytest
from page_tools import PANDAS, Open, answered, ask
from playwright.sync_api import expect
from stub_model import BUDGET, ScriptedModel
from web_server import ASK, OFF_TOPIC

from qa.writing.writer import ModelWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS
STEPS = """() => {
  window.steps = [];
  new MutationObserver(() => document.querySelectorAll('.answer .step, #sources .note').forEach((node) => {
    if (!window.steps.includes(node.textContent)) window.steps.push(node.textContent);
  })).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def test_a_question_is_narrowed_in_its_words_and_the_answer_says_how_it_was_read(open_page: Open) -> None:
    page = open_page()
    box = page.locator("#ask textarea")
    box.fill("What did Ambassador Masood Khan say?")
    page.locator("#asking .open").click()
    name = page.locator("#asking .outlet option").nth(1).inner_text()
    page.locator("#asking .outlet").select_option(name)
    page.locator("#asking .first").fill("2022-01-01")
    page.locator("#asking .last").fill("2024-12-31")
    page.locator("#asking .add").click()
    narrowed = f"What did Ambassador Masood Khan say, according to {name}, published between 2022-01-01 and 2024-12-31?"
    expect(box).to_have_value(narrowed)
    expect(box).to_be_focused()
    expect(page.locator("#asking .fields")).to_be_hidden()
    page.keyboard.press("Enter")
    understood = page.locator("#chat .understood span")
    expect(understood).to_have_text([f"Outlet: {name}", "Published from 1 January 2022 to 31 December 2024"])
    expect(page.locator(".answer .step")).to_have_count(0)  # whoever leaves before keeps the question alone
    page.reload()
    expect(understood.first).to_have_text(f"Outlet: {name}")


def test_the_search_says_among_how_many_articles(open_page: Open, serve: Callable[..., str]) -> None:
    page = open_page(serve(ModelWriter(ScriptedModel(["It needs small arms [1]. "], pause_s=2.0), BUDGET)))
    page.evaluate(STEPS)
    ask(page, ASK)
    expect(page.locator(".answer .step")).to_have_text("Reading what was found")
    assert page.locator("#sources .card").count() > 0  # at once, before a word is written
    expect(page.locator(".answer a.cite").first).to_be_visible()
    steps = page.evaluate("window.steps")
    assert "Searching 5 articles" in steps and "Searching 5 articles …" in steps


def test_the_keys_are_listed_and_do_what_the_list_says(open_page: Open) -> None:
    page = open_page()
    keys, box = page.locator("#asking dialog"), page.locator("#ask textarea")
    page.locator("#new").focus()
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    assert set(keys.locator("kbd").all_inner_texts()) == {"/", "?", "Enter", "Shift", "Tab", "Esc"}
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    expect(page.locator("#new")).to_be_focused()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.type("a/b?")
    expect(box).to_have_value("a/b?")
    expect(keys).to_be_hidden()
    page.locator("#asking .open").click()
    page.keyboard.press("Escape")
    expect(page.locator("#asking .fields")).to_be_hidden()


@pytest.mark.parametrize("way", ["back", "escape", "outside"])
def test_back_closes_the_drawer_on_a_phone_and_leaves_the_conversation(open_page: Open, way: str) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    for question in (OFF_TOPIC, ASK):
        answered(page, question)
    page.wait_for_timeout(400)
    address = page.url
    page.evaluate("window.same = true")
    page.locator(".answer a.cite").first.tap()
    expect(page.locator("#side")).to_be_visible()
    if way == "back":
        page.go_back()
    elif way == "escape":
        page.keyboard.press("Escape")
    else:
        page.mouse.click(200, 60)
    expect(page.locator("#side")).to_be_hidden()
    page.wait_for_timeout(300)
    assert page.url == address and page.evaluate("window.same")
    assert page.evaluate("history.state && history.state.drawer") in (None, False)
    expect(page.locator("#chat .question")).to_have_text([OFF_TOPIC, ASK])
