"""The chat page in a real browser: what a reader sees, does and is safe from."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from page_tools import PANDAS, QUOTE, Open, ask, overflow
from playwright.sync_api import expect
from stub_model import BUDGET, ScriptedModel
from web_server import ASK, CONTRASTS, EVIL, KEY, OFF_TOPIC, UNSURE

from qa.answer_draft import DECLINED, NEAREST, unchecked_note
from qa.checking.second_look import SecondLook
from qa.models import Usage
from qa.models.errors import ModelUnavailable
from qa.web.page import EXAMPLES
from qa.web.page.states import FAILURES
from qa.writing.writer import ModelWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS


def test_an_example_is_answered_with_its_source_marked(open_page: Open) -> None:
    page = open_page()
    expect(page.locator("#chat .example")).to_have_count(4)
    page.locator("#chat .example").first.click()
    expect(page.locator(".answer a.cite").first).to_be_visible()
    expect(page.locator("#sources .asked")).to_have_text(EXAMPLES[0])
    assert page.locator("#sources mark").count() == page.locator("#sources .quote").count() > 0


def test_a_marker_leads_to_its_card_and_back(open_page: Open) -> None:
    page = open_page()
    ask(page, ASK)
    marker = page.locator(".answer a.cite").first
    expect(marker).to_have_text("1")
    expect(page.locator("#sources mark").first).to_have_text(QUOTE)
    marker.focus()
    page.keyboard.press("Enter")
    card = page.locator('#sources .quote[data-n="1"]')
    expect(card).to_be_focused()
    page.keyboard.press("Escape")
    expect(marker).to_be_focused()


def test_an_abstention_shows_the_nearest_passages_without_marks(open_page: Open) -> None:
    page = open_page()
    ask(page, OFF_TOPIC)
    expect(page.locator(".answer .not_in_articles")).to_have_text("The articles do not say.")
    expect(page.locator("#sources .heading")).to_have_text("Nearest passages")
    assert page.locator("#sources .card").count() > 0
    assert page.locator("#sources mark, #sources .n").count() == 0


def test_what_comes_nearest_is_quoted_below_a_heading_that_says_so(open_page: Open) -> None:
    page = open_page()
    ask(page, UNSURE)
    expect(page.locator(".answer .nearest")).to_have_text(NEAREST)
    expect(page.locator(".answer .step")).to_have_count(0)
    quotes, cards = page.locator(".answer blockquote"), page.locator("#sources .card")
    assert quotes.count() == quotes.locator("a.cite").count() == cards.locator("mark").count() > 0
    assert quotes.first.inner_text().startswith(cards.locator("mark").first.inner_text())
    expect(page.locator("#sources .note")).to_contain_text("may not answer the question.")


def test_what_its_source_does_not_bear_out_is_marked(open_page: Open, serve: Callable[..., str]) -> None:
    model = ScriptedModel("Pakistan asked for **$9 billion** [1]. \nMISSING: when the money comes")
    page = open_page(serve(ModelWriter(model, BUDGET)))
    ask(page, ASK)
    doubt = page.locator(".answer span.doubt")
    expect(doubt).to_contain_text("$9 billion")
    assert "$9 billion is not in the cited text" in str(doubt.get_attribute("title"))
    expect(page.locator(".answer .doubts")).to_contain_text("$9 billion is not in the cited text")
    expect(page.locator(".answer strong", has_text="$9 billion").first).to_be_visible()
    expect(page.locator(".answer .missing")).to_contain_text("when the money comes")


class Held(ScriptedModel):
    """Replies only once it is let."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.go_on = threading.Event()

    async def reply(self, messages: Sequence[dict[str, str]], *_: object) -> AsyncGenerator[str | Usage, None]:
        while not self.go_on.is_set():
            await asyncio.sleep(0.02)
        async with aclosing(super().reply(messages)) as pieces:
            async for piece in pieces:
                yield piece


