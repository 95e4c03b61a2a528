"""Whole answers kept in memory: the same question about the same articles costs nothing the second time."""

import asyncio
import hashlib
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Hashable, Iterator, Sequence
from contextlib import aclosing
from datetime import date
from functools import partial
from typing import Any

from index.corpus.freshness import stale_articles
from index.errors import SnapshotBroken
from index.models import EVERYTHING, Scope
from index.store.snapshots import Snapshot
from qa.answer_draft import difference_note
from qa.models import NO_WISHES, Answer, DoneEvent, Event, HitsEvent, Turn, Usage, Wishes
from qa.question.query import understand
from qa.service import QAService

MAX_BYTES = 64_000_000
"""The size of all answers kept, as JSON; in memory they take a few times as much."""
_STEPS = {"hits": "hits", "statement": "first_statement", "verdict": "looked", "done": "total"}
"""By event type, the step that its time is kept under."""


class AnswerCache:
    """The events of whole answers by key; the least recently used one is dropped first."""

    def __init__(self, answers: int, max_bytes: int = MAX_BYTES) -> None:
        """Keep at most so many answers, of so many bytes together."""
        self._answers, self._max_bytes = answers, max_bytes
        self._entries: OrderedDict[Hashable, tuple[int, tuple[Event, ...]]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> tuple[Event, ...] | None:
        """Return the events of an answer, None when it is not kept."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key][1]

    def put(self, key: Hashable, events: Sequence[Event]) -> None:
        """Keep the events of an answer, the last of which holds it whole."""
        size = len(events[-1].model_dump_json())
        self._drop(key)
        self._entries[key] = (size, tuple(events))
        self._bytes += size
        while self._entries and (len(self._entries) > self._answers or self._bytes > self._max_bytes):
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Hashable) -> None:
        size, _ = self._entries.pop(key, (0, ()))
        self._bytes -= size


class CachingService(QAService):
    """A service that gives an answer again when question, history, scope, snapshot, model, prompt and day are the same.

    White space makes no other question. An answer whose files have changed since is written again, so that its notes
    are those of today. An answer with a note is not kept, for the note may tell of a fault that passes, nor one that
    failed or was left before its end.
    """

    def __init__(self, *parts: Any, answers: int, clock: Callable[[], date] = date.today, **options: Any) -> None:
        """Keep at most so many answers; the rest is as for QAService."""
        super().__init__(*parts, **options)
        self._cache, self._clock = AnswerCache(answers), clock

    async def stream(
        self, question: str, history: Sequence[Turn] = (), wishes: Wishes = NO_WISHES, scope: Scope = EVERYTHING
    ) -> AsyncGenerator[Event, None]:
        """Yield the events of the answer, in the same order whether it is new or was kept; raises as QAService does."""
        began = time.monotonic()
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        async with self._searches.entered(self.snapshots.use(), deadline) as snapshot:
            key = self._key(snapshot, question, history, wishes, scope)
            cached = await self._fresh(snapshot, key, deadline)
        if cached:
            for event in _replayed(cached, understand(question, history).question, began):
                if isinstance(event, DoneEvent):
                    self._notify(event.answer)
                yield event
            return
        events: list[Event] = []
        async with aclosing(super().stream(question, history, wishes, scope)) as stream:
            async for event in stream:
                events.append(event)
                if (
                    isinstance(event, DoneEvent)
                    and _is_repeatable(event.answer)
                    # Between the look into the cache and the answer another snapshot may have been published.
                    and event.answer.snapshot == snapshot.name
                ):
                    self._cache.put(key, events)
                yield event

    async def _fresh(self, snapshot: Snapshot, key: Hashable, deadline: float) -> tuple[Event, ...] | None:
        """Return the events of a kept answer that is as good as a new one; None without any."""
        events = self._cache.get(key)
        if not events:
            return None
        is_fresh = partial(_is_fresh, snapshot, events)
        try:
            return events if await self._searches.run(is_fresh, deadline, self.snapshots.use(snapshot)) else None
        except SnapshotBroken:  # a new answer comes from a whole snapshot
            return None

    def _key(
        self, snapshot: Snapshot, question: str, history: Sequence[Turn], wishes: Wishes, scope: Scope
    ) -> Hashable:
        """Return a digest, for the turns may be longer than the answer."""
        turns = tuple((_spaced(turn.question), _spaced(turn.answer)) for turn in history)
        # A data folder that is deleted and made anew counts its snapshots from the beginning again.
        of_snapshot = (snapshot.name, snapshot.manifest.model_dump_json())
        asked = _spaced(question), turns, wishes, scope
        key = *asked, of_snapshot, self._writer.name, self._prompt_version(), self._clock()
        return hashlib.sha256(repr(key).encode("utf-8", "surrogatepass")).digest()


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _is_repeatable(answer: Answer) -> bool:
    """Return whether an answer would be the same the next time: its only notes are on articles that differ."""
    return set(answer.notes) <= set(map(difference_note, answer.differs))


def _is_fresh(snapshot: Snapshot, events: Sequence[Event]) -> bool:
    """Return whether the files behind the hits are as they were when the answer was made."""
    hits = [hit for event in events if isinstance(event, HitsEvent) for hit in event.hits]
    paths = dict.fromkeys(hit.passage.path for hit in hits)
    articles = map(snapshot.catalog.article, paths)
    stale = stale_articles(snapshot.corpus, filter(None, articles), snapshot.manifest.fields)
    return all(hit.since == stale.get(hit.passage.path) for hit in hits)


def _replayed(events: Sequence[Event], question: str, began: float) -> Iterator[Event]:
    """Yield kept events as those of a new answer, which costs nothing."""
    timings: dict[str, float] = {}
    for event in events:
        if step := _STEPS.get(event.type):
            timings.setdefault(step, round(time.monotonic() - began, 4))
        if isinstance(event, DoneEvent):
            new = {"id": uuid.uuid4().hex, "question": question, "usage": Usage(), "timings": timings, "cached": True}
            event = DoneEvent(answer=event.answer.model_copy(update=new))
        yield event
