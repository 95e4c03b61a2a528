"""A language model as a judge of answers, and how far it agrees with people.

LLM-as-a-judge (Zheng et al. 2023, arXiv 2306.05685). What it says is worth what its agreement with labelled answers is
worth, so no figure of a judge is given without it.
"""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from evals.errors import BadConfiguration
from evals.known.cases import Case
from evals.scoring.agreement import Agreement, cohens_kappa
from index.models import Record
from prompts import load
from qa.llm.model import LanguageModel, whole_reply
from qa.llm.nonces import fence_of, new_nonce
from qa.models import Answer, Status, Usage
from qa.models.errors import QAError
from qa.models.markers import MARKER

LABELLED = Path(__file__).parent.parent / "labelled.jsonl"
_ANSWERS = (Status.ANSWERED, Status.PARTIAL)


class Labelled(Record):
    """An answer that a person has graded."""

    question: str
    evidence: tuple[str, ...]
    answer: str
    right: bool


class Judge:
    """Grades answers by a language model."""

    def __init__(self, model: LanguageModel) -> None:
        """Ask `model`."""
        self._model = model
        self._prompt = load("grade")

    @property
    def name(self) -> str:
        """The name of the model."""
        return self._model.name

    async def judged(self, case: Case, answer: Answer) -> tuple[bool | None, Usage]:
        """Return whether an answer is right, and what asking cost; None for a question that articles do not answer.

        An abstention on a question that they answer is wrong, unasked. Raises a QAError when the model fails.
        """
        if not case.answerable:
            return None, Usage()
        if answer.status not in _ANSWERS:
            return False, Usage()
        question = " ".join((*case.earlier, case.question))
        quotes = [place.quote for fact in case.evidence for place in fact[:1]]
        return await self.grade(question, quotes, MARKER.sub("", answer.text))

    async def grade(self, question: str, evidence: Sequence[str], answer: str) -> tuple[bool | None, Usage]:
        """Return whether an answer is right by the evidence, and what asking cost; None when the reply does not say."""
        fence = fence_of(new_nonce())
        quotes = "\n".join(f"- {quote}" for quote in evidence)
        prompt = self._prompt.render(fence=fence, question=question, evidence=quotes, answer=answer)
        reply, usage = await whole_reply(self._model, [{"role": "user", "content": prompt}])
        said = reply.strip().strip('."*').lower()
        return {"right": True, "wrong": False}.get(said), usage


async def agreement(judge: Judge, labelled: Sequence[Labelled]) -> Agreement:
    """Return how far a judge agrees with the people who labelled answers; one that it does not grade is a disagreement.

    Raises a QAError when the model fails.
    """
    graded = [(await judge.grade(one.question, one.evidence, one.answer))[0] for one in labelled]
    said = [not one.right if verdict is None else verdict for verdict, one in zip(graded, labelled, strict=True)]
    return cohens_kappa([one.right for one in labelled], said)


def load_labelled(file: Path = LABELLED) -> list[Labelled]:
    """Return the labelled answers of a JSON Lines file; raise BadConfiguration when it cannot be read."""
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [Labelled.model_validate(row) for row in rows]
    except (OSError, ValueError, ValidationError) as error:
        raise BadConfiguration(f"The labelled answers {str(file)!r} cannot be read ({error}). Correct them") from None


def agreed(judge: Judge, labelled: Sequence[Labelled]) -> str:
    """Return in one sentence how far a judge agrees with people."""
    try:
        found = asyncio.run(agreement(judge, labelled))
    except QAError as error:
        return f"How far the judge {judge.name} agrees with people could not be measured: {error}"
    return f"The judge {judge.name} agrees with people on {found.n} labelled answers: {found}"
