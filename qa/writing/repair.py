"""Have the model write failing statements once more; its new statements are checked like any draft.

It is asked in the conversation of the answer, whose beginning a provider has read before and need not read again.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from prompts import load
from qa.checking.checked import CheckedStatement
from qa.checking.citations import Draft
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message, whole_reply
from qa.models import Usage
from qa.models.markers import markers_text
from qa.prompting.context import Context
from qa.prompting.evidence import prompt_safe
from qa.writing.leaks import Instructions
from qa.writing.writer import keyword_in

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
        self._request = load("repair")
        self.prompt_version = self._request.version

    async def repair(
        self, context: Context, written: Sequence[CheckedStatement], failing: Sequence[CheckedStatement]
    ) -> RepairResult:
        """Return new drafts of the failing ones of the statements that the model has written from a context.

        Nothing is asked when the prompt would exceed the budget. Raises a QAError when the model fails.
        """
        messages = self.messages(context, written, failing)
        if not await asyncio.to_thread(self._budget.holds, messages):
            return RepairResult({})
        reply, usage = await whole_reply(self._model, messages)
        instructions, drafts = Instructions(messages[0]["content"], context.nonce), _drafts(reply, failing)
        # What repeats the instructions, or says what is missing, is no statement that could take the old one's place.
        return RepairResult(
            {index: draft for index, draft in drafts.items() if _is_a_statement(draft, instructions)}, usage
        )

    def messages(
        self, context: Context, written: Sequence[CheckedStatement], failing: Sequence[CheckedStatement]
    ) -> list[Message]:
        """Return the prompt of the answer as it was, the answer, and each failing statement with its problem."""
        answer = "".join(checked.draft.separator + _with_markers(checked) for checked in written).strip()
        rows = [_row(number, checked) for number, checked in enumerate(failing, start=1)]
        request = self._request.render(withdrawn=WITHDRAWN, statements="\n".join(rows))
        return [*context.messages, {"role": "assistant", "content": answer}, {"role": "user", "content": request}]


def _is_a_statement(draft: Draft | None, instructions: Instructions) -> bool:
    return not draft or not (instructions.are_in(draft.text) or keyword_in(draft))


def _with_markers(checked: CheckedStatement) -> str:
    """Return a statement for a prompt, with the numbers of the evidence sentences behind it."""
    cited = markers_text(sentence.number for sentence in checked.cited)
    return f"{prompt_safe(checked.draft.text)} {cited}".rstrip()


def _row(number: int, checked: CheckedStatement) -> str:
    problems = " ".join(prompt_safe(problem.text) for problem in checked.result.problems)
    return f"{number}. {_with_markers(checked)}{'' if checked.cited else ' (no number)'}\n   Problem: {problems}"


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
