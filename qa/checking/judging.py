"""A second opinion on statements, by a model; it can only lower what the local check has found."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from prompts import load
from qa.checking.checked import WORTH, Checked
from qa.checking.grounding import Verdict
from qa.errors import ModelUnavailable
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message, whole_reply
from qa.llm.nonces import fence_of, new_nonce
from qa.markers import written
from qa.models import Support, Usage
from qa.prompting.evidence import EvidenceSentence, plain, shown

JUDGE_S = 15.0
"""So long an answer waits for the second opinion at most."""
_LINE = re.compile(
    r"^[^\w\n]*(\d{1,3})[^\w\n]+(supported|partly|unsupported)\b[^\S\n]*[ :.,*–—-]*(.*)$", re.MULTILINE | re.IGNORECASE
)
_MAX_REASON = 200


@dataclass(frozen=True)
class Judged:
    """The statements with their verdicts, some of them lower than before."""

    statements: tuple[Checked, ...]
    usage: Usage = field(default_factory=Usage)


class ModelJudge:
    """Asks a model once an answer whether the cited sentences bear its statements out."""

    def __init__(self, model: LanguageModel, budget: Budget | None = None) -> None:
        """Ask `model`, with prompts within `budget`."""
        self._model, self._budget = model, budget or Budget.of(None, 0)
        self._rules, self._statements = load("judge"), load("statements")
        self.prompt_version = f"{self._rules.version}+{self._statements.version}"

    async def judge(self, statements: Sequence[Checked]) -> Judged:
        """Return the statements as judged; those that are unsupported already, or claim nothing, are not asked about.

        Raises a QAError when the model fails, does not judge each, or cannot take the prompt.
        """
        asked = [at for at, one in enumerate(statements) if one.verdict.support in (Support.SUPPORTED, Support.PARTLY)]
        if not asked:
            return Judged(tuple(statements))
        messages = self.messages([statements[at] for at in asked])
        if not await asyncio.to_thread(self._budget.holds, messages):
            raise ModelUnavailable("the answer does not fit into its window")
        reply, usage = await whole_reply(self._model, messages)
        verdicts = _verdicts(reply)
        if set(verdicts) != set(range(1, len(asked) + 1)):
            raise ModelUnavailable("its reply does not judge each statement")
        judged = list(statements)
        for number, at in enumerate(asked, start=1):
            judged[at] = _lowered(judged[at], verdicts[number])
        return Judged(tuple(judged), usage)

    def messages(self, statements: Sequence[Checked]) -> list[Message]:
        """Return the prompt: the sentences that the statements cite, and the statements."""
        nonce = new_nonce()
        fence = fence_of(nonce)
        cited: dict[int, EvidenceSentence] = {row.number: row for one in statements for row in one.cited}
        evidence = shown([cited[number] for number in sorted(cited)], nonce)
        rows = [
            f"{number}. {plain(one.draft.plain)} {written(sorted({row.number for row in one.cited}))}"
            for number, one in enumerate(statements, start=1)
        ]
        asked = self._statements.render(fence=fence, evidence=evidence, statements="\n".join(rows))
        rules = self._rules.render(fence=fence, nonce=nonce)
        return [{"role": "system", "content": rules}, {"role": "user", "content": asked}]


def _verdicts(reply: str) -> dict[int, Verdict]:
    """Read the lines of a reply; the lowest verdict counts where a statement has several."""
    verdicts: dict[int, Verdict] = {}
    for match in _LINE.finditer(reply):
        number, support = int(match[1]), Support(match[2].lower())
        if number not in verdicts or WORTH[support] < WORTH[verdicts[number].support]:
            verdicts[number] = Verdict(support, (_said(support, match[3].strip()),))
    return verdicts


def _said(support: Support, reason: str) -> str:
    found = "says only a part of this" if support is Support.PARTLY else "does not say this"
    why = f": {plain(reason)[:_MAX_REASON].rstrip('.')}" if reason else ""
    return f"A second check found that the cited text {found}{why}."


def _lowered(checked: Checked, verdict: Verdict) -> Checked:
    if WORTH[verdict.support] >= WORTH[checked.verdict.support]:
        return checked
    return replace(checked, verdict=Verdict(verdict.support, (*checked.verdict.problems, *verdict.problems)))
