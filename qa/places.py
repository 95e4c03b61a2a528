"""The places at which questions are answered: so many at once; who waits for one too long is told to come back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from qa.errors import Overloaded


class Places:
    """At most `number` questions are answered at once, each within `deadline_s` seconds from when it is asked."""

    def __init__(self, number: int, deadline_s: float) -> None:
        """Begin with all places free."""
        self._free, self._deadline_s = asyncio.Semaphore(number), deadline_s

    @asynccontextmanager
    async def taken(self) -> AsyncGenerator[float, None]:
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
