"""A connection without a request is closed; one that is being answered is not."""

import asyncio
from typing import Any

import pytest
import uvicorn

from qa.web.server import protocol

WAIT_S = 0.2


async def slow(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer after three times as long as a head may take."""
    await asyncio.sleep(WAIT_S * 3)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"done"})


async def told(*sent: bytes) -> bytes:
    """Send pieces, one a moment, and return what comes until the connection is closed, which uvicorn would not do."""
    hasty: Any = protocol(WAIT_S)
    patient: dict[str, Any] = {"timeout_keep_alive": 3600, "lifespan": "off", "log_level": "critical"}
    server = uvicorn.Server(uvicorn.Config(slow, port=0, http=hasty, **patient))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = b""
    for piece in sent:
        writer.write(piece)
        await asyncio.sleep(WAIT_S / 4)
    try:
        async with asyncio.timeout(60):
            while more := await reader.read(4096):
                got += more
    finally:
        writer.close()
        server.should_exit = True
        await serving
    return got


REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("sent", [(), (b"GET / HT",), (b"GET / HTTP/1.1\r\n", *[b"X-A: a\r\n"] * 30)], ids=len)
def test_a_connection_without_a_whole_head_is_closed(sent: tuple[bytes, ...]) -> None:
    try:
        got = asyncio.run(told(*sent))
    except ConnectionError:
        return
    assert got == b""


def test_an_answer_takes_its_time_and_the_next_head_may_not() -> None:
    got = asyncio.run(told(REQUEST, b"GET"))
    assert got.startswith(b"HTTP/1.1 200 OK") and got.endswith(b"done")
