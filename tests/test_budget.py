"""How prompts are counted: the same whatever their nonce, and not on the event loop, where others would wait for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PlainWords
from stub_model import BUDGET, ScriptedModel, hit_of

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder, Snapshot
from qa.checking.checked import CheckedStatement
from qa.checking.citations import Draft
from qa.checking.grounding import NOT_JUDGED, CheckResult
from qa.checking.second_look import SecondLook
from qa.llm.budget import Budget, Prompt
from qa.llm.model import budget_of
from qa.llm.nonces import masked, new_nonce
from qa.models import Support, Turn
from qa.models.errors import ModelUnavailable
from qa.prompting.context import Context
from qa.prompting.evidence import evidence_text, number_evidence
from qa.question.query import understand
from qa.question.rewriting import Rewriter
from qa.retrieval.retriever import Retrieval, Retriever
from qa.writing.repair import Repairer
from qa.writing.writer import Assignment, ModelWriter

HITS = [hit_of(f"{at}.txt", f"Report {at} says that it rained. The river rose by {at} metres.") for at in range(12)]
TASK = Assignment(understand("How far did it rise?"), Retrieval(), number_evidence(HITS), (), PlainWords())
CHECKED = CheckedStatement(
    Draft(("It rose ", (2,))), (TASK.evidence[1],), CheckResult(Support.UNCHECKED, (NOT_JUDGED,))
)
NONCES = ("00000000", "7f3a9c1e")


def fitting(budget: Budget, nonce: str) -> tuple[list[dict[str, str]], int]:
    """Return a prompt with its nonce masked, and how much of the evidence it holds."""
    try:
        context = ModelWriter(ScriptedModel(""), budget, nonce=lambda: nonce).context(TASK)
    except ModelUnavailable:
        return [], 0
    return masked(context.messages, "nonce"), len(context.evidence)


def test_what_fits_does_not_depend_on_the_nonce() -> None:
    """Else a replay would at times look for another prompt than the one that was recorded."""
    counted = budget_of("openai/gpt-4", 0)
    whole = counted.count(ModelWriter(ScriptedModel(""), BUDGET).context(TASK).messages)
    held = set()
    for room in range(whole - 300, whole + 40, 60):
        prompts = [fitting(replace(counted, room=room), nonce) for nonce in NONCES]
        assert prompts == prompts[:1] * len(NONCES)
        held.add(prompts[0][1])
    assert len(held) > 3 and max(held) == len(TASK.evidence)


def mended(budget: Budget) -> Awaitable[object]:
    messages = ({"role": "system", "content": ""},)
    return Repairer(ScriptedModel("1. It rose [2]."), budget).repair(
        Context(tuple(TASK.evidence), messages, "x"), [CHECKED], [CHECKED]
    )


def looked(budget: Budget) -> Awaitable[object]:
    return SecondLook(ScriptedModel("1. partly"), budget).judge([CHECKED])


def rewritten(budget: Budget) -> Awaitable[object]:
    turns = [Turn(question="How far did it rise?", answer="By two metres.")]
    return Rewriter(ScriptedModel("How far did it rise in May?"), budget).rewrite("And in May?", turns)


async def written(budget: Budget) -> None:
    async for _ in ModelWriter(ScriptedModel("It rose [2]."), budget).write(TASK):
        pass


@pytest.mark.parametrize("ask", [written, mended, looked, rewritten])
def test_no_prompt_is_counted_on_the_event_loop(ask: Callable[[Budget], Awaitable[object]]) -> None:
    on_the_loop: list[bool] = []

    def count(_: Prompt) -> int:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            on_the_loop.append(False)
        else:
            on_the_loop.append(True)
        return 1

    async def asked() -> None:
        await ask(Budget(10, count))

    asyncio.run(asked())
    assert on_the_loop and not any(on_the_loop)


def test_the_code_that_no_article_can_know_costs_a_twentieth_of_a_prompt_at_most(
    data_dir: Path, embedder: MiniLM
) -> None:
    query = understand("What will the US give to the police of Balochistan?")
    snapshot = Snapshot(DataFolder(data_dir).require_current())
    found = Retriever(embedder, 8).retrieve(snapshot, query)
    snapshot.close()
    evidence, count = number_evidence(found.hits), budget_of("openai/gpt-4o", 0).count
    whole, bare = ([{"content": evidence_text(evidence, code)}] for code in (new_nonce(), ""))
    assert 0 < count(whole) - count(bare) <= count(whole) / 20
