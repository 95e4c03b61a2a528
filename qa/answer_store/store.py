"""Stored answers for the event loop: one thread works at the file, so a read comes after the writes before it."""

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

from qa.answer_store.database import Database, Row
from qa.answer_store.records import Feedback, FeedbackKind, KeptAnswer
from qa.models import Answer
from qa.models.errors import AnswerNotFound, AnswersUnavailable

FILE = "answers.sqlite"
MOST_WAITING = 100
"""The most answers that wait to be written; further ones are not stored."""
# Seconds from one deletion of old answers to the next, for one call, and at the end for those that wait.
_SWEEP_S, _DEADLINE_S, _CLOSING_S = 600.0, 15.0, 2.0
_FULL = (
    "No more feedback can be taken, for 10,000 verdicts wait to be read. Tell who runs the service: `newsdesk feedback "
    "export` writes them out, `newsdesk feedback clear` makes room"
)
_LOG = logging.getLogger("newsdesk")
_T = TypeVar("_T")


class AnswerStore:
    """Stores answers for some hours, and gives each back to the one who asked."""

    def __init__(self, database: Database, hours: float, clock: Callable[[], float] = time.time) -> None:
        """Store answers for so many hours, 0: none. `clock` gives seconds since 1970."""
        self._database, self._seconds, self._clock = database, 3600 * hours, clock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="newsdesk-kept")
        self._slots = threading.BoundedSemaphore(MOST_WAITING)
        self._failing = False

    def keep(self, answer: Answer, asker: str) -> None:
        """Have an answer written without waiting for it. A failure is logged, once until writing works again."""
        if not self._seconds:
            return
        # The event loop must never wait for a disk.
        if not self._slots.acquire(blocking=False):
            self._log_failure(TimeoutError(f"{MOST_WAITING} answers wait to be written"))
            return
        try:
            self._pool.submit(self._write, answer, asker, self._clock())
        except RuntimeError:  # the server is stopping
            self._slots.release()

    async def answer(self, identity: str, asker: str) -> KeptAnswer:
        """Return the answer of this id that `asker` got.

        Raises AnswerNotFound when there is none or it is too old, and AnswersUnavailable when the file cannot be read.
        """
        row = await self._run(partial(self._database.read, identity, asker, self._expired_until()))
        try:
            answer = Answer.model_validate_json(row.json) if row else None
        # It is as good as none: the reader is told to ask again.
        except ValidationError:  # another version wrote it
            answer = None
        if row is None or answer is None:
            raise AnswerNotFound(self._not_found())
        return KeptAnswer(
            answered_at=_datetime(row.time), kept_until=_datetime(row.time + self._seconds), answer=answer
        )

    async def add_feedback(
        self, identity: str, asker: str, kind: FeedbackKind, text: str = "", earlier: Sequence[str] = ()
    ) -> None:
        """Store feedback of the one who got this answer, with the answer; it replaces feedback of the same kind.

        Raises as `answer` does, and AnswersUnavailable when there is no room.
        """
        answer = (await self.answer(identity, asker)).answer.model_copy(update={"hits": (), "articles": ()})
        now = self._clock()
        feedback = Feedback(given_at=_datetime(now), kind=kind, text=text, earlier=tuple(earlier), answer=answer)
        if not await self._run(
            partial(self._database.add_feedback, identity, kind, Row(now, feedback.model_dump_json()))
        ):
            raise AnswersUnavailable(_FULL)

    def _not_found(self) -> str:
        if not self._seconds:
            return "Answers are not kept here, for QA_KEEP_ANSWERS_H is 0. Ask the question again"
        hours = self._seconds / 3600
        return f"No answer that you got has that id, or it is older than {hours:g} hours. Ask the question again"

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Delete old answers, now and every ten minutes, for the length of the block; then write those that wait."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.wait({sweeping})
            with suppress(AnswersUnavailable):
                # There is one thread, so an empty call ends after all writes that wait.
                await self._run(lambda: None, _CLOSING_S)
            self._pool.shutdown(wait=False)

    async def _sweep(self) -> None:
        while True:
            with suppress(AnswersUnavailable):
                await self._run(partial(self._database.sweep, self._expired_until()))
            await asyncio.sleep(_SWEEP_S)

    def _expired_until(self) -> float:
        return self._clock() - self._seconds

    def _write(self, answer: Answer, asker: str, time: float) -> None:
        try:
            self._database.keep(answer.id, asker, Row(time, answer.model_dump_json()))
            self._failing = False
        except (sqlite3.Error, OSError) as error:
            self._log_failure(error)
        except Exception as error:  # nobody waits for this thread: any other error is logged here or nowhere
            self._log_failure(OSError(type(error).__name__))
        finally:
            self._slots.release()

    async def _run(self, call: Callable[[], _T], seconds: float = _DEADLINE_S) -> _T:
        try:
            async with asyncio.timeout(seconds):
                # A call that is late goes on in its thread; only the wait for it ends.
                return await asyncio.wrap_future(self._pool.submit(call))
        except (sqlite3.Error, OSError, RuntimeError) as error:  # a TimeoutError among them
            self._log_failure(error)
            raise AnswersUnavailable("What is kept of answers cannot be read now. Try again soon") from None

    def _log_failure(self, error: Exception) -> None:
        if not self._failing:
            why = str(error) or "it does not answer"
            _LOG.warning("Answers cannot be kept in %r: %s. See to its disk and rights", str(self._database.file), why)
        self._failing = True


def _datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
