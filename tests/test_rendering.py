"""An answer as the page shows it, in each state on its way."""

import re

import pytest
from scripted import cited_answer, declined_answer, nearest_answer

from evals.known.cases import Place
from qa.answer_draft import DECLINED, NEAREST, difference_note, unchecked_note
from qa.models import Answer, Difference, Problem, ProblemCode, Side, StatementEvent, Support, VerdictEvent
from qa.web.page.conversation import MAX_CHARACTERS, MAX_EXCHANGES, Conversation, Exchange, ShownStatement
from qa.web.page.panel import turn_of
from qa.web.page.rendering import answer_html, literal, messages

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


def with_verdicts(answer: Answer, *verdicts: tuple[Support, ProblemCode | None]) -> Answer:
    """The answer with a verdict on each of its statements."""
    statements = [
        one.model_copy(update={"support": support, "problems": problems_of(code)})
        for one, (support, code) in zip(answer.statements, verdicts, strict=True)
    ]
    return answer.model_copy(update={"statements": tuple(statements)})


def problems_of(code: ProblemCode | None) -> tuple[Problem, ...]:
    return (Problem(code=code, text=f"Because of {code}."),) if code else ()


def words(exchange: Exchange) -> str:
    """The text of an exchange as a reader sees it, all that is said about it left out."""
    return re.sub(r"<[^>]+>", "", shown(exchange).partition('<div class="doubts')[0].partition('<p class="step')[0])


def shown(exchange: Exchange) -> str:
    return re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), answer_html(exchange))


def note(exchange: Exchange) -> str:
    return str(turn_of(exchange)["note"])


@pytest.mark.parametrize("state", ["writing", "done", "stopped", "failed"])
def test_what_comes_nearest_is_told_from_an_answer_in_every_state(state: str) -> None:
    answer = nearest_answer(QUESTION, *QUOTES)
    exchange = told(answer, 2)
    found = {
        "writing": exchange,
        "done": exchange.done(answer),
        "stopped": exchange.ended("stopped"),
        "failed": exchange.failed("model-answer-incomplete", "The model broke off.", answer.hits),
    }[state]
    html = shown(found)
    assert html.startswith(f'<div class="answer of-{found.id}"><p class="nearest">{NEAREST}</p><blockquote>')
    assert html.count("<blockquote>") == html.count("</blockquote>") == html.count('class="cite"') == 2
    assert "may not answer the question." in note(found)
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
    conversation = Conversation(exchanges=(told(answer, 2).done(answer), told(answer, 1)))
    assert Conversation.restored(conversation.as_json) == conversation
    first, second = conversation.as_json["exchanges"]
    unreadable = first.replace('"question"', '"asked_for"')
    for kept in ([unreadable, second], [second, 7], [None, second, "{"]):
        assert Conversation.restored({"exchanges": kept}).exchanges == conversation.exchanges[1:]
    for kept in (None, 3, [], {}, {"exchanges": 3}, {"exchanges": None}):
        assert Conversation.restored(kept) == Conversation()


ANSWER = cited_answer(QUESTION, [(one.quote, one) for one in QUOTES])
PENDING = (Support.UNCHECKED, ProblemCode.PENDING)
NOT_JUDGED = (Support.UNCHECKED, ProblemCode.NOT_JUDGED)


def test_a_statement_that_is_pending_says_quietly_that_it_is_being_checked() -> None:
    exchange = told(with_verdicts(ANSWER, (Support.SUPPORTED, None), PENDING), 2)
    html = shown(exchange)
    assert html.count('<span class="pending">') == 1 and html.endswith('<p class="step">Checking</p></div>')
    assert "doubt" not in html and "unchecked" not in html and "Because" not in html


@pytest.mark.parametrize(
    ("support", "code", "marked"),
    [
        (Support.SUPPORTED, None, ""),
        (Support.PARTLY, ProblemCode.PARTLY, '<span class="doubt partly" title="Only partly borne out'),
        (Support.UNSUPPORTED, ProblemCode.NOT_BORNE_OUT, '<span class="doubt unsupported" title="Not borne out'),
        (*NOT_JUDGED, '<p class="unchecked">One sentence was checked'),
    ],
)
def test_a_later_verdict_changes_the_marks_and_no_words(
    support: Support, code: ProblemCode | None, marked: str
) -> None:
    before = told(with_verdicts(ANSWER, (Support.SUPPORTED, None), PENDING), 2)
    after = before.with_verdict(VerdictEvent(index=1, support=support, problems=problems_of(code)), ())
    html = shown(after)
    assert words(after) == words(before) and after.answer == before.answer
    assert '<span class="pending">' not in html and '<p class="step">Checking</p>' not in html
    assert marked in html if marked else "doubt" not in html and "unchecked" not in html
    assert ("Because of" in html) == (support in (Support.PARTLY, Support.UNSUPPORTED))


