"""The second look: a model says whether the cited sentences bear statements out, in one call an answer.

It sees the statements, what they cite, the sentence before and the heading, other sentences that speak of the same, and
not the answer's own conversation: who reads a text anew judges it better than who has just written it.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ValidationError

from prompts import load
from qa.checking.attribution import Attribution
from qa.checking.checked import Checked
from qa.checking.grounding import Verdict
from qa.errors import ModelUnavailable
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message, whole_reply
from qa.llm.nonces import fence_of, new_nonce
from qa.markers import markers_in, written
from qa.models import Problem, ProblemCode, Support, Usage, Wishes
from qa.prompting.evidence import EvidenceSentence, inert, plain, shown
from qa.reader.reading import Words

LOOK_S = 20.0
"""So long an answer waits for the second look at most, once it is written."""
_LINE = re.compile(
    r"^[^\w\n]*(\d{1,3})[^\w\n]+(supported|partly|unsupported)\b[^\S\n]*[ :.,*–—-]*(.*)$", re.MULTILINE | re.IGNORECASE
)
_SEVERITY = {Support.SUPPORTED: 0, Support.PARTLY: 1, Support.UNSUPPORTED: 2}
_MAX_REASON = 200


class Judgement(BaseModel):
    """What the model says of one statement: `sentences` are the numbers of those that bear it out."""

    statement: int
    verdict: Literal[Support.SUPPORTED, Support.PARTLY, Support.UNSUPPORTED]
    sentences: list[int]
    reason: str


class Judgements(BaseModel):
    """The reply of a model that gives one of this shape; others write a line for each statement."""

    judgements: list[Judgement]


@dataclass(frozen=True)
class Looked:
    """The verdicts by the place of a statement among those asked about; a statement without one is not judged.

    `elsewhere` has the numbers of the sentences that bear one out, where it cites none of them.
    """

    verdicts: dict[int, Verdict]
    elsewhere: dict[int, tuple[int, ...]] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)


class SecondLook:
    """Asks a model once an answer whether the cited sentences bear its statements out."""

    def __init__(self, model: LanguageModel, budget: Budget, attribution: Attribution | None = None) -> None:
        """Ask `model`, with prompts within `budget`; `attribution` finds what bears statements out elsewhere."""
        self._model, self._budget, self._attribution = model, budget, attribution
        self._rules, self._statements = load("judge"), load("statements")
        self.prompt_version = f"{self._rules.version}+{self._statements.version}"

    def others(
        self, statements: Sequence[Checked], evidence: Sequence[EvidenceSentence], words: Words
    ) -> Sequence[EvidenceSentence]:
        """Return sentences that may bear statements out, whether they cite them or not."""
        return self._attribution.beside(statements, evidence, words) if self._attribution else ()

    async def look(
        self,
        statements: Sequence[Checked],
        evidence: Sequence[EvidenceSentence] = (),
        others: Sequence[EvidenceSentence] = (),
    ) -> Looked:
        """Return what the model says of each statement.

        `evidence` is all that the writer saw, `others` are those of it that speak of what the statements say. Raises a
        QAError when the model fails, judges none of them, or cannot take the prompt.
        """
        messages = self.messages(statements, evidence, others)
        if not await asyncio.to_thread(self._budget.holds, messages):
            raise ModelUnavailable("the answer does not fit into its window")
        reply, usage = await whole_reply(self._model, messages, Wishes(shape=Judgements))
        judged = {number - 1: said for number, said in _judged(reply).items() if 0 < number <= len(statements)}
        if not judged:
            raise ModelUnavailable("its reply judges no statement")
        elsewhere = {}
        for at, (verdict, numbers) in judged.items():
            cited = {sentence.number for sentence in statements[at].cited}
            if verdict.support is Support.SUPPORTED and numbers and not cited & set(numbers):
                elsewhere[at] = numbers
        return Looked({at: verdict for at, (verdict, _) in judged.items()}, elsewhere, usage)

    def messages(
        self,
        statements: Sequence[Checked],
        evidence: Sequence[EvidenceSentence],
        others: Sequence[EvidenceSentence] = (),
    ) -> list[Message]:
        """Return the prompt: what the statements cite, each with the sentence before it, the others, the statements."""
        nonce = new_nonce()
        fence = fence_of(nonce)
        read = {sentence.number: sentence for checked in statements for sentence in checked.cited}
        read |= {sentence.number: sentence for sentence in others}
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


def _judged(reply: str) -> dict[int, tuple[Verdict, tuple[int, ...]]]:
    """Read a reply of either form, with the numbers of the sentences that are said to bear a statement out.

    The lowest verdict counts where a statement has several.
    """
    judged: dict[int, tuple[Verdict, tuple[int, ...]]] = {}
    for said in _shaped(reply) or _lines(reply):
        kept = judged.get(said.statement)
        if not kept or _SEVERITY[said.verdict] > _SEVERITY[kept[0].support]:
            judged[said.statement] = Verdict(said.verdict, _said(said.verdict, said.reason)), tuple(said.sentences)
    return judged


def _shaped(reply: str) -> list[Judgement]:
    try:
        return Judgements.model_validate_json(reply[reply.find("{") : reply.rfind("}") + 1]).judgements
    except ValidationError:
        return []


def _lines(reply: str) -> Iterator[Judgement]:
    for match in _LINE.finditer(reply):
        number, support, rest = int(match[1]), Support(match[2].lower()), match[3].strip()
        yield Judgement(statement=number, verdict=support, sentences=markers_in(rest), reason=rest)


def _said(support: Support, reason: str) -> tuple[Problem, ...]:
    if support is Support.SUPPORTED:
        return ()
    partly = support is Support.PARTLY
    code = ProblemCode.PARTLY if partly else ProblemCode.NOT_BORNE_OUT
    found = "says only a part of this" if partly else "does not say this"
    why = f": {inert(plain(reason))[:_MAX_REASON].rstrip('.')}" if reason else ""
    return (Problem(code=code, text=f"A second look found that the cited text {found}{why}."),)