def test_a_sentence_is_being_checked_until_its_verdict_changes_the_marks_and_no_words(
    open_page: Open, serve: Callable[..., str]
) -> None:
    held = Held("1. supported\n2. unsupported: the sentence is about arms")
    reply = "Pakistan needs small arms [1]. Pakistan needs planes and small arms [1]. It needs small arms [1]."
    page = open_page(serve(ModelWriter(ScriptedModel(reply), BUDGET), look=SecondLook(held, BUDGET)))
    ask(page, ASK)
    spans, doubts = page.locator(".answer > p > span"), page.locator(".answer .doubts, .answer span.doubt")
    expect(page.locator(".answer .step")).to_have_text("Checking")
    expect(page.locator(".answer span.pending")).to_have_count(3)
    assert doubts.count() == page.locator(".answer .unchecked").count() == 0
    assert [one for one in page.evaluate(CONTRASTS) if one[1] < 4.5] == []
    before = spans.all_inner_texts()
    held.go_on.set()
    expect(page.locator(".answer .step")).to_have_count(0)
    expect(page.locator(".answer span.doubt")).to_have_text(before[1])
    expect(page.locator(".answer .doubts")).to_contain_text("the sentence is about arms")
    expect(page.locator(".answer .unchecked")).to_have_text(unchecked_note(1))
    expect(page.locator(".answer span.pending")).to_have_count(0)
    assert spans.all_inner_texts() == before
    assert [one for one in page.evaluate(CONTRASTS) if one[1] < 4.5] == []


def test_words_that_cite_nothing_are_said_to_be_no_answer_from_the_articles(
    open_page: Open, serve: Callable[..., str]
) -> None:
    page = open_page(serve(ModelWriter(ScriptedModel("I cannot help with questions about weapons."), BUDGET)))
    ask(page, ASK)
    expect(page.locator(".answer .declined")).to_have_text(DECLINED)
    expect(page.locator("#sources .heading")).to_have_text("Passages found")
    expect(page.locator("#sources .note")).to_contain_text("The answer rests on none of them.")
    assert page.locator("#sources .card").count() > 0


def test_earlier_turns_reach_the_model(open_page: Open, serve: Callable[..., str]) -> None:
    model = ScriptedModel("Pakistan needs small arms [1].")
    page = open_page(serve(ModelWriter(model, BUDGET)))
    for turn in (1, 2):
        ask(page, ASK)
        expect(page.locator(".answer a.cite")).to_have_count(turn)
        expect(page.locator(".answer .step")).to_have_count(0)
    assert f"Earlier question: {ASK}\nEarlier answer: Pakistan needs small arms" in model.asked[1][-1]["content"]


@pytest.mark.parametrize(("question", "said"), [(" ", "The question is empty."), ("why " * 1100, "the limit is 4,000")])
def test_what_cannot_be_asked_stays_in_the_box(open_page: Open, question: str, said: str) -> None:
    page = open_page()
    ask(page, question)
    expect(page.locator("#hint .alert")).to_contain_text(said)
    page.wait_for_timeout(500)  # the step that answers has come to nothing by then
    expect(page.locator("#hint .alert")).to_contain_text(said)
    assert page.locator("#ask textarea").input_value() == question
    ask(page, OFF_TOPIC)
    expect(page.locator("#hint .alert")).to_have_count(0)


def test_an_answer_can_be_stopped_and_asked_again(open_page: Open, serve: Callable[..., str]) -> None:
    model = ScriptedModel([f"It needs small arms, point {n} [1]. " for n in range(200)], pause_s=0.2)
    page = open_page(serve(ModelWriter(model, BUDGET)))
    ask(page, ASK)
    expect(page.locator(".answer .step")).to_have_text("Checking the next sentence")
    ask(page, "One more thing")
    expect(page.locator("#hint .alert")).to_contain_text("on its way")
    written = page.locator(".answer > p > span").count()
    expect(page.locator(".answer > p > span").nth(written + 2)).to_be_attached()
    expect(page.locator("#hint .alert")).to_contain_text("on its way")
    assert len(model.asked) == 1
    page.locator("#ask .stop-button").click()
    expect(page.locator(".answer .stopped")).to_be_visible()
    expect(page.locator("#ask .submit-button")).to_be_visible()
    assert model.let_go == 1
    model.pieces = ["It needs small arms [1]."]
    page.locator('#chat button[title="Retry"]').click()
    expect(page.locator("#chat .question")).to_have_count(2)
    expect(page.locator("#chat .question .again")).to_have_text("Asked again")
    expect(page.locator(".answer .step")).to_have_count(0)
    expect(page.locator(".answer .stopped")).to_have_count(1)  # what it came to before stays


