"""When a statement is told: once it is complete at the model, whatever the model writes after it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
from stub_model import BUDGET, USAGE, ScriptedModel, number_of, service_of

from index.embedding.embedders import MiniLM
from qa.checking.second_look import SecondLook
from qa.models import DoneEvent, Event, StatementEvent, Support, Usage, VerdictEvent
from qa.writing.repair import Repairer
from qa.writing.writer import ModelWriter

QUESTION = "What money and training will the United States give to the Balochistan police?"
WORDS = "four new initiatives to support the Balochistan Police"


class Held(ScriptedModel):
    """Writes a whole line, and goes on only once it is let."""

    def __init__(self) -> None:
        super().__init__("")
        self.go_on = asyncio.Event()

    async def reply(self, messages: Sequence[dict[str, str]], *_: object) -> AsyncGenerator[str | Usage, None]:
        number = number_of(WORDS, messages[-1]["content"])
        yield f"The US is pursuing {WORDS} [{number}].\n"
        await self.go_on.wait()
        yield "It gives money."
        yield USAGE


@pytest.mark.parametrize("looks", [False, True])
def test_a_complete_statement_is_told_before_the_model_goes_on(data_dir: Path, embedder: MiniLM, looks: bool) -> None:
    held, other = Held(), ScriptedModel("1. supported")
    look = SecondLook(other, BUDGET) if looks else None
    service = service_of(
        data_dir, embedder, ModelWriter(held, BUDGET), repairer=Repairer(held, BUDGET), second_look=look
    )
    told: list[Event] = []

    async def heard() -> None:
        async with aclosing(service.stream(QUESTION)) as events:
            async for event in events:
                told.append(event)
                if isinstance(event, StatementEvent):
                    assert not other.asked
                    held.go_on.set()

    asyncio.run(heard())
    service.close()
    first = next(event for event in told if isinstance(event, StatementEvent))
    assert WORDS in first.statement.text and first.statement.support is Support.UNCHECKED
    assert [problem.code for problem in first.statement.problems] == ["pending" if looks else "not_judged"]
    assert len([event for event in told if isinstance(event, VerdictEvent)]) == looks
    assert isinstance(told[-1], DoneEvent)
    assert told[-1].answer.statements[0].support is (Support.SUPPORTED if looks else Support.UNCHECKED)
