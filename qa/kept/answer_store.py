"""The way from the event loop to what is kept: one thread works at the file, so what is read was written before."""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from pydantic import ValidationError

from qa.errors import AnswerNotFound, AnswersUnavailable
from qa.kept.database import Database, Row
from qa.kept.records import Feedback, KeptAnswer, Verdict
from qa.models import Answer

FILE = "answers.sqlite"
MOST_WAITING = 100
"""So many answers may wait to be written; further ones are not kept."""
_SWEEP_S, _DEADLINE_S, _CLOSING_S = 600.0, 15.0, 2.0
_FULL = (
    "No more feedback can be taken, for 10,000 verdicts wait to be read. Tell who runs the service: `newsdesk feedback "
    "export` writes them out, `newsdesk feedback clear` makes room"
)
_LOG = logging.getLogger("newsdesk")
_T = TypeVar("_T")


class AnswerStore:
    """Keeps answers for some hours, and gives one back to whoever asked."""

    def __init__(self, database: Database, hours: float, clock: Callable[[], float] = time.time) -> None:
        """Keep answers for so many hours, 0: none. `clock` gives seconds since 1970."""
        self._database, self._seconds, self._clock = database, 3600 * hours, clock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="newsdesk-kept")
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._failing = False

    def keep(self, answer: Answer, asker: str) -> None:
        """Have an answer written, soon and without waiting for it; a failure is logged, once until it works again."""
        if not self._seconds:
            return
        if not self._room.acquire(blocking=False):
            self._failed(TimeoutError(f"{MOST_WAITING} answers wait to be written"))
            return
        try:
            self._pool.submit(self._keep, answer, asker, self._clock())
        except RuntimeError:  # the server is stopping
            self._room.release()

    async def answer(self, identity: str, asker: str) -> KeptAnswer:
        """Return the answer with this id; raise AnswerNotFound when whoever asks now did not get it, or too long ago.

        Raises AnswersUnavailable when the file cannot be read.
        """
        row = await self._run(partial(self._database.read, identity, asker, self._oldest()))
        try:
            answer = Answer.model_validate_json(row.json) if row else None
        except ValidationError:  # another version wrote it
            answer = None
        if row is None or answer is None:
            raise AnswerNotFound(self._why_not)
        return KeptAnswer(answered_at=_time(row.at), kept_until=_time(row.at + self._seconds), answer=answer)

    async def take(self, identity: str, asker: str, kind: Verdict, text: str = "", earlier: Sequence[str] = ()) -> None:
        """Keep what whoever got this answer says of it, with the answer; the same kind again takes its place.

        Raises as `answer` does, and AnswersUnavailable when there is no room.
        """
        answer = (await self.answer(identity, asker)).answer.model_copy(update={"hits": (), "articles": ()})
        now = self._clock()
        said = Feedback(given_at=_time(now), kind=kind, text=text, earlier=tuple(earlier), answer=answer)
        if not await self._run(partial(self._database.take, identity, kind, Row(now, said.model_dump_json()))):
            raise AnswersUnavailable(_FULL)

    @property
    def _why_not(self) -> str:
        if not self._seconds:
            return "Answers are not kept here, for QA_KEEP_ANSWERS_H is 0. Ask the question again"
        hours = self._seconds / 3600
        return f"No answer that you got has that id, or it is older than {hours:g} hours. Ask the question again"

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Delete what is too old, now and every ten minutes, for the length of the block; then write what waits."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.wait({sweeping})
            with suppress(AnswersUnavailable):
                await self._run(lambda: None, _CLOSING_S)
            self._pool.shutdown(wait=False)

    async def _sweep(self) -> None:
        while True:
            with suppress(AnswersUnavailable):
                await self._run(partial(self._database.sweep, self._oldest()))
            await asyncio.sleep(_SWEEP_S)

    def _oldest(self) -> float:
        return self._clock() - self._seconds

    def _keep(self, answer: Answer, asker: str, at: float) -> None:
        try:
            self._database.keep(answer.id, asker, Row(at, answer.model_dump_json()))
            self._failing = False
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
        except Exception as error:  # nobody waits for this thread: what nobody foresaw is said here or nowhere
            self._failed(OSError(type(error).__name__))
        finally:
            self._room.release()

    async def _run(self, call: Callable[[], _T], seconds: float = _DEADLINE_S) -> _T:
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.wrap_future(self._pool.submit(call))
        except (sqlite3.Error, OSError, RuntimeError) as error:  # a TimeoutError among them
            self._failed(error)
            raise AnswersUnavailable("What is kept of answers cannot be read now. Try again soon") from None

    def _failed(self, error: Exception) -> None:
        if not self._failing:
            said = str(error) or "it does not answer"
            _LOG.warning("Answers cannot be kept in %r: %s. See to its disk and rights", str(self._database.file), said)
        self._failing = True


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
