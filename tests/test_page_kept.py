"""What the page answers is kept as what programs ask is."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
from axe_playwright_python.sync_playwright import Axe
from page_tools import PANDAS, Open, ask, overflow
from playwright.sync_api import expect
from web_server import ASK, until

from qa.answer_store.store import FILE

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS


def test_an_answer_can_be_read_on_any_screen_and_by_all(open_page: Open, address: str) -> None:
    answer = httpx2.post(f"{address}/v1/ask", json={"question": ASK}).json()
    page = open_page(address, viewport={"width": 320, "height": 640})
    for theme in ("light", "dark"):
        page.evaluate("(theme) => localStorage.setItem('newsdesk-theme', theme)", theme)
        page.goto(f"{address}/answers/{answer['id']}")
        page.locator("a.cite").first.click()
        expect(page.locator(".sources li:target")).to_have_count(1)
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
        assert overflow(page) == 0


def test_what_the_page_answers_is_kept_for_the_key_that_asked(
    open_page: Open, serve: Callable[..., str], data_dir: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(data_dir, tmp_path / "data", ignore=shutil.ignore_patterns(f"{FILE}*"))
    keys = {name: f"the key of {name}" for name in ("desk", "night")}
    named = ",".join(f"{name}:{hashlib.sha256(key.encode()).hexdigest()}" for name, key in keys.items())
    address = serve(folder=folder, api_keys=named)
    for key in keys.values():
        page = open_page(address, extra_http_headers={"X-API-Key": key})
        ask(page, ASK)
        expect(page.locator("#chat .answer blockquote, #chat .answer a.cite").first).to_be_visible()
        expect(page.locator("#ask textarea")).to_be_enabled()
        expect(page.locator(".step")).to_have_count(0)
    assert until(lambda: len(_askers(folder)) == 2)
    assert _askers(folder) == [("desk",), ("night",)]


def test_a_reader_finds_the_answer_again_and_says_what_is_wrong_with_it(
    open_page: Open, serve: Callable[..., str], data_dir: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(data_dir, tmp_path / "data", ignore=shutil.ignore_patterns(f"{FILE}*"))
    page = open_page(serve(folder=folder))
    for turn in (1, 2):
        ask(page, ASK)
        expect(page.locator("#chat .answer .foot")).to_have_count(turn)
    with page.context.expect_page() as opened:
        page.locator(".answer .foot a").first.click()
    expect(opened.value.locator("h1")).to_have_text(ASK)
    page.locator('.answer .foot a.say[href$="#wrong_source"]').last.click()
    expect(page.locator(".answer .foot .verdicts").last).to_have_text("Noted. Thank you.")
    with closing(sqlite3.connect(folder / FILE)) as connection:
        rows = connection.execute("SELECT * FROM feedback").fetchall()
    assert len(rows) == 1 and "wrong_source" in rows[0]


def test_where_no_answer_is_kept_there_is_no_address_of_one(open_page: Open, serve: Callable[..., str]) -> None:
    page = open_page(serve(keep_answers_h=0))
    ask(page, ASK)
    expect(page.locator("#chat .answer blockquote, #chat .answer a.cite").first).to_be_visible()
    expect(page.locator(".step")).to_have_count(0)
    expect(page.locator("#chat .foot")).to_have_count(0)


def _askers(folder: Path) -> list[Any]:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return connection.execute("SELECT asker FROM answers ORDER BY at").fetchall()
