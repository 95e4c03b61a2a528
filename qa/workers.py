"""Threads for calls that may hang, and places that limit how many answers are made at once."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, nullcontext
from typing import Any, TypeVar

from qa.models.errors import Overloaded, QAError

_T = TypeVar("_T")
_HANGS = (
    "Nothing can be begun: what was begun for earlier questions hangs, and holds all {} threads. See whether the disk "
    "of the index and the servers in use answer; if they do, start Newsdesk again"
)


class Threads:
    """A pool of threads; a call that hangs keeps its thread, and new calls fail at once when all threads hang."""

    def __init__(self, name: str, late: Callable[[], QAError], number: int | None = None) -> None:
        """Begin with `number` threads, by default 4 more than there are cores; `late` makes the error of a deadline."""
        self._number = number or min(32, (os.cpu_count() or 1) + 4)
        self._pool = ThreadPoolExecutor(self._number, thread_name_prefix=name)
        self._late = late
        self._deadlines: dict[Future[Any], float] = {}

    async def run(
        self, call: Callable[[], _T], deadline: float, context: AbstractContextManager[Any] | None = None
    ) -> _T:
        """Return what `call` returns; `context` is entered before, and left when the call has ended, however late.

        Raises the error of `late` at the deadline, by the loop's clock, and Overloaded where no thread can be had.
        """
        with ExitStack() as stack:
            # Where no thread can be had, the context is left at once; else when the call has ended.
            stack.enter_context(context or nullcontext())
            future = self._submit(call, deadline)
            leave = stack.pop_all().close
        future.add_done_callback(lambda _: leave())
        return await self._result(future, deadline)

    @asynccontextmanager
    async def entered(self, context: AbstractContextManager[_T], deadline: float) -> AsyncGenerator[_T, None]:
        """Enter `context` in a thread; past the deadline, it is left as soon as it is entered. Raises as `run`."""
        entering = self._submit(context.__enter__, deadline)
        try:
            value = await self._result(entering, deadline)
        except BaseException:
            entering.add_done_callback(lambda done: _leave(context, done))
            raise
        try:
            yield value
        except BaseException as error:
            context.__exit__(type(error), error, error.__traceback__)
            raise
        context.__exit__(None, None, None)

    def _submit(self, call: Callable[[], _T], deadline: float) -> Future[_T]:
        now = asyncio.get_running_loop().time()
        # A call that runs on past its deadline hangs. A copy is looked through: other threads take entries out
        # meanwhile.
        if sum(future.running() and end < now for future, end in [*self._deadlines.items()]) >= self._number:
            raise Overloaded(_HANGS.format(self._number))
        try:
            future = self._pool.submit(call)
        except RuntimeError:  # it is closed
            raise Overloaded("The service is stopping. Try again soon") from None
        self._deadlines[future] = deadline
        future.add_done_callback(lambda _: self._deadlines.pop(future))
        return future

    async def _result(self, future: Future[_T], deadline: float) -> _T:
        try:
            async with asyncio.timeout_at(deadline):
                # What is cancelled at the deadline is the wait; a call that has begun runs on.
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise self._late() from None

    def close(self) -> None:
        """Begin no more calls; those under way end by themselves."""
        self._pool.shutdown(wait=False)


def _leave(context: AbstractContextManager[Any], entered: Future[Any]) -> None:
    if not entered.cancelled() and not entered.exception():
        context.__exit__(None, None, None)


class Places:
    """Lets at most `number` questions be answered at once, each within `deadline_s` seconds of being asked."""

    def __init__(self, number: int, deadline_s: float) -> None:
        """Begin with all places free."""
        self._free, self._deadline_s = asyncio.Semaphore(number), deadline_s

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[float, None]:
        """Wait for a place and hold it; give the deadline, by the loop's clock. Raises Overloaded when it comes."""
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        try:
            async with asyncio.timeout_at(deadline):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded(
                f"The answer could not be begun within {self._deadline_s:g} s: too many questions are being answered. "
                f"Ask again in {Overloaded.retry_after} s"
            ) from None
        try:
            yield deadline
        finally:
            self._free.release()
