"""What the tests of the page share, but for their fixtures."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

QUOTE = "For this, it needs sophisticated small arms and communication equipment,” Ambassador Masood Khan told Dawn."
SHIFTS = """
window.shift = 0;
const add = (one) => { if (!one.hadRecentInput) window.shift += one.value; };
new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type: 'layout-shift', buffered: true });
"""
"""Adds up in `window.shift` by how much the page jumps (layout shift, web.dev)."""
Open = Callable[..., Page]
# Gradio's queue uses what pandas 4 will not know.
PANDAS = [
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]


def ask(page: Page, question: str) -> None:
    box = page.locator("#ask textarea")
    box.fill(question)
    box.press("Enter")


def answered(page: Page, question: str) -> None:
    count = page.locator(".answer").count()
    ask(page, question)
    expect(page.locator(".answer")).to_have_count(count + 1)
    expect(page.locator(".answer .step")).to_have_count(0)


def grave(page: Page) -> list[str]:
    """Return the serious and critical findings of axe-core."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
