"""Have the model write failing statements once more; its new statements are checked like any draft."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from prompts import load
from qa.checking.checked import CheckedStatement
from qa.checking.citations import Draft
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message, whole_reply
from qa.llm.nonces import fence_of
from qa.models import Usage
from qa.models.markers import markers_text
from qa.prompting.context import Context
from qa.prompting.evidence import evidence_text, prompt_safe

REPAIR_S = 15.0
"""Statements that wait for the repair are held back so many seconds at most."""
WITHDRAWN = "WITHDRAWN"
_LINE = re.compile(r"^[^\S\n]*(?:#|\*\*)?(\d{1,3})[.:)]\**[^\S\n]+(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class RepairResult:
    """New drafts by the index of the statement among the failing ones; None where the model takes it back."""

    drafts: dict[int, Draft | None]
    usage: Usage = field(default_factory=Usage)


class Repairer:
    """Asks the model that wrote the answer, once for all statements that fail."""

    def __init__(self, model: LanguageModel, budget: Budget) -> None:
        """Ask `model`, with prompts within `budget`."""
        self._model, self._budget = model, budget
        self._rules, self._statements = load("repair"), load("statements")
        self.prompt_version = f"{self._rules.version}+{self._statements.version}"

    async def repair(self, context: Context, failing: Sequence[CheckedStatement]) -> RepairResult:
        """Return new drafts of the failing statements, given the evidence that the model wrote from.

        Nothing is asked when the prompt would exceed the budget. Raises a QAError when the model fails.
        """
        messages = self.messages(context, failing)
        if not await asyncio.to_thread(self._budget.holds, messages):
            return RepairResult({})
        reply, usage = await whole_reply(self._model, messages)
        return RepairResult(_drafts(reply, failing), usage)

    def messages(self, context: Context, failing: Sequence[CheckedStatement]) -> list[Message]:
        """Return the prompt: the evidence as it was shown for the answer, and each statement with its problems."""
        rows = [_row(number, checked) for number, checked in enumerate(failing, start=1)]
        question = self._statements.render(
            fence=fence_of(context.nonce),
            evidence=evidence_text(context.evidence, context.nonce),
            statements="\n".join(rows),
        )
        rules = self._rules.render(withdrawn=WITHDRAWN)
        return [{"role": "system", "content": rules}, {"role": "user", "content": question}]


def _row(number: int, checked: CheckedStatement) -> str:
    cited = markers_text(sentence.number for sentence in checked.cited)
    problems = " ".join(prompt_safe(problem.text) for problem in checked.result.problems)
    return f"{number}. {prompt_safe(checked.draft.text)} {cited or '(no number)'}\n   Problem: {problems}"


def _drafts(reply: str, failing: Sequence[CheckedStatement]) -> dict[int, Draft | None]:
    """Read the lines of a reply; a line for no statement, and a second one for the same, are ignored."""
    drafts: dict[int, Draft | None] = {}
    for match in _LINE.finditer(reply):
        index = int(match[1]) - 1
        # Models repeat themselves, and number what was not asked about.
        if index in drafts or not 0 <= index < len(failing):
            continue
        is_withdrawn = match[2].strip(" .*_`") == WITHDRAWN
        # The new words take the place of the old ones, in the same paragraph or list.
        separator = failing[index].draft.separator
        drafts[index] = None if is_withdrawn else replace(Draft.parsed(match[2]), separator=separator)
    return drafts
