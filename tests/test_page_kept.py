"""What the page answers is kept as what programs ask is."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from page_tools import PANDAS, Open, ask
from playwright.sync_api import expect
from web_server import ASK, until

from qa.kept.answer_store import FILE

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS


def test_what_the_page_answers_is_kept_for_the_key_that_asked(
    open_page: Open, serve: Callable[..., str], data_dir: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(data_dir, tmp_path / "data")
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


def _askers(folder: Path) -> list[Any]:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return connection.execute("SELECT asker FROM answers ORDER BY at").fetchall()
