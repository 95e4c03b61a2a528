"""Answers over HTTP: server-sent events, and work that stops when its client has gone."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse

from index.errors import IndexingError
from qa.models import Event
from qa.models.errors import QAError

_T = TypeVar("_T")
BEAT_S = 15.0
"""Seconds without an event after which a comment is sent: proxies close connections that are silent for long."""
EVENTS = "text/event-stream"
_AN_EVENT = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["data"],
}
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {EVENTS: {"itemSchema": _AN_EVENT}}, "description": "server-sent events"}
}
"""The responses of a route that streams, for the reference; the schema is that of each event (OpenAPI 3.2)."""
BEAT = b": still at work\n\n"
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def server_event(data: str, event: str | None = None) -> bytes:
    """Return one server-sent event; `data` is JSON, so it holds no line break."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {data}\n\n".encode()


def event_stream(body: AsyncIterator[bytes]) -> StreamingResponse:
    """Return a response of server-sent events."""
    return StreamingResponse(body, media_type=EVENTS, headers=HEADERS)


async def start_events(events: AsyncGenerator[Event, None], beat_s: float = BEAT_S) -> AsyncGenerator[Event, None]:
    """Wait for the first event, and return all events; an error before the first is raised, and so has its status.

    After `beat_s` seconds the response begins without the first event, so that comments keep the connection open.
    """
    # A task, not a coroutine: the wait below must not cancel the answer when it ends without one.
    first = asyncio.ensure_future(anext(events))
    try:
        await asyncio.wait({first}, timeout=beat_s)
        if first.done():
            first.result()
    except BaseException:
        # The generator can be closed only when no step of it is running.
        first.cancel()
        await asyncio.wait({first})
        await events.aclose()
        raise
    return _chained(first, events)


async def _chained(first: Awaitable[Event], events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    async with aclosing(events):
        yield await first
        async for event in events:
            yield event


async def encode_events(
    events: AsyncGenerator[Event, None],
    write: Callable[[Event], list[bytes]],
    fail: Callable[[Exception], bytes],
    beat_s: float = BEAT_S,
) -> AsyncIterator[bytes]:
    """Yield the events as bytes, and a comment after each `beat_s` seconds without one; `fail` writes an error."""
    async with aclosing(events), aclosing(_with_beats(events, beat_s)) as beating:
        try:
            async for event in beating:
                for piece in write(event) if event else [BEAT]:
                    yield piece
        except (QAError, IndexingError) as error:
            yield fail(error)


async def _with_beats(events: AsyncGenerator[Event, None], beat_s: float) -> AsyncGenerator[Event | None, None]:
    """Yield the events, and None each time that so many seconds pass without one."""
    pending: asyncio.Task[Event | None] | None = None
    try:
        while True:
            # The same step is waited for again after a beat: another one would be a second call of a generator that is
            # running.
            pending = pending or asyncio.ensure_future(anext(events, None))
            await asyncio.wait({pending}, timeout=beat_s)
            if not pending.done():
                yield None
                continue
            event, pending = pending.result(), None
            if event is None:
                return
            yield event
    finally:
        if pending:
            pending.cancel()
            await asyncio.wait({pending})


class ClientGone(Exception):
    """The client closed the connection; nobody waits for the response."""


async def while_connected(request: Request, work: Awaitable[_T]) -> _T:
    """Return what `work` returns; cancel it and raise ClientGone when the client closes the connection."""
    task = asyncio.ensure_future(work)
    watcher = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone
        return task.result()
    finally:
        task.cancel()
        watcher.cancel()
        # Whatever is cancelled has to have ended, or its exception would be reported as never read.
        await asyncio.wait({task, watcher})


async def _gone(request: Request) -> None:
    # What comes before is the rest of the body, which nobody reads any more.
    while (await request.receive())["type"] != "http.disconnect":
        pass
