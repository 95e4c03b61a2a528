"""The second look: a model says whether the cited sentences bear statements out, in one call an answer.

It sees the statements, what they cite, the sentence before and the heading, and not the answer's own conversation: who
reads a text anew judges it better than who has just written it.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from prompts import load
from qa.checking.checked import Checked
from qa.checking.grounding import Verdict
from qa.errors import ModelUnavailable
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message, whole_reply
from qa.llm.nonces import fence_of, new_nonce
from qa.markers import written
from qa.models import Problem, ProblemCode, Support, Usage
from qa.prompting.evidence import EvidenceSentence, inert, plain, shown

LOOK_S = 20.0
"""So long an answer waits for the second look at most, once it is written."""
_LINE = re.compile(
    r"^[^\w\n]*(\d{1,3})[^\w\n]+(supported|partly|unsupported)\b[^\S\n]*[ :.,*–—-]*(.*)$", re.MULTILINE | re.IGNORECASE
)
_SEVERITY = {Support.SUPPORTED: 0, Support.PARTLY: 1, Support.UNSUPPORTED: 2}
_MAX_REASON = 200


@dataclass(frozen=True)
class Looked:
    """The verdicts by the place of a statement among those asked about; a statement without one is not judged."""

    verdicts: dict[int, Verdict]
    usage: Usage = field(default_factory=Usage)


class SecondLook:
    """Asks a model once an answer whether the cited sentences bear its statements out."""

    def __init__(self, model: LanguageModel, budget: Budget | None = None) -> None:
        """Ask `model`, with prompts within `budget`."""
        self._model, self._budget = model, budget or Budget.of(None, 0)
        self._rules, self._statements = load("judge"), load("statements")
        self.prompt_version = f"{self._rules.version}+{self._statements.version}"

    async def look(self, statements: Sequence[Checked], evidence: Sequence[EvidenceSentence] = ()) -> Looked:
        """Return what the model says of each statement; `evidence` is all that the writer saw.

        Raises a QAError when the model fails, judges none of them, or cannot take the prompt.
        """
        messages = self.messages(statements, evidence)
        if not await asyncio.to_thread(self._budget.holds, messages):
            raise ModelUnavailable("the answer does not fit into its window")
        reply, usage = await whole_reply(self._model, messages)
        verdicts = {number - 1: said for number, said in _verdicts(reply).items() if 0 < number <= len(statements)}
        if not verdicts:
            raise ModelUnavailable("its reply judges no statement")
        return Looked(verdicts, usage)

    def messages(self, statements: Sequence[Checked], evidence: Sequence[EvidenceSentence]) -> list[Message]:
        """Return the prompt: what the statements cite, each with the sentence before it, and the statements."""
        nonce = new_nonce()
        fence = fence_of(nonce)
        read = {sentence.number: sentence for checked in statements for sentence in checked.cited}
        before = {sentence.number + 1: sentence for sentence in evidence}
        for number, sentence in list(read.items()):
            if (other := before.get(number)) and other.passage.id == sentence.passage.id:
                read.setdefault(other.number, other)
        rows = []
        for number, checked in enumerate(statements, start=1):
            cited = written(sorted({sentence.number for sentence in checked.cited}))
            rows.append(f"{number}. {plain(checked.draft.plain)} {cited}")
        material = shown([read[number] for number in sorted(read)], nonce)
        asked = self._statements.render(fence=fence, evidence=material, statements="\n".join(rows))
        return [{"role": "system", "content": self._rules.text}, {"role": "user", "content": asked}]


def _verdicts(reply: str) -> dict[int, Verdict]:
    """Read the lines of a reply; the lowest verdict counts where a statement has several."""
    verdicts: dict[int, Verdict] = {}
    for match in _LINE.finditer(reply):
        number, support = int(match[1]), Support(match[2].lower())
        if number not in verdicts or _SEVERITY[support] > _SEVERITY[verdicts[number].support]:
            verdicts[number] = Verdict(support, _said(support, match[3].strip()))
    return verdicts


def _said(support: Support, reason: str) -> tuple[Problem, ...]:
    if support is Support.SUPPORTED:
        return ()
    partly = support is Support.PARTLY
    code = ProblemCode.PARTLY if partly else ProblemCode.NOT_BORNE_OUT
    found = "says only a part of this" if partly else "does not say this"
    why = f": {inert(plain(reason))[:_MAX_REASON].rstrip('.')}" if reason else ""
    return (Problem(code=code, text=f"A second look found that the cited text {found}{why}."),)
