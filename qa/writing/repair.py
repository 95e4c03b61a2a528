"""Have the model write failing statements once more; whatever it writes is checked like any draft."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from prompts import load
from qa.checking.checked import Checked
from qa.checking.citations import Draft
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message, whole_reply
from qa.llm.nonces import fence_of
from qa.markers import written
from qa.models import Usage
from qa.prompting.context import Context
from qa.prompting.evidence import plain, shown

REPAIR_S = 15.0
"""So long the statements that wait to be mended are held back at most."""
WITHDRAWN = "WITHDRAWN"
_LINE = re.compile(r"^[^\S\n]*(?:#|\*\*)?(\d{1,3})[.:)]\**[^\S\n]+(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Mended:
    """New drafts by the place of the statement among the failing ones; None: the model takes it back."""

    drafts: dict[int, Draft | None]
    usage: Usage = field(default_factory=Usage)


class Repairer:
    """Asks the model that wrote the answer, once for all statements that fail."""

    def __init__(self, model: LanguageModel, budget: Budget) -> None:
        """Ask `model`, with prompts within `budget`."""
        self._model, self._budget = model, budget
        self._rules, self._statements = load("repair"), load("statements")
        self.prompt_version = f"{self._rules.version}+{self._statements.version}"

    async def mend(self, context: Context, failing: Sequence[Checked]) -> Mended:
        """Return what the model makes of the failing statements, given the evidence it wrote from.

        Nothing is asked when the prompt would exceed the budget. Raises a QAError when the model fails.
        """
        messages = self.messages(context, failing)
        if not await asyncio.to_thread(self._budget.holds, messages):
            return Mended({})
        reply, usage = await whole_reply(self._model, messages)
        return Mended(_drafts(reply, failing), usage)

    def messages(self, context: Context, failing: Sequence[Checked]) -> list[Message]:
        """Return the prompt: the evidence as it was shown for the answer, and each statement with its problems."""
        fence = fence_of(context.nonce)
        rules = self._rules.render(withdrawn=WITHDRAWN)
        rows = [_row(number, one) for number, one in enumerate(failing, start=1)]
        asked = self._statements.render(
            fence=fence, evidence=shown(context.evidence, context.nonce), statements="\n".join(rows)
        )
        return [{"role": "system", "content": rules}, {"role": "user", "content": asked}]


def _row(number: int, checked: Checked) -> str:
    cited = written(sentence.number for sentence in checked.cited)
    problems = " ".join(plain(problem.text) for problem in checked.verdict.problems)
    return f"{number}. {plain(checked.draft.plain)} {cited or '(no number)'}\n   Problem: {problems}"


def _drafts(reply: str, failing: Sequence[Checked]) -> dict[int, Draft | None]:
    """Read the lines of a reply; a line for no statement, and a second one for the same, count for nothing."""
    drafts: dict[int, Draft | None] = {}
    for match in _LINE.finditer(reply):
        at = int(match[1]) - 1
        if at not in drafts and 0 <= at < len(failing):
            withdrawn = match[2].strip(" .*_`") == WITHDRAWN
            draft = None if withdrawn else replace(Draft.parsed(match[2]), separator=failing[at].draft.separator)
            drafts[at] = draft
    return drafts
