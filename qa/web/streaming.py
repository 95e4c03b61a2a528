"""Answers over HTTP: server-sent events, and work that stops when its client has gone."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse

from index.errors import IndexingError
from qa.errors import QAError
from qa.models import Event

_T = TypeVar("_T")
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def sent(data: str, event: str | None = None) -> bytes:
    """Return one server-sent event; `data` is JSON, so it holds no line break."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {data}\n\n".encode()


def event_stream(body: AsyncIterator[bytes]) -> StreamingResponse:
    """Return a response of server-sent events."""
    return StreamingResponse(body, media_type="text/event-stream", headers=HEADERS)


async def begun(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """Wait for the first event, so that an early error still has its status; return the events, that one included."""
    try:
        first = await anext(events)
    except BaseException:
        await events.aclose()
        raise
    return _chained(first, events)


async def _chained(first: Event, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    async with aclosing(events):
        yield first
        async for event in events:
            yield event


async def written(
    events: AsyncGenerator[Event, None],
    write: Callable[[Event], list[bytes]],
    fail: Callable[[Exception], bytes],
) -> AsyncIterator[bytes]:
    """Yield events as bytes; an error on the way becomes the last of them."""
    async with aclosing(events):
        try:
            async for event in events:
                for piece in write(event):
                    yield piece
        except (QAError, IndexingError) as error:
            yield fail(error)


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
        await asyncio.wait({task, watcher})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
