"""What a reader is told in each state: the answer, the panel and the line under the input say the same."""

import re
from html import unescape

import pytest
from scripted import abstention, cited_answer, declined_answer, nearest_answer
from test_rendering import PENDING, QUESTION, QUOTES, shown, told, with_verdicts

from evals.known.cases import Place
from qa.answer_draft import ABSTENTION, DECLINED, NEAREST
from qa.models import EXTRACTIVE, Answer, HitsEvent, Status
from qa.web.page.conversation import Exchange
from qa.web.page.panel import turn_of
from qa.web.page.states import CUT, FAILURES, UNEXPECTED_FAILURE, standing_note
from qa.web.problems import KINDS, UNEXPECTED

ANSWER = cited_answer(QUESTION, [(place.quote, place) for place in QUOTES])
HALF = told(ANSWER, 1)
FOUND = Exchange.of(QUESTION).with_search(609, "").with_hits(HitsEvent(hits=ANSWER.hits))
MAY_NOT = nearest_answer(QUESTION, *QUOTES)
UNCITED = declined_answer(QUESTION, "The sea fell.").model_copy(update={"status": Status.PARTIAL, "hits": ANSWER.hits})
NONE_FOUND = abstention(QUESTION)
SEARCHED = Answer.model_validate(NONE_FOUND.model_dump() | {"hits": ANSWER.hits})
BROKEN = FAILURES["model-answer-incomplete"]

