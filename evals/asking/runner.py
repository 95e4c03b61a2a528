"""Ask every known question of the service that serves users, one after the other."""

from collections.abc import Callable, Sequence
from typing import Protocol, Self

from pydantic import Field, model_validator

from evals.known.cases import Case
from index.models import Record
from qa.models import Answer, Turn, history_of

Progress = Callable[[int, int], None]
"""Called with how many cases are done, and how many there are."""


class Asker(Protocol):
    """What answers questions: QAService, or a script of answers."""

    async def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Return the answer to a question, given the turns before it."""
        ...


class Outcome(Record):
    """What came of asking a case: an answer, or the error that stood in its way."""

    case: Case
    answer: Answer | None = None
    error: str | None = None
    repeat: int = Field(default=0, ge=0, description="how often the case was asked before, in this run")
    judged: bool | None = Field(default=None, description="whether a judge found the answer right; None: not asked")

    @model_validator(mode="after")
    def _an_answer_or_an_error(self) -> Self:
        if (self.answer is None) == (self.error is None):
            raise ValueError(f"case {self.case.id!r} has either an answer or an error")
        return self


async def run(service: Asker, cases: Sequence[Case], progress: Progress = lambda *_: None) -> list[Outcome]:
    """Return the outcome of each case, in order; an exception becomes the outcome of its case, and the run goes on."""
    outcomes: list[Outcome] = []
    for case in cases:
        try:
            outcomes.append(Outcome(case=case, answer=await _ask(service, case)))
        except Exception as error:
            outcomes.append(Outcome(case=case, error=f"{type(error).__name__}: {error}"))
        progress(len(outcomes), len(cases))
    return outcomes


async def _ask(service: Asker, case: Case) -> Answer:
    """Ask the earlier questions first, and hand their real answers on as the history of the next."""
    turns: list[Answer] = []
    for question in (*case.earlier, case.question):
        turns.append(await service.ask(question, history_of(turns)))
    return turns[-1]
