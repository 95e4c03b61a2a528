import asyncio

import pytest
from pydantic import ValidationError
from scripted import ScriptedService, abstention, cited_answer

from evals.asking.outcomes import Outcome
from evals.asking.runner import run
from evals.known.cases import Case, Kind, Place
from qa.models import Turn
from qa.models.errors import ModelTimeout

PLACE = Place(path="a.txt", quote="two bridges", start=7)
FIRST = Case(id="first", kind=Kind.NEAR_MISS, question="How many tunnels?")
SECOND = Case(
    id="second",
    kind=Kind.FOLLOW_UP,
    earlier=("What was opened?", "By whom?"),
    question="When?",
    evidence=((PLACE,),),
    required=(("Monday",),),
)
OPENED = cited_answer("What was opened?", [("Two bridges.", PLACE)])
MONDAY = cited_answer("When?", [("On Monday.", PLACE)])


def test_cases_are_asked_in_order_and_keep_their_answers() -> None:
    service = ScriptedService({"When?": MONDAY})
    outcomes = asyncio.run(run(service, [FIRST, SECOND]))
    assert [outcome.case for outcome in outcomes] == [FIRST, SECOND]
    assert [outcome.answer for outcome in outcomes] == [abstention("How many tunnels?"), MONDAY]


def test_the_real_answers_to_earlier_questions_are_the_history() -> None:
    service = ScriptedService({"What was opened?": OPENED, "When?": MONDAY})
    asyncio.run(run(service, [SECOND, FIRST]))
    opened = Turn(question="What was opened?", answer="Two bridges. [1]")
    by_whom = Turn(question="By whom?", answer="The articles do not say.")
    assert service.asked == [
        ("What was opened?", ()),
        ("By whom?", (opened,)),
        ("When?", (opened, by_whom)),
        ("How many tunnels?", ()),
    ]


def test_an_exception_is_the_outcome_of_its_case_only() -> None:
    service = ScriptedService({"By whom?": ModelTimeout("too slow"), "When?": MONDAY})
    outcomes = asyncio.run(run(service, [SECOND, FIRST]))
    assert [outcome.error for outcome in outcomes] == ["ModelTimeout: too slow", None]
    assert outcomes[0].answer is None


def test_progress_is_told_after_each_case() -> None:
    told: list[tuple[int, int]] = []
    asyncio.run(run(ScriptedService({}), [FIRST, SECOND], lambda done, total: told.append((done, total))))
    assert told == [(1, 2), (2, 2)]


def test_an_outcome_is_an_answer_or_an_error() -> None:
    for fields in ({}, {"answer": MONDAY, "error": "QAError: no"}):
        with pytest.raises(ValidationError, match="either an answer or an error"):
            Outcome.model_validate({"case": SECOND} | fields)
