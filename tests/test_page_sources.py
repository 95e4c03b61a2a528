"""The sources beside the answers in a real browser: a number belongs to its answer, a quotation to its article."""

from collections.abc import Callable

from page_tools import PANDAS, QUOTE, Open, ask
from playwright.sync_api import Page, expect
from stub_model import BUDGET, ScriptedModel
from web_server import ASK, OFF_TOPIC

from qa.writing.writer import ModelWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS


def scroll(page: Page, pixels: int) -> None:
    """Turn the wheel above the talk."""
    page.locator("#chat .bubble-wrap").hover(position={"x": 5, "y": 5})
    page.mouse.wheel(0, pixels)


def test_the_panel_is_headed_by_the_question_of_the_answer_chosen_or_in_view(open_page: Open) -> None:
    page = open_page(viewport={"width": 1280, "height": 500})
    asked, heading = page.locator("#sources .asked"), page.locator("#sources .heading")
    ask(page, ASK)
    expect(asked).to_have_text(ASK)
    expect(page.locator("#sources mark").first).to_have_text(QUOTE)
    for question in ("Who lost the chess match?", OFF_TOPIC):  # not one twice: the panel tells which has come
        ask(page, question)
        expect(asked).to_have_text(question)
        expect(page.locator(".answer .step")).to_have_count(0)
    expect(heading).to_have_text("Nearest passages")
    page.locator(".answer a.cite").first.click()
    expect(asked).to_have_text(ASK)
    expect(page.locator("#sources .quote.active mark")).to_have_text(QUOTE)
    page.locator(".answer .not_in_articles").last.click()
    expect(asked).to_have_text(OFF_TOPIC)
    page.locator("#chat .bubble-wrap").evaluate("(node) => node.scrollTo(0, 0)")  # as the page does by itself
    page.wait_for_timeout(300)
    expect(asked).to_have_text(OFF_TOPIC)
    scroll(page, 100_000)  # to the end, from wherever that left it
    page.wait_for_timeout(300)
    scroll(page, -100_000)
    expect(asked).to_have_text(ASK)
    scroll(page, 100_000)
    expect(asked).to_have_text(OFF_TOPIC)


def test_a_number_shows_what_it_rests_on_while_it_is_pointed_at(open_page: Open) -> None:
    page = open_page()
    ask(page, ASK)
    marker, pop = page.locator(".answer a.cite").first, page.locator("#cite-pop")
    expect(pop).to_be_hidden()
    marker.hover()
    expect(pop.locator(".quoted")).to_have_text(QUOTE)
    page.mouse.move(2, 2)
    expect(pop).to_be_hidden()
    marker.focus()
    expect(pop).to_be_visible()
    expect(marker).to_have_attribute("aria-describedby", "cite-pop")
    expect(marker).to_have_attribute("aria-label", "Source 1: 003_df5ff5e2f72e0d1f.txt")
    page.keyboard.press("Escape")
    expect(pop).to_be_hidden()


def test_an_article_has_one_card_and_its_context_is_folded(open_page: Open, serve: Callable[..., str]) -> None:
    page = open_page(
        serve(ModelWriter(ScriptedModel("It needs small arms [1]. It needs planes [2]. So it is [3]."), BUDGET))
    )
    ask(page, ASK)
    expect(page.locator(".answer a.cite")).to_have_count(3)
    expect(page.locator(".answer .step")).to_have_count(0)
    cards, quotes = page.locator("#sources .card"), page.locator("#sources .quote")
    paths = set(
        page.locator("#sources .place span").evaluate_all("all => all.map((one) => one.textContent.split(':')[0])")
    )
    assert cards.count() == len(paths) <= quotes.count() == 3
    around, button = page.locator("#sources .around"), page.locator("#sources .context").first
    assert around.evaluate_all("all => all.every((one) => one.hidden)")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    assert around.evaluate_all("all => all.some((one) => !one.hidden)")
