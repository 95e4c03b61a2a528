"""A uvicorn server that prints its address, closes silent connections, and finishes its answers when it stops.

uvicorn itself waits for the head of a request for ever, never closes a silent connection, waits for open pages when it
stops, and takes no second SIGTERM.
"""

import asyncio
import gc
import socket
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS = 30.0
"""Seconds that a connection may be idle."""
_HEARTBEAT = "/gradio_api/heartbeat/"
"""The stream that a page holds open; it brings no answer."""


class Server(uvicorn.Server):
    """A server that prints its address once it listens."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address
        self.cut_off = False
        """Whether an answer was under way when the server ended."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the address."""
        await super().startup(sockets)
        # All that is loaded by now stays: a full collection that looks through it stops a search for 50 to 90 ms.
        # The process is the server's alone; within another program the app leaves the collector as it is.
        gc.collect()
        gc.freeze()
        print(f"Newsdesk is at {self._address}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connection, and let the answers under way end within the time they have."""
        # A page holds its heartbeat open for as long as it is shown, so waiting for it would never end.
        for connection in list(self.server_state.connections):
            scope = getattr(connection, "scope", None) or {}
            if scope.get("path", "").startswith(_HEARTBEAT):
                connection.transport.close()
        # uvicorn takes those that end out of its set, and cancels those that do not.
        under_way = list(self.server_state.tasks)
        await super().shutdown(sockets)
        self.cut_off = any(task.cancelling() or not task.done() for task in under_way)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal; at a second signal do not wait for answers."""
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)


def protocol(seconds: float = HEAD_SECONDS) -> Callable[..., asyncio.Protocol]:
    """Return a factory of uvicorn's protocol that closes a connection after so many seconds without a request.

    After a response it may be twice as many.
    """

    def make(**parts: Any) -> asyncio.Protocol:
        connection = AutoHTTPProtocol(**parts)
        # A weak reference: the timer must not keep a connection alive that has been closed.
        _look_later(weakref.ref(connection), None, seconds)
        return connection

    return make


def _look_later(connection: Callable[[], Any], idle: object, seconds: float) -> None:
    asyncio.get_running_loop().call_later(seconds, _look, connection, idle, seconds)


def _look(connection: Callable[[], Any], idle: object, seconds: float) -> None:
    """Close a connection whose last request is still the one at the last look, `idle`; else look again."""
    protocol = connection()
    # A connection that became a websocket has another protocol, which looks after itself.
    if protocol is None or protocol.transport.is_closing() or protocol.transport.get_protocol() is not protocol:
        return
    under_way = protocol.cycle is not None and not protocol.cycle.response_complete
    if not under_way and protocol.cycle is idle:
        protocol.transport.close()
    else:
        # The first look after a response sees a request that it has not seen before, and waits once more.
        _look_later(connection, connection if under_way else protocol.cycle, seconds)
