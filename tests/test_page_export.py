"""What leaves the page: copied, saved and printed answers hold their sources, and all text in them stays text."""

import json
from collections.abc import Callable
from pathlib import Path

from markdown_it import MarkdownIt
from page_tools import PANDAS, QUOTE, Open, ask
from playwright.sync_api import Page, expect
from stub_model import BUDGET, ScriptedModel
from web_server import ASK, EVIL

from qa.writing.writer import ModelWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS
PLACE = "003_df5ff5e2f72e0d1f.txt:623–730"


def saved(page: Page, kind: str) -> str:
    page.locator("#open-conversations").click()
    with page.expect_download() as download:
        page.locator(f"#library .as-{kind}").click()
    page.keyboard.press("Escape")
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_an_answer_leaves_with_its_numbered_sources(open_page: Open) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    ask(page, ASK)
    expect(page.locator(".answer a.cite").first).to_be_visible()
    expect(page.locator(".answer .step")).to_have_count(0)
    page.locator('#chat .message-buttons-left button[title="Copy message"]').click()
    expect(page.locator("button.copied")).to_have_count(1)
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert f"[1] “{QUOTE}” — " in copied and PLACE in copied
    markdown = MarkdownIt().render(saved(page, "md"))
    assert f"<h2>{ASK}</h2>" in markdown and f"[1] “{QUOTE}”" in markdown and PLACE in markdown
    (exchange,) = json.loads(saved(page, "json"))["exchanges"]
    assert exchange["question"] == ASK and exchange["sources"][0]["quote"] == QUOTE
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    paper = page.locator(".paper")
    expect(paper).to_be_visible()
    expect(page.locator("#ask")).to_be_hidden()
    text = paper.inner_text()
    assert ASK in text and f"“{QUOTE}”" in text and PLACE in text


def test_hostile_text_stays_text_wherever_it_goes(
    open_page: Open, serve: Callable[..., str], hostile_dir: Path
) -> None:
    reply = f"The dam {EVIL} cost $4 million [1].\nMISSING: when {EVIL}"
    page = open_page(serve(ModelWriter(ScriptedModel(reply), BUDGET), hostile_dir))
    ask(page, f"How much did the dam at Millbrook cost? {EVIL}")
    expect(page.locator(".answer .missing")).to_be_visible()
    for renderer in (MarkdownIt("commonmark"), MarkdownIt("js-default")):
        html = renderer.render(saved(page, "md"))
        assert "window.pwned" in html  # as text
        for tag in ("<img", "<a ", "<script", "<form", "<iframe", "<style", "<b>", "<code"):
            assert tag not in html, tag
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".paper").locator("img, script, style, form, iframe, input, b").count() == 0
    assert page.evaluate("window.pwned") is None