def test_a_failing_model_is_said_so_and_loses_nothing(open_page: Open, serve: Callable[..., str]) -> None:
    model = ScriptedModel("", ModelUnavailable("The model <b>broke</b> off. Ask again"))
    page = open_page(serve(ModelWriter(model, BUDGET)))
    ask(page, ASK)
    expect(page.locator(".answer .failed")).to_have_text(FAILURES["model-unavailable"])
    expect(page.locator("#hint .alert")).to_have_count(0)  # the answer says it
    details = page.locator(".answer details p")
    expect(details).to_be_hidden()
    page.locator(".answer summary").click()
    expect(details).to_have_text("The model <b>broke</b> off. Ask again.")
    expect(page.locator("#sources .heading")).to_have_text("Passages found")
    assert page.locator("#sources .card").count() > 0


@pytest.mark.parametrize("question", [ASK, UNSURE])
def test_an_answer_is_copied_as_text(open_page: Open, question: str) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    ask(page, question)
    expect(page.locator(".answer a.cite").first).to_be_visible()
    expect(page.locator(".answer .step")).to_have_count(0)
    page.locator('#chat .message-buttons-left button[title="Copy message"]').click()
    expect(page.locator("button.copied")).to_have_count(1)
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert any(line.endswith("[1]") for line in copied.splitlines())
    assert "<" not in copied and "&#" not in copied


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_chosen(open_page: Open, scheme: Any) -> None:
    page = open_page(color_scheme=scheme)
    dark = "document.body.classList.contains('dark')"
    assert page.evaluate(dark) == (scheme == "dark")
    page.locator("#theme").click()
    assert page.evaluate(dark) == (scheme == "light")
    page.reload()
    page.wait_for_selector("#sources .note")
    assert page.evaluate(dark) == (scheme == "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_the_contrast_of_wcag_aa(open_page: Open, scheme: Any) -> None:
    page = open_page(color_scheme=scheme)
    ask(page, UNSURE)
    expect(page.locator(".answer blockquote")).to_have_count(2)
    expect(page.locator(".answer .step")).to_have_count(0)
    ask(page, ASK + " And who won the cricket match?")
    expect(page.locator(".answer .missing")).to_be_visible()  # the last to be shown
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 8
    assert [one for one in contrasts if one[1] < 4.5] == []


def test_a_phone_gets_a_drawer_and_no_sideways_scroll(open_page: Open) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    assert overflow(page) == 0
    expect(page.locator("#brand p")).to_be_hidden()
    expect(page.locator("#side")).to_be_hidden()
    ask(page, ASK)
    page.locator(".answer a.cite").first.tap()
    expect(page.locator("#sources mark").first).to_be_visible()
    expect(page.locator('#sources .quote[data-n="1"]')).to_be_focused()
    assert overflow(page) == 0
    page.locator("#sources .close").tap()
    expect(page.locator("#side")).to_be_hidden()
    page.locator("#open-sources").tap()
    expect(page.locator("#side")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#side")).to_be_hidden()


@pytest.mark.parametrize("writer", ["extractive", "model"])
@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_text_stays_text(
    open_page: Open, serve: Callable[..., str], hostile_dir: Path, writer: str, width: int
) -> None:
    chosen = ModelWriter(ScriptedModel(f"The dam {EVIL} cost $4 million [1]."), BUDGET) if writer == "model" else None
    page = open_page(serve(chosen, hostile_dir), viewport={"width": width, "height": 844})
    expect(page.locator("#chat .example")).to_have_count(0)
    ask(page, f"How much did the dam at Millbrook cost? {EVIL}")
    expect(page.locator(".answer .step")).to_have_count(0)
    expect(page.locator("#sources .card").first).to_be_attached()
    assert page.evaluate("window.pwned") is None
    inside = "#chat .message, #sources"
    for tag in ("img", "script", "style", "form", "iframe", "input", "object", "video", "b"):
        assert page.locator(inside).locator(tag).count() == 0, tag
    links = page.locator(inside).locator("a").evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    assert all(link.startswith(("#cite-", "articles/", "answers/", "v1/answers/")) for link in links)
    expect(page.locator("#chat .question")).to_contain_text("<script>window.pwned=2</script>")
    assert overflow(page) == 0


def test_the_page_asks_for_the_key(open_page: Open, serve: Callable[..., str]) -> None:
    address = serve(api_key=KEY)
    page = open_page(address, http_credentials={"username": "reader", "password": KEY})
    ask(page, ASK)
    expect(page.locator(".answer a.cite").first).to_be_visible()
