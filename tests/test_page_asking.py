"""What helps to ask: the articles that a question is asked of, how it was understood, and the keys."""

from collections.abc import Callable
from pathlib import Path

import pytest
from page_tools import PANDAS, SHIFTS, Open, answered, ask, grave
from playwright.sync_api import Page, expect
from stub_model import BUDGET, ScriptedModel
from web_server import ASK, OFF_TOPIC

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.writing.writer import ModelWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS
STEPS = """() => {
  window.steps = [];
  new MutationObserver(() => document.querySelectorAll('.answer .step, #sources .note').forEach((node) => {
    if (!window.steps.includes(node.textContent)) window.steps.push(node.textContent);
  })).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, embedder: MiniLM) -> Path:
    """An index of articles in folders, two of which say where a boat was built."""
    corpus, data = tmp_path_factory.mktemp("corpus"), tmp_path_factory.mktemp("index")
    for folder, outlet, day, yard in (
        ("north", "Bay Herald", 3, "Merrow"),
        ("south/2024", "Hill Courier", 9, "Oxbury"),
    ):
        (corpus / folder).mkdir(parents=True)
        about = f"The boat\n\n{outlet}, March {day}, 2024\n\n"
        (corpus / folder / "boat.txt").write_text(f"{about}The boat was built in {yard}.\n", encoding="utf-8")
    sync(corpus, DataFolder(data), embedder)
    return data


def choose(page: Page, **fields: str) -> None:
    page.locator("#asking .open").click()
    for name, value in fields.items():
        field = page.locator(f"#asking .{name}")
        field.fill(value) if name in ("first", "last") else field.select_option(value)
    page.locator("#asking .set").click()


def test_a_question_is_asked_of_what_was_chosen_and_of_nothing_else(
    open_page: Open, serve: Callable[..., str], folders: Path
) -> None:
    page = open_page(serve(folder=folders), prepare=lambda one: one.add_init_script(SHIFTS))
    box, chips, said = page.locator("#ask textarea"), page.locator("#asking .chip"), page.locator("#asked-of")
    expect(page.locator("#asking .folder option")).to_have_text(["Any", "north", "south", "south/2024"])
    expect(page.locator("#asking .outlet option")).to_have_text(["Any", "Bay Herald", "Hill Courier"])
    expect(said).to_have_text("")
    box.fill("Where was the boat built?")
    choose(page, outlet="Hill Courier", first="2024-03-01", last="2024-03-31", folder="south")
    expect(box).to_be_focused()
    expect(box).to_have_value("Where was the boat built?")
    expect(page.locator("#asking .fields")).to_be_hidden()
    expect(chips).to_have_text(["Hill Courier", "Mar 1, 2024 – Mar 31, 2024", "south"])
    expect(said).to_have_text("Asks only articles of: Hill Courier; Mar 1, 2024 – Mar 31, 2024; south")
    assert box.get_attribute("aria-describedby") == "asked-of"
    assert all(chip.bounding_box()["height"] >= 24 for chip in chips.all())
    page.wait_for_timeout(400)
    page.reload()
    expect(chips).to_have_count(3)
    expect(box).to_have_value("Where was the boat built?")
    assert page.evaluate("window.shift") < 0.05
    box.press("Enter")
    understood = page.locator("#chat .understood span")
    only = ["Only from Hill Courier", "Only published from 1 March 2024 to 31 March 2024", "Only in the folder south"]
    expect(understood).to_have_text(only)
    expect(page.locator(".answer")).to_contain_text("Oxbury")
    expect(page.locator(".answer .step")).to_have_count(0)  # whoever leaves before keeps the question alone
    assert "Merrow" not in page.locator("#main").inner_text()
    page.locator("#open-conversations").click()
    with page.expect_download() as download:
        page.locator("#library .as-md").click()
    page.keyboard.press("Escape")
    assert f"**Understood:** {' · '.join(only)}" in Path(download.value.path()).read_text(encoding="utf-8")
    page.reload()
    expect(understood).to_have_text(only)
    expect(chips).to_have_count(3)


def test_chips_are_taken_away_by_key_and_a_new_conversation_begins_without(
    open_page: Open, serve: Callable[..., str], folders: Path
) -> None:
    page = open_page(serve(folder=folders))
    chips = page.locator("#asking .chip")
    choose(page, outlet="Hill Courier")
    choose(page, outlet="Bay Herald", folder="north")
    expect(chips).to_have_text(["Hill Courier", "Bay Herald", "north"])
    assert grave(page) == []
    chips.first.focus()
    page.keyboard.press("Enter")
    expect(chips).to_have_text(["Bay Herald", "north"])
    expect(chips.first).to_be_focused()
    answered(page, "Where was the boat built?")
    expect(page.locator(".answer")).to_contain_text("Merrow")
    for _ in range(2):
        chips.first.click()
    expect(page.locator("#asked-of")).to_have_text("Asks all articles")
    expect(page.locator("#asking .open")).to_be_focused()
    choose(page, folder="south")
    page.locator("#new").click()
    expect(chips).to_have_count(0)


def test_a_first_day_after_the_last_is_said_at_once(open_page: Open) -> None:
    page = open_page()
    choose(page, first="2024-05-02", last="2024-05-01")
    assert page.locator("#asking .last").evaluate("field => field.validationMessage") == "This day is before the first."
    expect(page.locator("#asking .fields")).to_be_visible()
    page.locator("#asking .last").fill("2024-05-03")
    page.locator("#asking .set").click()
    expect(page.locator("#asking .chip")).to_have_text(["May 2, 2024 – May 3, 2024"])


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
