"""Verdicts that come after the words: what `newsdesk ask` and `newsdesk chat` print of them, and how often."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest
from scripted import cited_answer, declined_answer
from stub_model import BUDGET, ScriptedModel, service_of

from evals.known.cases import Place
from index.embedding.embedders import MiniLM
from index.models import Scope
from qa.answer_draft import DECLINED, unchecked_note
from qa.checking.second_look import SecondLook
from qa.models import Event, Problem, ProblemCode, StatementEvent, Support, Turn, VerdictEvent
from qa.models.errors import ModelUnavailable
from qa.shell.chat import answer_text, print_answer
from qa.writing.writer import ModelWriter

QUESTION = "What did Ambassador Masood Khan say that Pakistan needs?"
REPLY = "Pakistan needs small arms [1]. Pakistan needs planes and small arms [1]. It needs small arms [1]."
PLACE = Place(path="a.txt", quote="The river rose.", start=4)
PENDING = Problem(code=ProblemCode.PENDING, text="It is being checked.")


def test_later_verdicts_are_printed_once_behind_the_text_which_is_printed_once(
    data_dir: Path, embedder: MiniLM, capsys: pytest.CaptureFixture[str]
) -> None:
    look = SecondLook(ScriptedModel("1. supported\n2. unsupported: the sentence is about arms"), BUDGET)
    service = service_of(data_dir, embedder, ModelWriter(ScriptedModel(REPLY), BUDGET), second_look=look)
    answer = asyncio.run(print_answer(service, QUESTION))
    service.close()
    out = capsys.readouterr().out
    assert out == f"{answer_text(answer)}\n"
    text, doubt, note, *_ = out.split("\n\n")
    assert text == answer.text == REPLY
    assert doubt.startswith("(unsupported: Pakistan needs planes and small arms [1].: A second look found")
    assert doubt.endswith("the sentence is about arms.)") and out.count("(unsupported:") == 1
    assert note == f"Note: {unchecked_note(1)}"


class BrokenOff:
    """A service that tells two statements, and the verdict on one of them, before it fails."""

    async def stream(self, question: str, _: Sequence[Turn] = (), **__: Scope) -> AsyncGenerator[Event, None]:
        answer = cited_answer(question, [("It rose.", PLACE), ("It rose far.", PLACE), ("It fell.", PLACE)])
        for statement in answer.statements:
            pending = statement.model_copy(update={"support": Support.UNCHECKED, "problems": (PENDING,)})
            yield StatementEvent(statement=pending, separator=" " if statement.start else "")
        yield VerdictEvent(index=0, support=Support.SUPPORTED)
        why = Problem(code=ProblemCode.NOT_BORNE_OUT, text="Its source is silent.")
        yield VerdictEvent(index=1, support=Support.UNSUPPORTED, problems=(why,))
        raise ModelUnavailable("It broke off")


def test_what_breaks_off_says_what_was_found_amiss_and_what_stayed_unchecked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ModelUnavailable):
        asyncio.run(print_answer(BrokenOff(), QUESTION))
    assert capsys.readouterr().out.split("\n\n") == [
        "It rose. [1] It rose far. [2] It fell. [3]",
        "(unsupported: It rose far. [2]: Its source is silent.)",
        f"Note: {unchecked_note(1)}\n",
    ]


def test_words_that_cite_nothing_are_said_to_be_no_answer_from_the_articles() -> None:
    said = "I cannot help with that."
    assert answer_text(declined_answer(QUESTION, said)).split("\n\n") == [said, f"Note: {DECLINED}"]
