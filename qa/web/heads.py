"""How long the head of a request may take: uvicorn waits for it for ever, and never closes a silent connection."""

import asyncio
import weakref
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS = 30.0


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