STATES = {
    # what became of the question: the exchange; words of the answer, the panel's heading and note
    "asked": (Exchange.of(QUESTION), "Searching the articles", "Sources", "Searching the articles …"),
    "searching": (
        *(Exchange.of(QUESTION).with_search(609, ""), "Searching 609 articles", "Sources"),
        "Searching 609 articles …",
    ),
    "worded anew": (
        *(FOUND.model_copy(update={"anew": 2}), "Writing 2 sentences anew", "Passages found"),
        "They are being read for an answer.",
    ),
    "found": (FOUND, "Reading what was found", "Passages found", "They are being read for an answer."),
    "writing": (HALF, "Checking the next sentence", "Sources", ""),
    "judging": (told(with_verdicts(ANSWER, PENDING, PENDING), 2), "Checking", "Sources", ""),
    "writing what is nearest": (told(MAY_NOT, 1), NEAREST, "Nearest sentences", "may not answer the question"),
    "answered": (told(ANSWER, 2).done(ANSWER), "The river rose.", "Sources", ""),
    "nearest": (told(MAY_NOT, 2).done(MAY_NOT), NEAREST, "Nearest sentences", "may not answer the question"),
    "declined": (FOUND.done(declined_answer(QUESTION, "No.")), DECLINED, "Passages found", "rests on none of them"),
    "uncited": (told(UNCITED, 1).done(UNCITED), "The sea fell.", "Passages found", "The answer cites none of them."),
    "abstained": (FOUND.done(SEARCHED), ABSTENTION, "Nearest passages", "These came nearest."),
    "nothing near": (
        *(Exchange.of(QUESTION).done(NONE_FOUND), ABSTENTION, "Nearest passages"),
        "No passage comes near this question.",
    ),
    "stopped": (
        HALF.ended("stopped"),
        CUT["stopped"],
        "Sources",
        "Those of the part that was written.",
    ),
    "stopped early": (
        *(Exchange.of(QUESTION).ended("stopped"), CUT["stopped"], "Sources"),
        "Nothing had been found when the answer broke off.",
    ),
    "left": (FOUND.ended("left"), CUT["left"], "Passages found", "before the answer broke off"),
    "lost": (HALF.ended("lost"), CUT["lost"], "Sources", "Those of the part that was written."),
    "model broke off": (
        *(HALF.failed("model-answer-incomplete", "It ended.", ANSWER.hits), BROKEN, "Sources"),
        "Those of the part that was written.",
    ),
    "model is down": (
        *(Exchange.of(QUESTION).failed("model-unavailable", "No route.", ANSWER.hits), FAILURES["model-unavailable"]),
        *("Passages found", "before the answer broke off"),
    ),
    "busy": (
        *(Exchange.of(QUESTION).failed("overloaded", "16 are under way.", ()), FAILURES["overloaded"]),
        *("Sources", "Nothing had been found"),
    ),
    "no index": (
        *(Exchange.of(QUESTION).failed("index-missing", "Run: newsdesk index", ()), FAILURES["index-missing"]),
        *("Sources", "Nothing had been found"),
    ),
    "unforeseen": (
        *(Exchange.of(QUESTION).failed(UNEXPECTED.slug, "The log says where.", ()), UNEXPECTED_FAILURE),
        *("Sources", "Nothing had been found"),
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_answer_panel_and_line_agree(state: str) -> None:
    exchange, said, heading, note = STATES[state]
    panel = turn_of(exchange)
    assert said in unescape(re.sub(r"<[^>]+>", "", shown(exchange)))
    assert (panel["question"], panel["heading"]) == (QUESTION, heading)
    assert note in panel["note"] and bool(note) == bool(panel["note"])
    numbered = [quote["number"] for article in panel["articles"] for quote in article["quotes"] if quote["number"]]
    assert bool(numbered) == bool(exchange.sources and heading in ("Sources", "Nearest sentences"))
    assert ('class="step"' in shown(exchange)) == exchange.is_open


def test_every_state_is_looked_at() -> None:
    looked = {exchange.state for exchange, *_ in STATES.values()}
    assert looked >= {"reading", "writing", "answered", "nearest", "declined", "not_in_articles", "failed", *CUT}


def test_a_reader_has_words_for_every_problem_and_the_operator_keeps_the_rest() -> None:
    of_no_question = {"article-not-found", "answer-not-found", "answers-unavailable"}
    assert {kind.slug for kind in KINDS.values()} - of_no_question == set(FAILURES)
    for words in (*FAILURES.values(), *CUT.values(), UNEXPECTED_FAILURE):
        assert "QA_" not in words and "newsdesk index" not in words and words.endswith(".")
    html = shown(Exchange.of(QUESTION).failed("index-missing", "Run: newsdesk <b>index</b>", ()))
    assert html.endswith(
        "<details><summary>Details</summary><p>Run: newsdesk &lt;b&gt;index&lt;/b&gt;</p></details></div>"
    )
    assert "Run:" not in html.partition("<details>")[0]


def test_the_line_below_says_what_is_true_of_the_writer() -> None:
    assert "quoted" in standing_note(EXTRACTIVE) and "quoted" not in standing_note("ollama/llama3")
    assert standing_note("ollama/llama3").startswith("ollama/llama3 writes the answers.")


def test_quotations_of_one_article_stand_together_with_outlet_and_date() -> None:
    places = [Place(path="a.txt", quote=quote, start=at) for at, quote in enumerate(("It rose.", "It fell."))]
    answer = cited_answer(QUESTION, [(place.quote, place) for place in (*places, QUOTES[1])])
    dated = [one.model_copy(update={"outlet": "The <Post>"}) for one in answer.citations]
    answer = answer.model_copy(update={"citations": tuple(dated)})
    exchange = told(answer, 3).model_copy(update={"writer": EXTRACTIVE})
    assert shown(exchange).count("<blockquote>") == 2
    assert '<span class="by">The &lt;Post&gt;</span></blockquote>' in shown(exchange)


def test_a_number_names_its_outlet_where_prose_has_several() -> None:
    outlets = ("Dawn", "<b>Geo</b>")
    citations = [one.model_copy(update={"outlet": name}) for one, name in zip(ANSWER.citations, outlets, strict=True)]
    html = shown(told(ANSWER.model_copy(update={"citations": tuple(citations)}), 2))
    assert ">1<span>Dawn</span></a>" in html and ">2<span>&lt;b&gt;Geo&lt;/b&gt;</span></a>" in html
    assert re.search(r">1</a>.*>2</a>", shown(told(ANSWER, 2)))


def test_the_panel_groups_quotations_by_article() -> None:
    places = [Place(path=path, quote=f"It rose in {path}.", start=at) for at, path in enumerate(("a", "b", "a"))]
    panel = turn_of(told(cited_answer(QUESTION, [(one.quote, one) for one in places]), 3))
    grouped = [(card["path"], [quote["number"] for quote in card["quotes"]]) for card in panel["articles"]]
    assert grouped == [("a", [1, 3]), ("b", [2])]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "HTTP", ""])
def test_only_web_addresses_become_links_to_the_original(url: str) -> None:
    exchange = told(ANSWER, 1)
    source = exchange.sources[0].model_copy(update={"url": url})
    panel = turn_of(exchange.model_copy(update={"sources": (source,)}))
    assert panel["articles"][0]["original"] == ""
