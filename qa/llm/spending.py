"""Limit what the models may cost in a day: a file counts the cost of all, and no call begins once it is spent."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from qa.llm.model import LanguageModel, Message
from qa.models import NO_WISHES, Usage, Wishes
from qa.models.errors import BudgetSpent, QAError

_DAY_S = 86_400


class Purse:
    """The money spent on one day (UTC), in a file that processes share and that outlives them."""

    def __init__(self, file: Path, dollars: float, lock_s: float = 10) -> None:
        """Allow so many dollars a day; wait `lock_s` seconds for another process that writes down a cost."""
        self._file, self._dollars, self._lock_s = file, dollars, lock_s

    def require(self) -> None:
        """Raise BudgetSpent when nothing is left for today; calls under way go on."""
        if self.spent() >= self._dollars:
            error = BudgetSpent(
                f"The models have cost ${self._dollars:g} today, all that QA_BUDGET_DAY allows. Ask again after "
                "midnight UTC, or raise it"
            )
            error.retry_after = int(_DAY_S - time.time() % _DAY_S) + 1
            raise error

    def spent(self) -> float:
        """Return the dollars spent today."""
        try:
            account = json.loads(self._file.read_text(encoding="utf-8"))
            return float(account["dollars"]) if account["day"] == _today() else 0.0
        except FileNotFoundError:
            return 0.0
        except (OSError, ValueError, KeyError, TypeError):
            raise QAError(
                f"What was spent today cannot be read from {str(self._file)!r}. Correct or delete the file"
            ) from None

    def pay(self, usage: Usage) -> None:
        """Add the cost of a call; raise QAError where another holds the lock. It waits, so call it in a thread."""
        import filelock

        if not usage.cost:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        # Two processes that pay at the same time must not both add to the same sum.
        lock = self._file.with_suffix(".lock")
        try:
            with filelock.FileLock(lock, timeout=self._lock_s):
                draft = self._file.with_suffix(".new")
                draft.write_text(json.dumps({"day": _today(), "dollars": self.spent() + usage.cost}), encoding="utf-8")
                draft.replace(self._file)
        except filelock.Timeout:
            raise QAError(
                f"The cost of a call could not be written down: {str(lock)!r} is held for over {self._lock_s:g} s. "
                "See whether the disk answers, and stop the process that holds it"
            ) from None


class PaidModel:
    """A model whose calls are paid from a purse."""

    def __init__(self, model: LanguageModel, purse: Purse) -> None:
        """Ask `model`."""
        self.name = model.name
        self._model, self._purse = model, purse

    async def reply(self, messages: Sequence[Message], wishes: Wishes = NO_WISHES) -> AsyncGenerator[str | Usage, None]:
        """Yield what the model yields; raise BudgetSpent when the day's budget is spent.

        A reply without a price is an error too, for a budget that cannot be counted holds nobody back.
        """
        self._purse.require()
        async with aclosing(self._model.reply(messages, wishes)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Usage):
                    if piece.cost is None and piece.completion_tokens:
                        raise QAError(f"LiteLLM knows no price of {self.name!r}. Unset QA_BUDGET_DAY to use it")
                    # Paid before it is handed on: whoever reads the reply may stop here.
                    # Another process may hold the lock. What was spent counts even where nobody waits for it any more.
                    await asyncio.shield(asyncio.to_thread(self._purse.pay, piece))
                yield piece


def _today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())
