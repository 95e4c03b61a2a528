"""uvicorn's server, which says where it is, closes silent connections, and finishes what is on its way when it stops.

uvicorn itself waits for the head of a request for ever, never closes a silent connection, waits for open pages when it
stops, and takes no second SIGTERM.
"""

import asyncio
import socket
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS = 30.0
_HEARTBEAT = "/gradio_api/heartbeat/"
"""The address of a stream that is open as long as a page is, and brings no answer."""


class Server(uvicorn.Server):
    """A server that says where it is once it listens."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address
        self.cut_off = False
        """Whether an answer was on its way when the server ended."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        print(f"Newsdesk is at {self._address}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connection, and let the answers on their way end within the time they have."""
        for connection in list(self.server_state.connections):
            scope = getattr(connection, "scope", None) or {}
            if scope.get("path", "").startswith(_HEARTBEAT):
                connection.transport.close()
        under_way = list(self.server_state.tasks)
        await super().shutdown(sockets)
        self.cut_off = any(task.cancelling() or not task.done() for task in under_way)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal; at a second one do not wait for answers."""
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)


def protocol(seconds: float = HEAD_SECONDS) -> Callable[..., asyncio.Protocol]:
    """Return what makes uvicorn's protocol for a connection, which is closed after so many seconds without a request.

    After a response it may be twice as many.
    """

    def made(**parts: Any) -> asyncio.Protocol:
        connection = AutoHTTPProtocol(**parts)
        _wait(weakref.ref(connection), None, seconds)
        return connection

    return made


def _wait(connection: Callable[[], Any], idle: object, seconds: float) -> None:
    asyncio.get_running_loop().call_later(seconds, _look, connection, idle, seconds)


def _look(connection: Callable[[], Any], idle: object, seconds: float) -> None:
    """Close a connection that has been idle since the last look, when its last request was `idle`; else look again."""
    there = connection()
    if there is None or there.transport.is_closing() or there.transport.get_protocol() is not there:
        return
    under_way = there.cycle is not None and not there.cycle.response_complete
    if not under_way and there.cycle is idle:
        there.transport.close()
    else:
        _wait(connection, connection if under_way else there.cycle, seconds)
