"""Events over HTTP: a comment where nothing is said for long, and nothing left running when the client goes."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from qa.models import Event, SearchEvent
from qa.models.errors import ModelUnavailable
from qa.web.streaming import BEAT, encode_events, start_events

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


def sent_pieces(
    pause_s: float, beat_s: float, error: bool = False, at_most: int = 100, waited_s: float | None = None
) -> list[bytes]:
    """What is written of a slow stream; with `waited_s`, its first event was waited for so long before."""

    async def collected() -> list[bytes]:
        pieces: list[bytes] = []
        events = slow(pause_s, error)
        stream = encode_events(
            events if waited_s is None else await start_events(events, waited_s),
            name,
            lambda found: str(found).encode(),
            beat_s,
        )
        async for piece in stream:
            pieces.append(piece)
            if len(pieces) == at_most:
                break
        await stream.aclose()
        return pieces

    LET_GO.clear()
    return asyncio.run(collected())


def test_a_silent_stream_beats() -> None:
    pieces = sent_pieces(pause_s=0.12, beat_s=0.05)
    assert [piece for piece in pieces if piece != BEAT] == [b"one", b"two"]
    assert pieces[0] == BEAT and pieces.count(BEAT) >= 2
    assert BEAT.startswith(b":") and BEAT.endswith(b"\n\n")


def test_a_stream_that_is_not_silent_does_not() -> None:
    assert sent_pieces(pause_s=0, beat_s=5) == [b"one", b"two"]


def test_an_error_is_the_last_event() -> None:
    assert sent_pieces(pause_s=0, beat_s=5, error=True) == [b"one", b"two", b"gone"]


def test_the_work_ends_when_the_client_goes_in_the_middle_of_a_wait() -> None:
    assert sent_pieces(pause_s=20, beat_s=0.02, at_most=2) == [BEAT, BEAT]
    assert LET_GO == [True]


def pieces_of(pause_s: float, at_most: int = 100) -> list[bytes]:
    return sent_pieces(pause_s, 0.03, error=True, at_most=at_most, waited_s=0.03)


def test_a_stream_that_waits_in_line_for_its_first_event_beats_too() -> None:
    pieces = pieces_of(pause_s=0.15)
    assert pieces[0] == BEAT
    assert [piece for piece in pieces if piece != BEAT] == [b"one", b"two", b"gone"]
    assert pieces_of(pause_s=0) == [b"one", b"two", b"gone"]


def test_a_client_that_goes_while_it_waits_in_line_is_let_go() -> None:
    assert pieces_of(pause_s=20, at_most=2) == [BEAT, BEAT]
    assert LET_GO == [True]


def test_an_early_error_is_raised_and_the_events_are_let_go() -> None:
    async def refused() -> AsyncGenerator[Event, None]:
        raise ModelUnavailable("no")
        yield

    async def stopped() -> None:
        waiting = asyncio.ensure_future(start_events(slow(20), 10))
        await asyncio.sleep(0.02)
        waiting.cancel()
        await asyncio.wait({waiting})

    with pytest.raises(ModelUnavailable):
        asyncio.run(start_events(refused()))
    LET_GO.clear()
    asyncio.run(stopped())
    assert LET_GO == [True]
