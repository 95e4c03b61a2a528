"""A second opinion by a model: it can only lower what the local check has found, and its failure blocks nothing."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import USAGE, ScriptedModel, hit_of, service_of

from index.embedding.embedders import MiniLM
from qa.checking.checked import Checked
from qa.checking.citations import Draft
from qa.checking.grounding import Verdict
from qa.checking.judging import ModelJudge
from qa.errors import ModelUnavailable
from qa.llm.budget import Budget
from qa.models import Answer, DoneEvent, StatementEvent, Support
from qa.prompting.evidence import number_evidence
from qa.retrieval.retriever import Retrieval
from qa.service import QAService
from qa.writing.repair import Repairer
from qa.writing.writer import ExtractiveWriter, ModelWriter

FLOODS = hit_of("a.txt", "Rain fell in Peshawar on Monday. The river rose by two metres. Forty bridges were closed.")
REPLY = "The river rose by two metres [2]. Ninety bridges were closed [3]. Rain fell in Peshawar on Monday [1]."
Make = Callable[..., QAService]


class Fixed:
    def retrieve(self, *_: object) -> Retrieval:
        return Retrieval((FLOODS,))


@pytest.fixture
def make(data_dir: Path, embedder: MiniLM) -> Iterator[Make]:
    made: list[QAService] = []

    def service(judge: ScriptedModel | ModelJudge, **options: Any) -> QAService:
        asked = judge if isinstance(judge, ModelJudge) else ModelJudge(judge)
        parts = {"retriever": Fixed(), "judge": asked} | options
        made.append(service_of(data_dir, embedder, ModelWriter(ScriptedModel(REPLY)), **parts))
        return made[-1]

    yield service
    for one in made:
        one.close()


def answer_of(service: QAService) -> Answer:
    """The answer, once it is certain that the statements that were told make it up unchanged."""

    async def collected() -> Answer:
        events = [event async for event in service.stream("What became of the river and the bridges?")]
        assert isinstance(events[-1], DoneEvent)
        told = [event.statement for event in events if isinstance(event, StatementEvent)]
        assert tuple(told) == events[-1].answer.statements
        return events[-1].answer

    return asyncio.run(collected())


def supports(answer: Answer) -> list[str]:
    return [one.support.value for one in answer.statements]


def test_bare_verdicts_are_each_read(make: Make) -> None:
    for between in ("\n", "\n\n", "\r\n", " \n"):
        answer = answer_of(make(ScriptedModel(between.join(["1. supported", "2. unsupported", ""]))))
        assert supports(answer) == ["supported", "unsupported", "unsupported"]
        assert answer.statements[2].problems == ("A second check found that the cited text does not say this.",)
        assert answer.notes == ()


def test_the_judge_lowers_what_the_local_check_let_pass(make: Make) -> None:
    judge = ScriptedModel("1. unsupported: the river is another one\n2. partly")
    answer = answer_of(make(judge))
    assert supports(answer) == ["unsupported", "unsupported", "partly"]
    first, second, third = answer.statements
    assert first.problems == ("A second check found that the cited text does not say this: the river is another one.",)
    assert second.problems == ("Ninety is not in the cited text.",)
    assert third.problems == ("A second check found that the cited text says only a part of this.",)
    assert answer.usage == USAGE + USAGE
    assert answer.notes == ()


def test_the_judge_raises_nothing(make: Make) -> None:
    judge = ScriptedModel("1. supported\n2. supported\n3. supported\n")
    answer = answer_of(make(judge))
    assert answer.notes == (
        "The second check of this answer could not be made: its reply does not judge each statement.",
    )
    assert supports(answer) == supports(answer_of(make(ScriptedModel("1. supported\n2. supported"))))
    assert supports(answer) == ["supported", "unsupported", "supported"]


def test_only_what_is_not_unsupported_already_is_asked_about_once(make: Make) -> None:
    judge = ScriptedModel("1. supported\n2. supported")
    answer_of(make(judge))
    (asked,) = judge.asked
    evidence, _, statements = asked[1]["content"].partition("Statements:\n")
    assert statements == "1. The river rose by two metres. [2]\n2. Rain fell in Peshawar on Monday. [1]\n"
    assert "Forty bridges" not in evidence and "The river rose by two metres." in evidence


@pytest.mark.parametrize(
    ("judge", "why"),
    [
        (ScriptedModel("", error=ModelUnavailable("The model 'j' refused the key. Check it")), "The model 'j' refused"),
        (ScriptedModel("All of them are fine."), "its reply does not judge each statement"),
        (ScriptedModel("1. supported"), "its reply does not judge each statement"),
        (ScriptedModel("1.", pause_s=30), "the model did not answer in time"),
    ],
)
def test_a_judge_that_fails_leaves_the_answer_as_it_is(make: Make, judge: ScriptedModel, why: str) -> None:
    began = time.monotonic()
    answer = answer_of(make(judge, deadline_s=0.6))
    assert time.monotonic() - began < 3
    assert supports(answer) == ["supported", "unsupported", "supported"]
    assert answer.notes[0].startswith(f"The second check of this answer could not be made: {why}")


def test_what_is_mended_is_judged_as_it_then_stands(make: Make) -> None:
    judge = ScriptedModel("1. supported\n2. supported\n3. supported")
    repairer = Repairer(ScriptedModel("1. Forty bridges were closed [3]."))
    answer = answer_of(make(judge, repairer=repairer))
    assert supports(answer) == ["supported"] * 3
    assert "2. Forty bridges were closed. [3]" in judge.asked[0][1]["content"]
    names = [version.partition("-")[0] for version in (answer.prompt_version or "").split("+")]
    assert names == ["answer", "question", "repair", "statements", "judge", "statements"]


def test_answers_without_a_model_can_be_judged_too(data_dir: Path, embedder: MiniLM) -> None:
    judge = ScriptedModel("1. unsupported")
    parts = {"retriever": Fixed(), "judge": ModelJudge(judge)}
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()), **parts)
    answer = asyncio.run(service.ask("How many bridges were closed?"))
    service.close()
    assert len(judge.asked) == 1
    assert supports(answer) == ["unsupported"], answer.notes


def test_nothing_is_asked_when_the_prompt_would_be_too_long(make: Make) -> None:
    model = ScriptedModel("1. supported")
    answer = answer_of(make(ModelJudge(model, Budget(10))))
    assert model.asked == [] and "does not fit into its window" in answer.notes[0]


VERDICTS = [
    Verdict(Support.SUPPORTED),
    Verdict(Support.PARTLY, ("Only a part.",)),
    Verdict(Support.UNSUPPORTED, ("No.",)),
]
RANK = {Support.SUPPORTED: 2, Support.NO_CLAIM: 2, Support.PARTLY: 1, Support.UNSUPPORTED: 0}
LINES = st.sampled_from(
    ["1. supported\n", "2) partly - why\n", "**1**: UNSUPPORTED\n", "3. supported\n", "2. supported\n", "x\n"]
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(VERDICTS), max_size=3), st.lists(LINES, max_size=6).map("".join))
def test_no_reply_raises_a_verdict(verdicts: list[Verdict], reply: str) -> None:
    sentence = number_evidence([FLOODS])[0]
    before = [Checked(Draft((f"Rain fell {at} ", (1,))), (sentence,), one) for at, one in enumerate(verdicts)]
    try:
        judged = asyncio.run(ModelJudge(ScriptedModel(reply)).judge(before)).statements
    except ModelUnavailable:
        return
    assert [one.draft for one in judged] == [one.draft for one in before]
    for one, other in zip(before, judged, strict=True):
        assert RANK[other.verdict.support] <= RANK[one.verdict.support]
        assert set(one.verdict.problems) <= set(other.verdict.problems)