def test_what_is_unchecked_is_not_marked_as_doubtful_and_one_line_counts_it() -> None:
    answer = with_verdicts(ANSWER, NOT_JUDGED, NOT_JUDGED)
    html = shown(told(answer, 2).done(answer))
    assert html.count(f'<p class="unchecked">{unchecked_note(2)}</p>') == 1
    assert "doubt" not in html and "Because" not in html
    assert unchecked_note(2) == "2 sentences were checked for figures, dates and names alone."


def test_a_verdict_that_never_comes_leaves_a_statement_unchecked() -> None:
    exchange = told(with_verdicts(ANSWER, PENDING, PENDING), 2)
    reloaded = Conversation.restored(Conversation(exchanges=(exchange,)).as_json).ended("left").exchanges[0]
    for broken in (exchange.ended("stopped"), exchange.failed("answer-failed", "It broke.", ANSWER.hits), reloaded):
        assert unchecked_note(2) in shown(broken)
        assert "pending" not in shown(broken) and "Checking" not in shown(broken)


def test_the_whole_answer_has_the_last_word() -> None:
    exchange = told(with_verdicts(ANSWER, PENDING, PENDING), 2)
    html = shown(exchange.done(with_verdicts(ANSWER, (Support.UNSUPPORTED, ProblemCode.UNRELATED), NOT_JUDGED)))
    assert html.count('<span class="doubt unsupported"') == 1 and unchecked_note(1) in html and "pending" not in html


def test_words_that_cite_nothing_are_said_to_be_no_answer_from_the_articles() -> None:
    answer = declined_answer(QUESTION, "I cannot help with rivers.").model_copy(update={"hits": ANSWER.hits})
    exchange = told(answer, 1).done(answer)
    assert f'<p class="outcome declined">{literal(DECLINED)}</p>' in answer_html(exchange)
    assert "your own look" not in shown(exchange)
    panel = turn_of(exchange)
    assert (panel["heading"], len(panel["articles"])) == ("Passages found", 2)
    assert panel["note"] == "The answer rests on none of them."


def test_articles_that_differ_stand_in_a_table_the_newest_first_and_in_no_note_beside_it() -> None:
    sides = Side(marker=2, value="2 <b>m</b>", time="16:40"), Side(marker=1, value="3 m")
    differs = Difference(asked=QUESTION, sides=sides)
    notes = difference_note(differs), "The vectors cannot be asked at the moment."
    exchange = told(ANSWER, 2).done(ANSWER.model_copy(update={"differs": (differs,), "notes": notes}))
    table = shown(exchange).partition('<table class="differ">')[2].partition("</table>")[0]
    cells = [("", "2 &lt;b&gt;m&lt;/b&gt;"), ("2", ""), ("", "16:40"), ("", "3 m"), ("1", ""), ("", "")]
    cells = re.findall(r"<td>(.*?)</td>", table)
    assert [re.sub(r"<[^>]+>", "", cell) for cell in cells] == ["2 &lt;b&gt;m&lt;/b&gt;", "2", "16:40", "3 m", "1", ""]
    assert exchange.notes == notes[1:]


def test_a_question_asked_again_stands_beside_its_first_answer_and_is_told_once() -> None:
    one, two = (told(ANSWER, 2).done(ANSWER).model_copy(update={"id": identity * 12}) for identity in "ab")
    other = two.model_copy(update={"question": "How long?"})
    again = Conversation(exchanges=(one, other)).with_question(QUESTION, repeats=one.id)
    assert [exchange.question for exchange in again.exchanges] == [QUESTION, "How long?", QUESTION]
    assert again.turns() == []  # as when it was asked first
    done = again.with_last(again.exchanges[-1].done(ANSWER))
    assert [turn.question for turn in done.with_question("Why?").turns()] == ["How long?", QUESTION]
    assert "Asked again" in str(messages(again)[-2]["content"]) and "Asked again" not in str(messages(again)[0])


def test_a_conversation_is_full_before_it_is_too_large_to_travel() -> None:
    conversation = Conversation(exchanges=(told(ANSWER, 2),) * (MAX_EXCHANGES - 1))
    assert not conversation.is_full and conversation.with_question("Why?").is_full
    long = ShownStatement(text="x" * MAX_CHARACTERS, support=Support.SUPPORTED)
    assert Conversation(exchanges=(Exchange.of("Why?").model_copy(update={"said": (long,)}),)).is_full
