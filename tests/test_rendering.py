"""An answer as the page shows it, in each state on its way."""

import re

import pytest
from scripted import cited_answer, nearest_answer

from evals.cases import Place
from qa.answer_draft import NEAREST
from qa.models import Answer, StatementEvent
from qa.web.page.conversation import Conversation, Exchange
from qa.web.page.panel import panel_value
from qa.web.page.rendering import answer_html

QUOTES = (
    Place(path="a.txt", quote="The river rose.", start=4),
    Place(path="b.txt", quote="2. Rain <b>fell</b>.", start=0),
)
QUESTION = "How far did the river rise?"


def told(answer: Answer, statements: int) -> Exchange:
    """The exchange after so many statements of an answer."""
    exchange, last = Exchange.of(QUESTION), 0
    for at, one in enumerate(answer.statements[:statements]):
        separator, last = answer.text[last : one.start], one.end
        event = StatementEvent(statement=one, separator=separator, citations=answer.citations[at : at + 1])
        exchange = exchange.with_statement(event, answer.hits)
    return exchange


def shown(exchange: Exchange) -> str:
    return re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), answer_html(exchange))


def note(exchange: Exchange) -> str:
    return str(panel_value(Conversation(exchanges=(exchange,)))["turns"][0]["note"])


@pytest.mark.parametrize("state", ["writing", "done", "stopped", "failed"])
def test_what_comes_nearest_is_told_from_an_answer_in_every_state(state: str) -> None:
    answer = nearest_answer(QUESTION, *QUOTES)
    exchange = told(answer, 2)
    found = {
        "writing": exchange,
        "done": exchange.done(answer),
        "stopped": exchange.stopped(),
        "failed": exchange.failed("The model broke off.", answer.hits),
    }[state]
    html = shown(found)
    assert html.startswith(f'<div class="answer"><p class="nearest">{NEAREST}</p><blockquote>')
    assert html.count("<blockquote>") == html.count("</blockquote>") == html.count('class="cite"') == 2
    assert "They may not answer the question." in note(found)
    assert found.answer == answer.text


def test_what_comes_nearest_is_quoted_word_for_word_and_as_text() -> None:
    html = shown(told(nearest_answer(QUESTION, *QUOTES), 2))
    assert "2. Rain &lt;b&gt;fell&lt;/b&gt;." in html and "<li>" not in html


def test_an_answer_has_no_heading_and_no_quotation() -> None:
    answer = cited_answer(QUESTION, [(one.quote, one) for one in QUOTES])
    exchange = told(answer, 2).done(answer)
    assert "nearest" not in shown(exchange) and "<blockquote>" not in shown(exchange)
    assert (exchange.heading, note(exchange)) == ("", "")


@pytest.mark.parametrize("status", ["partial", "nearest"])
def test_what_is_missing_is_told_beside_what_is_said(status: str) -> None:
    answer = (
        nearest_answer(QUESTION, *QUOTES) if status == "nearest" else cited_answer(QUESTION, [("It rose.", QUOTES[0])])
    )
    answer = Answer.model_validate(answer.model_dump() | {"status": status, "missing": "by how much"})
    exchange = told(answer, 2).done(answer)
    assert '<p class="missing"><strong>Missing:</strong> by how much</p>' in shown(exchange)


def test_what_a_browser_kept_comes_back_as_it_was() -> None:
    answer = nearest_answer(QUESTION, *QUOTES)
    conversation = Conversation(exchanges=(told(answer, 2).done(answer),))
    assert Conversation.restored(conversation.model_dump(mode="json")) == conversation
    older = conversation.model_dump(mode="json")
    older["exchanges"][0]["sources"][0]["lead"] = "of a page before this one"
    assert Conversation.restored(older) == Conversation()
