"""The page for all who read it: no serious or critical finding of axe-core in the states that a reader meets."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from page_tools import PANDAS, SHIFTS, Open, answered, grave, overflow
from playwright.sync_api import Page, expect
from stub_model import BUDGET, ScriptedModel
from web_server import ASK, OFF_TOPIC, UNSURE, served

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.settings import Settings
from qa.wiring import build_service
from qa.writing.writer import ModelWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS


def test_axe_finds_nothing_serious_in_any_state(open_page: Open, serve: Callable[..., str], address: str) -> None:
    page = open_page(reduced_motion="reduce")  # else colours are still on their way
    expect(page.locator("#chat .example")).to_have_count(4)
    found = {"first": grave(page)}
    for state, question in (("quoted", ASK), ("nearest", UNSURE), ("abstained", OFF_TOPIC)):
        answered(page, question)
        found[state] = grave(page)
    page.locator(".answer a.cite").first.focus()
    found["pointed at"] = grave(page)
    page.keyboard.press("Escape")
    page.locator("#asking .open").click()
    found["narrowing"] = grave(page)
    page.locator("#asking .keys").click()
    found["keys"] = grave(page)
    page.keyboard.press("Escape")
    page.locator("#open-conversations").click()
    expect(page.locator("#library li")).to_have_count(1)
    found["conversations"] = grave(page)
    page.keyboard.press("Escape")
    page.locator("#theme").click()
    found["dark"] = grave(page)
    page.goto(f"{address}/articles/003_df5ff5e2f72e0d1f.txt#623-730")
    found["article"] = grave(page)
    for scheme in ("light", "dark"):
        page.evaluate(f"localStorage.setItem('newsdesk-theme', '{scheme}')")
        page.goto(f"{address}/articles")
        expect(page.locator("tbody a").first).to_be_visible()
        found[f"articles, {scheme}"] = grave(page)
        page.goto(f"{address}/docs")
        found[f"reference, {scheme}"] = grave(page)
    page = open_page(serve(ModelWriter(ScriptedModel("It costs $9 billion [1].\nMISSING: when"), BUDGET)))
    answered(page, ASK)
    found["doubted"] = grave(page)
    assert {state: findings for state, findings in found.items() if findings} == {}


def test_axe_finds_nothing_serious_in_the_table_of_values_that_differ(
    open_page: Open, embedder: MiniLM, tmp_path: Path
) -> None:
    articles, data = tmp_path / "articles", tmp_path / "data"
    articles.mkdir()
    for day, cost in ((4, 52), (18, 67)):
        about = f"Price of the bridge\n\nBy Ada Berg\nPort Times, March {day}, 2024\n\n"
        text = f"{about}The new bridge in Elmport will cost {cost} million euros, the council said on Monday.\n"
        (articles / f"{day}.txt").write_text(text, encoding="utf-8")
    sync(articles, DataFolder(data), embedder)
    with served(build_service(Settings(data_dir=data)), data) as address:
        page = open_page(address, reduced_motion="reduce", viewport={"width": 320, "height": 640})
        answered(page, "How much will the new bridge in Elmport cost?")
        expect(page.locator("table.differ tr")).to_have_count(3)
        assert overflow(page) == 0
        findings = [grave(page)]
        page.locator("#theme").click()
        findings.append(grave(page))
    assert findings == [[], []]


def _slow(page: Page, speed: int) -> None:
    """Let so many bytes a second through, so that the parts of the page come one after another; -1 for all."""
    network = {"offline": False, "latency": 20, "downloadThroughput": speed, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", network)


@pytest.mark.parametrize(("width", "speed"), [(390, -1), (1280, -1), (1280, 500_000)])
def test_nothing_jumps_while_the_page_is_drawn_and_an_answer_made(open_page: Open, width: int, speed: int) -> None:
    def prepare(page: Page) -> None:
        page.add_init_script(SHIFTS)
        _slow(page, speed)

    page = open_page(viewport={"width": width, "height": 844}, prepare=prepare)
    expect(page.locator("#chat .example")).to_have_count(4)
    answered(page, ASK)
    assert page.evaluate("window.shift") < 0.05  # what web.dev calls good is below 0.1


def test_a_narrow_screen_shows_all_and_the_keyboard_finds_the_box(open_page: Open, address: str) -> None:
    page = open_page(viewport={"width": 320, "height": 640})
    answered(page, ASK)
    assert overflow(page) == 0
    boxes = [page.locator(name).bounding_box() for name in ("#open-conversations", "#open-sources", "#new", "#theme")]
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert len(edges) == 4 and all(one[1] <= other[0] for one, other in pairwise(edges))
    expect(page.locator("#ask .submit-button")).to_have_attribute("aria-label", "Send")
    page.locator(".answer a.cite").first.focus()
    page.keyboard.press("/")
    expect(page.locator("#ask textarea")).to_be_focused()
    page.goto(f"{address}/docs")
    assert overflow(page) == 0
