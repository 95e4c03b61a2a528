"""Ask every known question of the service that serves users: several at once, again and again, within a budget."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from evals.asking.journal import Journal
from evals.asking.judge import Judge
from evals.asking.outcomes import Outcome
from evals.errors import EvalError
from evals.known.cases import Case
from qa.models import Answer, Turn, Usage, history_of

Progress = Callable[[int, int], None]
"""Called with how many cases are done, and how many there are."""


class Asker(Protocol):
    """What answers questions: QAService, or a script of answers."""

    async def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Return the answer to a question, given the turns before it."""
        ...


@dataclass(frozen=True)
class Manner:
    """How cases are asked: how many at once, how often each, for how many US dollars in all, and what is kept."""

    concurrency: int = 1
    repeats: int = 1
    max_cost: float | None = None
    journal: Journal | None = None
    judge: Judge | None = None


class _Budget:
    """What was spent; a call whose price is not known cannot be held against a ceiling."""

    def __init__(self, most: float | None) -> None:
        self._most = most
        self._spent = 0.0

    def check(self) -> None:
        """Raise EvalError when all is spent."""
        if self._most is not None and self._spent >= self._most:
            raise EvalError(
                f"The run has cost ${self._spent:.4f}, and may cost ${self._most:g}. Raise --max-cost, and name the "
                "same --resume file to go on from the cases that are finished"
            )

    def add(self, usage: Usage) -> None:
        """Count a usage; raise EvalError when there is a ceiling and the price is not known."""
        if self._most is None or not (usage.prompt_tokens or usage.completion_tokens):
            return
        if usage.cost is None:
            raise EvalError("The price of the model is not known, so --max-cost cannot be kept to. Leave it out")
        self._spent += usage.cost


async def run(
    service: Asker, cases: Sequence[Case], progress: Progress = lambda *_: None, manner: Manner | None = None
) -> list[Outcome]:
    """Return the outcome of each case and repeat, the cases in order; an exception is the outcome of its case only.

    Raises EvalError when the run may cost no more, once the cases that are being asked are done.
    """
    manner = manner or Manner()
    asked = [(case, repeat) for repeat in range(manner.repeats) for case in cases]
    outcomes: dict[int, Outcome] = {}
    budget, left = _Budget(manner.max_cost), iter(enumerate(asked))

    stopped: list[EvalError] = []

    async def work() -> None:
        for at, (case, repeat) in left:
            try:
                budget.check()
                outcomes[at] = await _finished(service, case, repeat, manner, budget)
            except EvalError as error:
                stopped.append(error)
            if stopped:
                return
            progress(len(outcomes), len(asked))

    await asyncio.gather(*(work() for _ in range(manner.concurrency)))
    if stopped:
        raise stopped[0]
    return [outcomes[at] for at in range(len(asked))]


async def _finished(service: Asker, case: Case, repeat: int, manner: Manner, budget: _Budget) -> Outcome:
    """Return what came of a case, from the journal where it is finished."""
    blank = Outcome(case=case, repeat=repeat, error="it was not asked")
    if manner.journal is not None and (kept := manner.journal.kept(blank)):
        return kept
    try:
        answers = await _ask(service, case)
        usage = sum((answer.usage for answer in answers), start=Usage())
        judged = None
        if manner.judge:
            judged, spent = await manner.judge.judged(case, answers[-1])
            usage += spent
        outcome = Outcome(case=case, repeat=repeat, answer=answers[-1], judged=judged, usage=usage)
    except Exception as error:
        outcome = blank.model_copy(update={"error": f"{type(error).__name__}: {error}"})
    budget.add(outcome.usage)
    if manner.journal is not None:
        manner.journal.keep(outcome)
    return outcome


async def _ask(service: Asker, case: Case) -> list[Answer]:
    """Ask the earlier questions first, and hand their real answers on as the history of the next."""
    turns: list[Answer] = []
    for question in (*case.earlier, case.question):
        turns.append(await service.ask(question, history_of(turns)))
    return turns
