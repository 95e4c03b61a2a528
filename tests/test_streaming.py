"""Events over HTTP: a comment where nothing is said for long, and nothing left running when the client goes."""

import asyncio
from collections.abc import AsyncGenerator

from qa.errors import ModelUnavailable
from qa.models import Event, SearchEvent
from qa.web.streaming import BEAT, written

LET_GO: list[bool] = []


async def slow(pause_s: float, error: bool = False) -> AsyncGenerator[Event, None]:
    try:
        for part in ("one", "two"):
            await asyncio.sleep(pause_s)
            yield SearchEvent(parts=(part,))
        if error:
            raise ModelUnavailable("gone")
    finally:
        LET_GO.append(True)


def name(event: Event) -> list[bytes]:
    assert isinstance(event, SearchEvent)
    return [event.parts[0].encode()]


def sent(pause_s: float, beat_s: float, error: bool = False, at_most: int = 100) -> list[bytes]:
    async def collected() -> list[bytes]:
        pieces: list[bytes] = []
        stream = written(slow(pause_s, error), name, lambda found: str(found).encode(), beat_s)
        async for piece in stream:
            pieces.append(piece)
            if len(pieces) == at_most:
                break
        await stream.aclose()
        return pieces

    LET_GO.clear()
    return asyncio.run(collected())


def test_a_silent_stream_beats() -> None:
    pieces = sent(pause_s=0.12, beat_s=0.05)
    assert [piece for piece in pieces if piece != BEAT] == [b"one", b"two"]
    assert pieces[0] == BEAT and pieces.count(BEAT) >= 2
    assert BEAT.startswith(b":") and BEAT.endswith(b"\n\n")


def test_a_stream_that_is_not_silent_does_not() -> None:
    assert sent(pause_s=0, beat_s=5) == [b"one", b"two"]


def test_an_error_is_the_last_event() -> None:
    assert sent(pause_s=0, beat_s=5, error=True) == [b"one", b"two", b"gone"]


def test_the_work_ends_when_the_client_goes_in_the_middle_of_a_wait() -> None:
    assert sent(pause_s=20, beat_s=0.02, at_most=2) == [BEAT, BEAT]
    assert LET_GO == [True]
