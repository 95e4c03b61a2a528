"""A loopback endpoint that plays back bytes: whatever a model's server, or what stands before it, may do wrong."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from stub_model import USAGE


class End(Enum):
    """How a connection may end before its time."""

    CLOSE = auto()
    RESET = auto()


Step = bytes | float | End
"""Bytes are sent, seconds waited."""
Play = Sequence[Step]


@dataclass
class FaultyModel:
    """Plays one `plays` after the other, the last of them again and again, and notes what was asked."""

    base: str = ""
    plays: list[Play | Callable[[dict[str, Any]], Play]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    under_way: int = 0
    connections: int = 0
    let_go_at: float | None = None

    def play(self, *plays: Play | Callable[[dict[str, Any]], Play]) -> None:
        """Set what the next requests get, and forget those before."""
        self.plays = list(plays)
        self.requests, self.times, self.let_go_at = [], [], None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close the connection."""
        self.under_way += 1
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length:")[2].split("\r\n")[0])
                asked = json.loads(await reader.readexactly(length))
                self.requests.append(asked)
                self.times.append(time.monotonic())
                play = self.plays[min(len(self.requests), len(self.plays)) - 1]
                await self._play(play(asked) if callable(play) else play, reader, writer)
        finally:
            self.under_way -= 1
            writer.close()

    async def _play(self, steps: Play, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = asyncio.ensure_future(reader.read())
        try:
            for step in steps:
                if step is End.RESET:
                    writer.transport.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                    )
                    writer.transport.abort()
                    return
                if step is End.CLOSE:
                    return
                if isinstance(step, bytes):
                    writer.write(step)
                    await writer.drain()
                elif isinstance(step, float):
                    await asyncio.wait({gone}, timeout=step)
                if gone.done():
                    self.let_go_at = time.monotonic()
                    return
        except ConnectionError:
            self.let_go_at = time.monotonic()
            raise
        finally:
            gone.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await gone


@contextmanager
def faulty_model() -> Iterator[FaultyModel]:
    """Serve a faulty model on a free loopback port for the length of the block."""
    model, loop = FaultyModel(), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(model.serve, "127.0.0.1", 0))
    model.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def ended() -> None:
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    try:
        yield model
    finally:
        asyncio.run_coroutine_threadsafe(ended(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def head(status: int = 200, kind: str = "text/event-stream", *more: str) -> bytes:
    """Return the head of a response whose body ends with the connection."""
    lines = [f"HTTP/1.1 {status} Stub", f"Content-Type: {kind}", "Connection: close", *more]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def whole(status: int, body: str, kind: str = "application/json", *more: str) -> Play:
    """Return a response that is there at once."""
    return [head(status, kind, *more) + body.encode()]


def event(fields: dict[str, Any]) -> bytes:
    """Return one server-sent event of a completion."""
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "stub"}
    return f"data: {json.dumps(chunk | fields)}\n\n".encode()


def said(text: str | None) -> bytes:
    """Return the event that says a piece of text."""
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})


def finished(reason: str | None = "stop", delta: dict[str, Any] | None = None) -> bytes:
    """Return the events at the end of a completion."""
    tokens = {"prompt_tokens": USAGE.prompt_tokens, "completion_tokens": USAGE.completion_tokens, "total_tokens": 18}
    last = event({"choices": [{"index": 0, "delta": delta or {}, "finish_reason": reason}]})
    return last + event({"choices": [], "usage": tokens}) + b"data: [DONE]\n\n"


def stream(*texts: str, reason: str = "stop") -> Play:
    """Return a reply as it should be."""
    return [head(), *map(said, texts), finished(reason)]
