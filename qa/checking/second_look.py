"""The second look: a model judges whether the cited sentences bear statements out, in one call an answer.

Its prompt holds the statements, the sentences that they cite, each with the one before it and the heading, and other
sentences about the same; not the conversation in which the answer was written: a fresh reader judges better.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ValidationError

from prompts import load
from qa.checking.attribution import Attribution
from qa.checking.checked import CheckedStatement
from qa.checking.grounding import CheckResult
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message, whole_reply
from qa.llm.nonces import fence_of, new_nonce
from qa.models import Problem, ProblemCode, Support, Usage, Wishes
from qa.models.errors import ModelUnavailable
from qa.models.markers import markers_in, markers_text
from qa.prompting.evidence import EvidenceSentence, evidence_text, inert, prompt_safe
from qa.reader.reading import TermStatistics

SECOND_LOOK_S = 20.0
"""A written answer waits so many seconds for the second look at most."""
_LINE = re.compile(
    r"^[^\w\n]*(\d{1,3})[^\w\n]+(supported|partly|unsupported)\b[^\S\n]*[ :.,*–—-]*(.*)$", re.MULTILINE | re.IGNORECASE
)
_SEVERITY = {Support.SUPPORTED: 0, Support.PARTLY: 1, Support.UNSUPPORTED: 2}
_MAX_REASON = 200


class Judgement(BaseModel):
    """The model's verdict on one statement: `sentences` are the numbers of those that bear it out."""

    statement: int
    verdict: Literal[Support.SUPPORTED, Support.PARTLY, Support.UNSUPPORTED]
    sentences: list[int]
    reason: str


class Judgements(BaseModel):
    """The reply of a model that gives one of this shape; others write a line for each statement."""

    judgements: list[Judgement]


@dataclass(frozen=True)
class SecondLookResult:
    """The results by the index of a statement among those asked about; a statement without one is not judged.

    `elsewhere` has the numbers of the sentences that bear a statement out, where it cites none of them.
    """

    results: dict[int, CheckResult]
    elsewhere: dict[int, tuple[int, ...]] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)


class SecondLook:
    """Asks a model once an answer whether the cited sentences bear its statements out."""

    def __init__(self, model: LanguageModel, budget: Budget, attribution: Attribution | None = None) -> None:
        """Ask `model`, with prompts within `budget`; `attribution` finds the evidence that statements do not cite."""
        self._model, self._budget, self._attribution = model, budget, attribution
        self._rules, self._statements = load("judge"), load("statements")
        self.prompt_version = f"{self._rules.version}+{self._statements.version}"

    def related(
        self, statements: Sequence[CheckedStatement], evidence: Sequence[EvidenceSentence], statistics: TermStatistics
    ) -> Sequence[EvidenceSentence]:
        """Return evidence sentences that may bear statements out, whether the statements cite them or not."""
        return self._attribution.related(statements, evidence, statistics) if self._attribution else ()

    async def judge(
        self,
        statements: Sequence[CheckedStatement],
        evidence: Sequence[EvidenceSentence] = (),
        related: Sequence[EvidenceSentence] = (),
    ) -> SecondLookResult:
        """Return the model's verdict on each statement.

        `evidence` is all that the writer saw, `related` the part of it that is about the statements. Raises a QAError
        when the model fails, judges none of them, or cannot take the prompt.
        """
        messages = self.messages(statements, evidence, related)
        if not await asyncio.to_thread(self._budget.holds, messages):
            raise ModelUnavailable("the answer does not fit into its window")
        reply, usage = await whole_reply(self._model, messages, Wishes(shape=Judgements))
        judgements = {
            number - 1: judgement for number, judgement in _lowest(reply).items() if 0 < number <= len(statements)
        }
        if not judgements:
            raise ModelUnavailable("its reply judges no statement")
        elsewhere = {}
        for index, judgement in judgements.items():
            cited = {sentence.number for sentence in statements[index].cited}
            # Borne out, but by none of the sentences that it cites: the reader has to be led to the right one.
            if judgement.verdict is Support.SUPPORTED and judgement.sentences and not cited & set(judgement.sentences):
                elsewhere[index] = tuple(judgement.sentences)
        results = {index: _result(judgement) for index, judgement in judgements.items()}
        return SecondLookResult(results, elsewhere, usage)

    def messages(
        self,
        statements: Sequence[CheckedStatement],
        evidence: Sequence[EvidenceSentence],
        related: Sequence[EvidenceSentence] = (),
    ) -> list[Message]:
        """Return the prompt: the cited sentences, each with the one before it, the related ones, the statements."""
        nonce = new_nonce()
        by_number = {sentence.number: sentence for checked in statements for sentence in checked.cited}
        by_number |= {sentence.number: sentence for sentence in related}
        # A sentence may lean on the one before it, which is looked up by the number that follows its own.
        following = {sentence.number + 1: sentence for sentence in evidence}
        for number, sentence in list(by_number.items()):
            before = following.get(number)
            if before and before.passage.id == sentence.passage.id:
                by_number.setdefault(before.number, before)
        rows = []
        for number, checked in enumerate(statements, start=1):
            cited = markers_text(sorted({sentence.number for sentence in checked.cited}))
            rows.append(f"{number}. {prompt_safe(checked.draft.text)} {cited}")
        material = evidence_text([by_number[number] for number in sorted(by_number)], nonce)
        question = self._statements.render(fence=fence_of(nonce), evidence=material, statements="\n".join(rows))
        return [{"role": "system", "content": self._rules.text}, {"role": "user", "content": question}]


def _lowest(reply: str) -> dict[int, Judgement]:
    """Read a reply of either form; where a statement has several judgements, the first of the lowest verdict counts."""
    lowest: dict[int, Judgement] = {}
    for judgement in _from_json(reply) or _from_lines(reply):
        known = lowest.get(judgement.statement)
        if not known or _SEVERITY[judgement.verdict] > _SEVERITY[known.verdict]:
            lowest[judgement.statement] = judgement
    return lowest


def _from_json(reply: str) -> list[Judgement]:
    try:
        # From the first brace to the last: models put JSON into a fence, or a sentence around it.
        return Judgements.model_validate_json(reply[reply.find("{") : reply.rfind("}") + 1]).judgements
    except ValidationError:
        return []


def _from_lines(reply: str) -> Iterator[Judgement]:
    for match in _LINE.finditer(reply):
        number, support, rest = int(match[1]), Support(match[2].lower()), match[3].strip()
        yield Judgement(statement=number, verdict=support, sentences=markers_in(rest), reason=rest)


def _result(judgement: Judgement) -> CheckResult:
    if judgement.verdict is Support.SUPPORTED:
        return CheckResult(Support.SUPPORTED)
    partly = judgement.verdict is Support.PARTLY
    code = ProblemCode.PARTLY if partly else ProblemCode.NOT_BORNE_OUT
    verdict = "says only a part of this" if partly else "does not say this"
    # A model has written the reason with an article before its eyes, so it is as little trusted as the article.
    why = f": {inert(prompt_safe(judgement.reason))[:_MAX_REASON].rstrip('.')}" if judgement.reason else ""
    text = f"A second look found that the cited text {verdict}{why}."
    return CheckResult(judgement.verdict, (Problem(code=code, text=text),))
