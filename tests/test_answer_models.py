"""Answers that would break their promise cannot be built."""

import re
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from qa.models import (
    Answer,
    Citation,
    DoneEvent,
    Event,
    HitsEvent,
    Problem,
    ProblemCode,
    RepairEvent,
    SearchEvent,
    Statement,
    StatementEvent,
    Status,
    Support,
    Turn,
    Usage,
    VerdictEvent,
    history_of,
)

NOT_CITED = Problem(code=ProblemCode.NOT_CITED, text="It cites nothing.")


def citation(number: int, **changes: Any) -> Citation:
    fields = {"marker": number, "path": "a.txt", "start": 10, "end": 20, "quote": "It rained.", "passage_id": "0" * 16}
    return Citation.model_validate(fields | changes)


def statement(said: str, begin: int = 0, **changes: Any) -> Statement:
    markers = tuple(dict.fromkeys(int(number) for number in re.findall(r"\[(\d+)\]", said)))
    fields = {"text": said, "start": begin, "end": begin + len(said), "markers": markers, "support": "supported"}
    return Statement.model_validate(fields | changes)


def answer(**changes: Any) -> Answer:
    fields: dict[str, Any] = {
        "id": "1",
        "question": "Did it rain?",
        "status": "answered",
        "text": "It rained [1]. It poured [2][1].",
        "statements": (statement("It rained [1]."), statement("It poured [2][1].", 15)),
        "citations": (citation(1), citation(2)),
        "model": "scripted",
        "snapshot": "000001",
    }
    return Answer.model_validate(fields | changes)


def test_a_good_answer_is_built_and_survives_json() -> None:
    whole = answer()
    assert Answer.model_validate_json(whole.model_dump_json()) == whole


def test_an_answer_cannot_be_changed_or_extended() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        answer().text = "It snowed."
    with pytest.raises(ValidationError, match="Extra inputs"):
        answer(confidence=1.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"citations": ()}, "has at least one citation"),
        ({"status": "nearest", "citations": (), "statements": ()}, "has at least one citation"),
        ({"status": "not_in_articles"}, "has no statements and no citations"),
        ({"status": "not_in_articles", "citations": ()}, "has no statements and no citations"),
        ({"citations": (citation(1),)}, "are not the citations"),
        ({"citations": (citation(1), citation(2), citation(3))}, "are not the citations"),
        ({"citations": (citation(2), citation(1))}, "are not the citations"),
        ({"citations": (citation(1), citation(3))}, "are not the citations"),
        ({"citations": (citation(1), citation(1))}, "are not the citations"),
        ({"text": "It rained [1]. It poured [2][1]. [7]"}, "the text holds other markers"),
        ({"text": "It poured [1]. It poured [2][1]."}, "is not at its place"),
        ({"statements": (statement("It rained [1]."), statement("It poured [2][1].", 14))}, "is not at its place"),
        (
            {
                "text": "It rained [2]. It rained [1].",
                "statements": (statement("It rained [2]."), statement("It rained [1].", 15)),
            },
            "numbered 1..n by first use",
        ),
        (
            {"statements": (statement("It rained [1]."), statement("It poured [2][1].", 15, markers=(2,)))},
            "does not hold its markers",
        ),
        (
            {
                "text": "It rained 【1】.",
                "citations": (citation(1),),
                "statements": (statement("It rained 【1】.", markers=()),),
            },
            "does not hold its markers",
        ),
        ({"status": "maybe"}, "Input should be"),
    ],
)
def test_a_broken_answer_cannot_be_built(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        answer(**changes)


@pytest.mark.parametrize("changes", [{"end": 19}, {"end": 21}, {"start": -1}, {"marker": 0}, {"quote": "", "end": 10}])
def test_a_citation_is_as_long_as_its_quote(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        citation(1, **changes)


@pytest.mark.parametrize("changes", [{"text": ""}, {"start": -1}, {"support": "true"}])
def test_a_statement_has_text_a_place_and_a_verdict(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        statement("It rained.", **changes)


def test_an_abstention_says_what_is_missing_and_nothing_else() -> None:
    empty = answer(status="not_in_articles", text="No.", statements=(), citations=(), missing="the weather")
    assert (empty.status, empty.missing) == (Status.NOT_IN_ARTICLES, "the weather")


def test_what_comes_nearest_stands_below_its_heading_and_is_handed_on_with_it() -> None:
    said = "The articles may not say.\n\nIt rained [1]."
    statements = (statement("It rained [1].", 27),)
    nearest = answer(status="nearest", text=said, statements=statements, citations=(citation(1),))
    assert Answer.model_validate_json(nearest.model_dump_json()) == nearest
    assert history_of([nearest])[0].answer == said


def test_events_are_told_apart_by_their_type() -> None:
    adapter: TypeAdapter[Event] = TypeAdapter(Event)
    first = StatementEvent(statement=statement("It rained [1]."), citations=(citation(1, published=date(2024, 7, 3)),))
    for event in (
        SearchEvent(parts=("Why?",)),
        HitsEvent(hits=()),
        RepairEvent(statements=1),
        first,
        VerdictEvent(index=0, support=Support.UNSUPPORTED, problems=(NOT_CITED,)),
        DoneEvent(answer=answer()),
    ):
        assert adapter.validate_json(adapter.dump_json(event)) == event


def test_answers_become_the_history_of_the_next_question() -> None:
    assert history_of([answer()]) == (Turn(question="Did it rain?", answer="It rained [1]. It poured [2][1]."),)


def test_usage_adds_up_and_a_price_that_is_not_known_makes_the_sum_unknown() -> None:
    known, unknown = Usage(prompt_tokens=3, completion_tokens=2, cost=0.5), Usage(prompt_tokens=1)
    assert known + known == Usage(prompt_tokens=6, completion_tokens=4, cost=1.0)
    assert known + Usage() == Usage() + known == known
    assert (known + unknown).cost is None
    assert Usage() + Usage() == Usage()


def test_the_verdicts_are_five() -> None:
    assert list(Support) == ["supported", "partly", "unsupported", "no_claim", "unchecked"]


def test_what_a_model_says_that_cites_nothing_is_no_answer_and_no_abstention() -> None:
    words = (statement("I cannot say.", support="unsupported", problems=(NOT_CITED,)),)
    declined = answer(status="declined", text="I cannot say.", statements=words, citations=())
    assert Answer.model_validate_json(declined.model_dump_json()) == declined
    for status in ("answered", "nearest", "not_in_articles"):
        with pytest.raises(ValidationError, match=r"at least one citation|no statements"):
            Answer.model_validate(declined.model_dump() | {"status": status})


def test_a_problem_has_a_code_for_programs_and_a_sentence_for_people() -> None:
    assert NOT_CITED.model_dump(mode="json") == {"code": "not_cited", "text": "It cites nothing."}
    assert str(NOT_CITED) == "It cites nothing."
    with pytest.raises(ValidationError):
        Problem.model_validate({"code": "odd", "text": "It is odd."})
    with pytest.raises(ValidationError):
        statement("It rained.", problems=("It cites nothing.",))
