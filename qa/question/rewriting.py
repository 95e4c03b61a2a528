"""Have a model write a follow-up as a question that stands alone; only the search uses it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from prompts import load
from qa.language.terms import fold, words
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message, whole_reply
from qa.models import Turn, Usage
from qa.models.errors import ModelUnavailable, QAError
from qa.prompting.evidence import inert, prompt_safe
from qa.prompting.history import MAX_TURNS, history_text
from qa.question.query import Query

REWRITE_S = 10.0
"""A question waits so many seconds to be rewritten at most."""
_MAX_CHARS = 500
_NOT_REWRITTEN = "The model could not rewrite the follow-up; it was searched for together with what came before."


@dataclass(frozen=True)
class Rewriting:
    """A question that stands alone, and the usage of the call that wrote it."""

    text: str
    usage: Usage


@dataclass(frozen=True)
class Understood:
    """A question as it is searched for, with notes on its rewriting and the usage of that."""

    query: Query
    notes: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)


class Rewriter:
    """Asks a model to write follow-ups so that they stand alone."""

    def __init__(self, model: LanguageModel, budget: Budget) -> None:
        """Ask `model`, with prompts within `budget`."""
        self._model, self._budget = model, budget
        self._rules, self._question = load("rewrite"), load("follow_up")
        self.prompt_version = f"{self._rules.version}+{self._question.version}"

    async def rewrite(self, question: str, history: Sequence[Turn]) -> Rewriting:
        """Return the question as one that stands alone; raise a QAError when the model fails or makes something up."""
        turns = history_text(history[-MAX_TURNS:])
        messages = self.messages(prompt_safe(question), turns)
        if not await asyncio.to_thread(self._budget.holds, messages):
            raise ModelUnavailable("The question and the turns before it do not fit into the model's window")
        reply, usage = await whole_reply(self._model, messages)
        text = inert(prompt_safe(reply)).removeprefix("Question:").strip(" \"“”'")
        if not 0 < len(text) <= _MAX_CHARS or _is_made_up(text, f"{prompt_safe(question)} {turns}"):
            raise ModelUnavailable("The model did not rewrite the question, but wrote something else")
        return Rewriting(text, usage)

    def messages(self, question: str, history: str) -> list[Message]:
        """Return the prompt."""
        prompt = self._question.render(history=history, question=question)
        return [{"role": "system", "content": self._rules.text}, {"role": "user", "content": prompt}]


async def rewritten(rewriter: Rewriter | None, query: Query, history: Sequence[Turn], deadline: float) -> Understood:
    """Have a follow-up rewritten, in half of the time until the deadline: the other half is the search's.

    Where that fails, or there is no rewriter, it leans on the turns before. The deadline is by the loop's clock.
    """
    if not (rewriter and query.carried):
        return Understood(query)
    left = deadline - asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(min(REWRITE_S, left / 2)):
            rewriting = await rewriter.rewrite(query.question, history)
        return Understood(query.with_rewriting(rewriting.text), usage=rewriting.usage)
    except (QAError, TimeoutError):
        return Understood(query, (_NOT_REWRITTEN,))


def _is_made_up(text: str, source: str) -> bool:
    known = {fold(word).removesuffix("'s") for word in words(source)}
    # The first word has its capital anyway.
    named = [word for word in words(text)[1:] if word[0].isupper() or any(map(str.isdigit, word))]
    return any(fold(word).removesuffix("'s") not in known for word in named)
