"""The one way from a question to an answer, with scripted replies in place of a model's."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import BUDGET, USAGE, AnsweringModel, ScriptedModel, answer_in, cuts, service_of

from index.embedding.embedders import MiniLM
from index.errors import NoSnapshot
from qa.answer_draft import ABSTENTION
from qa.checking.grounding import NOT_CITED, NOT_JUDGED, CheckResult, Grounder
from qa.llm.model import LanguageModel
from qa.models import Answer, Event, HitsEvent, SearchEvent, StatementEvent, Status, Support, Turn
from qa.models.errors import InvalidQuestion, ModelAnswerInvalid, ModelCutOff, ModelTimeout, ModelUnavailable
from qa.prompting.evidence import EvidenceSentence
from qa.retrieval.retriever import Retrieval
from qa.service import QAService
from qa.writing.writer import ExtractiveWriter, ModelWriter

QUESTION = "What money and training will the United States give to the Balochistan police?"
Make = Callable[..., QAService]


def reply(number: Callable[[str], int]) -> str:
    """A reply with good, merged, full-width, out-of-range and missing markers, and one wrong figure."""
    four = number("four new initiatives to support the Balochistan Police")
    force = number("expand the Anti-Terrorist force training facility")
    years = number("more than 40 years of partnership")
    return (
        f"The US is pursuing four new initiatives to support the Balochistan Police [{four - 1}][{four}]. "
        f"It gives $4 million to expand the Anti-Terrorist force training facility 【{force}】. "
        f"It gives $9 million to expand the Anti-Terrorist force training facility ［{force}］. "
        "The governor of the province praised these initiatives warmly. "
        f"They build on more than 40 years of partnership on civilian security [{years}-{years + 1}, 4711].\n"
        "MISSING: when the money is paid. Nor is it said by whom."
    )


@pytest.fixture
def make(data_dir: Path, embedder: MiniLM) -> Iterator[Make]:
    made: list[QAService] = []

    def service(model: LanguageModel | None, **options: Any) -> QAService:
        writer = ModelWriter(model, BUDGET) if model else ExtractiveWriter(WordReader())
        made.append(service_of(data_dir, embedder, writer, **options))
        return made[-1]

    yield service
    for one in made:
        one.close()


async def _events(service: QAService, question: str, history: Sequence[Turn] = ()) -> list[Event]:
    return [event async for event in service.stream(question, history)]


def events_of(service: QAService, question: str = QUESTION) -> list[Event]:
    return asyncio.run(_events(service, question))


def answer_of(service: QAService, question: str = QUESTION, history: Sequence[Turn] = ()) -> Answer:
    return asyncio.run(service.ask(question, history))


def test_a_scripted_reply_becomes_the_right_answer(make: Make, seed_folder: Path) -> None:
    answer = answer_of(make(AnsweringModel(reply)))
    four, force, wrong, governor, years = answer.statements
    assert answer.status is Status.PARTIAL
    assert answer.missing == "when the money is paid. Nor is it said by whom."
    assert four.text == "The US is pursuing four new initiatives to support the Balochistan Police [1]."
    assert [one.markers for one in answer.statements] == [(1,), (2,), (2,), (), (3,)]
    assert [one.marker for one in answer.citations] == [1, 2, 3]
    assert {(one.support, one.problems) for one in (four, force, years)} == {(Support.UNCHECKED, (NOT_JUDGED,))}
    assert wrong.support is Support.UNSUPPORTED
    assert list(map(str, wrong.problems)) == ["$9 million is not in the cited text."]
    assert (governor.support, governor.problems) == (Support.UNSUPPORTED, (NOT_CITED,))
    assert years.text.endswith("on civilian security [3].")
    for citation in answer.citations:
        text = (seed_folder / citation.path).read_bytes().decode()
        assert text[citation.start : citation.end] == citation.quote
    assert answer.citations[0].quote.startswith("We obviously respond") and "four new" in answer.citations[0].quote
    assert answer.citations[2].quote.endswith("Pakistani citizens,” he added.")
    assert answer.usage == USAGE
    assert (answer.model, answer.question) == ("scripted", QUESTION)
    assert answer.prompt_version and answer.prompt_version.startswith("answer-")


def same(one: Answer) -> Answer:
    return one.model_copy(update={"id": "", "timings": {}})


@settings(derandomize=True, deadline=None, max_examples=25)
@given(at=st.lists(st.integers(min_value=1, max_value=700), max_size=40))
def test_the_cut_of_the_stream_does_not_change_the_answer(
    at: list[int], data_dir: Path, embedder: MiniLM, expected: Answer
) -> None:
    class Cut(AnsweringModel):
        def cut(self, text: str) -> list[str]:
            places = sorted({0, *(place for place in at if place < len(text)), len(text)})
            return [text[start:end] for start, end in pairwise(places)]

    service = service_of(data_dir, embedder, ModelWriter(Cut(reply), BUDGET))
    assert same(answer_of(service)) == same(expected)
    service.close()


@pytest.fixture(scope="module")
def expected(data_dir: Path, embedder: MiniLM) -> Iterator[Answer]:
    service = service_of(data_dir, embedder, ModelWriter(AnsweringModel(reply, size=1), BUDGET))
    yield answer_of(service)
    service.close()


def test_events_come_in_order_and_make_up_the_answer(make: Make) -> None:
    events = events_of(make(AnsweringModel(reply, size=3)))
    search, first, *statements, _ = events
    assert search == SearchEvent(parts=(QUESTION,))
    assert [event.type for event in statements] == ["statement"] * 5
    answer = answer_in(events)
    assert isinstance(first, HitsEvent) and first.hits == answer.hits
    assert list(answer.timings) == ["hits", "first_statement", "total"]


def test_every_statement_is_checked_before_it_is_told(make: Make, embedder: MiniLM) -> None:
    checked: list[str] = []

    class Noting(Grounder):
        def judge(
            self, statement: str, cited: Sequence[EvidenceSentence], shown: Sequence[EvidenceSentence] = ()
        ) -> CheckResult:
            checked.append(statement)
            return super().judge(statement, cited, shown)

    async def watched() -> list[tuple[int, int]]:
        service = make(AnsweringModel(reply, size=1), grounder=Noting(embedder))
        told = 0
        seen = []
        async for event in service.stream(QUESTION):
            told += isinstance(event, StatementEvent)
            seen.append((told, len(checked)))
        return seen

    seen = asyncio.run(watched())
    assert all(told <= judged for told, judged in seen)
    assert seen[-1] == (5, 5)


def test_a_statement_is_told_before_the_model_has_written_the_next(make: Make) -> None:
    model = AnsweringModel(reply, size=1)

    async def given_at_first_statement() -> int:
        async with aclosing(make(model).stream(QUESTION)) as events:
            async for event in events:
                if isinstance(event, StatementEvent):
                    return model.given
        return -1

    assert 0 < asyncio.run(given_at_first_statement()) < 110


@pytest.mark.parametrize("text", ["", "[1]", "…", " \n", "[1][2] [3].", "```\n```", "Sources: [1]"])
def test_a_reply_that_says_nothing_is_a_fault_of_the_model_and_says_nothing_of_the_articles(
    make: Make, text: str
) -> None:
    with pytest.raises(ModelAnswerInvalid, match="replied without an answer"):
        events_of(make(ScriptedModel(cuts(text, 2))))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I cannot help with that.", ["I cannot help with that."]),
        ("The money is paid in June.", ["The money is paid in June."]),
        ("Nobody knows. It rained [4711].", ["Nobody knows.", "It rained."]),
        ('{"answer": "I cannot help with that."}', ["I cannot help with that."]),
    ],
)
def test_a_reply_that_cites_nothing_keeps_its_words_as_one_that_declined(
    make: Make, text: str, told: list[str]
) -> None:
    answer = answer_in(events_of(make(ScriptedModel(cuts(text, 2)))))
    assert (answer.status, answer.text) == (Status.DECLINED, " ".join(told))
    assert [one.text for one in answer.statements] == told
    assert (answer.citations, answer.missing, answer.stories) == ((), None, 0)
    assert {one.support for one in answer.statements} <= {Support.NO_CLAIM, Support.UNSUPPORTED}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("The US helps Pakistan [1].", Status.ANSWERED),
        ("The US helps Pakistan [1]. It gave 4711 ships [1].", Status.ANSWERED),
        ("The US helps Pakistan [1].\nMISSING: the sum.", Status.PARTIAL),
        ("The US helps Pakistan [1].\nNOT_IN_ARTICLES: the sum.", Status.PARTIAL),
        ("It gave 4711 ships [1].", Status.PARTIAL),
        ("It gave 4711 ships.", Status.DECLINED),
        ("It gave 4711 ships.\nMISSING: the sum.", Status.PARTIAL),
        ("It gave 4711 ships.\nNOT_IN_ARTICLES: the sum.", Status.NOT_IN_ARTICLES),
    ],
)
def test_what_is_said_and_cited_decides_the_status(make: Make, text: str, status: Status) -> None:
    assert answer_in(events_of(make(ScriptedModel(text)))).status is status


def test_what_is_missing_takes_no_words_away_that_cite_nothing(make: Make) -> None:
    answer = answer_in(events_of(make(ScriptedModel("It gave 4711 ships.\nMISSING: the sum."))))
    assert (answer.text, answer.missing) == ("It gave 4711 ships.", "the sum.")
    assert [one.support for one in answer.statements] == [Support.UNSUPPORTED]


def test_a_reply_cut_off_at_its_most_tokens_keeps_its_statements_with_a_note(make: Make) -> None:
    error = ModelCutOff("The model 'm' came to its most tokens. Ask for less, or raise QA_MAX_TOKENS")
    answer = answer_in(events_of(make(ScriptedModel(["The US helps Pakistan [1]. It is pur", "suing"], error=error))))
    assert answer.text == "The US helps Pakistan [1]. It is pursuing"
    assert answer.status is Status.ANSWERED
    assert answer.notes == (f"The answer may lack its end. {error}.",)


@pytest.mark.parametrize("form", ["NOT_IN_ARTICLES: {}", "**NOT_IN_ARTICLES**: {}", "NOT_IN_ARTICLES: {} [2]"])
def test_a_model_that_finds_no_answer_says_what_is_missing(make: Make, form: str) -> None:
    answer = answer_of(make(ScriptedModel(cuts(form.format("the price of bread."), 1))))
    assert (answer.status, answer.text) == (Status.NOT_IN_ARTICLES, ABSTENTION)
    assert answer.missing == "the price of bread."
    assert (answer.statements, answer.citations) == ((), ())


def test_an_uncited_opening_is_told_once_something_is_cited(make: Make) -> None:
    events = events_of(make(ScriptedModel("Here is the answer. The US helps [1]. More follows.")))
    told = [event.statement.text for event in events if isinstance(event, StatementEvent)]
    assert told == ["Here is the answer.", "The US helps [1].", "More follows."]


def test_the_deadline_ends_the_answer_and_the_model_call(make: Make) -> None:
    model = ScriptedModel(["The US helps [1]. "] * 100, pause_s=0.1)
    with pytest.raises(ModelTimeout, match=r"took longer than 1 s\. Ask again, or raise QA_DEADLINE_S"):
        answer_of(make(model, deadline_s=1))
    assert model.let_go == 1


def test_closing_the_stream_early_ends_the_model_call(make: Make) -> None:
    model = ScriptedModel(["The US helps Pakistan [1]. "] * 100)

    async def first_statement() -> tuple[int, int]:
        async with aclosing(make(model).stream(QUESTION)) as events:
            async for event in events:
                if isinstance(event, StatementEvent):
                    break
        return model.let_go, model.given

    let_go, given_pieces = asyncio.run(first_statement())
    assert let_go == 1
    assert given_pieces < 5


def test_an_error_of_the_model_is_the_error_of_the_answer(make: Make) -> None:
    model = ScriptedModel(["The US helps [1]. And"], error=ModelUnavailable("broke off"))
    with pytest.raises(ModelUnavailable, match="broke off"):
        answer_of(make(model))
    assert model.let_go == 1


def test_nothing_is_asked_of_the_model_when_nothing_is_found(make: Make) -> None:
    class NothingFound:
        def retrieve(self, *_: object) -> Retrieval:
            return Retrieval()

    model = ScriptedModel("The US helps [1].")
    answer = answer_of(make(model, retriever=NothingFound()))
    assert model.asked == []
    assert (answer.status, answer.hits) == (Status.NOT_IN_ARTICLES, ())


def test_no_more_questions_are_answered_at_once_than_allowed(make: Make) -> None:
    model = ScriptedModel(["The US helps [1]. "] * 3, pause_s=0.02)

    async def crowd() -> list[Answer]:
        service = make(model, max_concurrency=2)
        return await asyncio.gather(*(service.ask(QUESTION) for _ in range(6)))

    answers = asyncio.run(crowd())
    assert model.most_at_once == 2
    assert len({answer.id for answer in answers}) == 6


def test_a_place_is_free_again_after_an_error(make: Make) -> None:
    async def twice() -> None:
        service = make(ScriptedModel("", error=ModelUnavailable("no")), max_concurrency=1)
        for _ in range(2):
            with pytest.raises(ModelUnavailable):
                await service.ask(QUESTION)

    asyncio.run(twice())


def test_history_is_shown_to_the_model_but_is_no_evidence(make: Make) -> None:
    model = ScriptedModel("The ferry sank on Sunday. It carried 90 people [4711].")
    history = (Turn(question="What sank?", answer="The ferry sank on Sunday [1]. It carried 90 people [2]."),)
    answer = answer_of(make(model), history=history)
    prompt = model.asked[0][-1]["content"]
    told, evidence, question = prompt.split("=====\n")[0], prompt.split("=====\n")[1], prompt.split("=====\n")[2]
    assert "Earlier answer: The ferry sank on Sunday. It carried 90 people." in told
    assert "ferry" not in evidence and QUESTION in question
    assert answer.status is Status.DECLINED
    assert {one.problems for one in answer.statements} == {(NOT_CITED,)}


@pytest.mark.parametrize("question", ["", "  \n", "?!", "…"])
def test_an_empty_question_is_refused(make: Make, question: str) -> None:
    with pytest.raises(InvalidQuestion, match="empty"):
        answer_of(make(None), question)


def test_without_an_index_the_next_command_is_named(tmp_path: Path, embedder: MiniLM) -> None:
    service = service_of(tmp_path, embedder, ExtractiveWriter(WordReader()))
    with pytest.raises(NoSnapshot, match="Run: newsdesk index"):
        answer_of(service)
    service.close()


def test_the_extractive_writer_cites_every_statement(make: Make) -> None:
    answer = answer_of(make(None), "How many new police stations will be constructed?")
    assert answer.status is Status.ANSWERED
    assert all(one.support is Support.SUPPORTED and one.markers for one in answer.statements)
    assert answer.usage.prompt_tokens == 0 and answer.prompt_version is None
