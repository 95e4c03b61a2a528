"""Run work to its end and leave, without waiting for threads that outlive it.

To look for the name of a host cannot be broken off, and may take half a minute, longer than any deadline: asyncio waits
for such a thread before it lets an error go, and Python before it ends.
"""

import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

_T = TypeVar("_T")


class _Loop(asyncio.SelectorEventLoop):
    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Leave the threads to themselves."""


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Return what `work` returns, as asyncio.run does."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)


def leave(code: int) -> NoReturn:
    """End the process at once, with what it said written out."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
