"""Calls that hang: who waits for them is told at the deadline, and who comes after them at once."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from web_server import until

from index.errors import NoSnapshot
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from qa.models.errors import Overloaded, SearchTimeout
from qa.workers import Threads

SOON_S = 0.1


class Hang:
    """A call that ends when it is let go, and a context that notes whether it is entered."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.inside = self.left = 0

    def __call__(self) -> str:
        self.let_go.wait()
        return "done"

    @contextmanager
    def held(self, wait: bool = False) -> Iterator[str]:
        if wait:
            self()
        self.inside += 1
        try:
            yield "entered"
        finally:
            self.inside -= 1
            self.left += 1


@pytest.fixture
def hang() -> Iterator[Hang]:
    hang = Hang()
    yield hang
    hang.let_go.set()


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads("test", partial(SearchTimeout, "late"), 2)
    yield threads
    threads.close()


def soon() -> float:
    return asyncio.get_running_loop().time() + SOON_S


def test_what_a_call_holds_is_let_go_when_it_ends_however_late(hang: Hang, threads: Threads) -> None:
    async def late() -> None:
        with pytest.raises(SearchTimeout, match="late"):
            await threads.run(hang, soon(), hang.held())

    asyncio.run(late())
    assert hang.inside == 1
    hang.let_go.set()
    assert until(lambda: hang.inside == 0)


def test_after_close_nothing_is_begun_and_nothing_stays_held(hang: Hang, threads: Threads) -> None:
    async def begun() -> str:
        return await threads.run(hang, soon(), hang.held())

    threads.close()
    with pytest.raises(Overloaded, match="stopping"):
        asyncio.run(begun())
    assert hang.inside == 0


def test_where_calls_that_hang_hold_all_threads_the_next_is_told_before_they_end(hang: Hang, threads: Threads) -> None:
    async def one_after_another() -> str:
        for _ in range(2):
            with pytest.raises(SearchTimeout):
                await threads.run(hang, soon())
        with pytest.raises(Overloaded, match=r"holds all 2 threads.*See whether the disk"):
            await threads.run(hang, soon() + 60)
        hang.let_go.set()
        while True:
            try:
                return await threads.run(hang, soon() + 60)
            except Overloaded:  # until one of them has ended
                await asyncio.sleep(0.01)

    assert asyncio.run(one_after_another()) == "done"


def test_calls_that_are_only_slow_are_waited_for(hang: Hang, threads: Threads) -> None:
    async def crowd() -> list[str]:
        calls = [asyncio.ensure_future(threads.run(hang, soon() + 60)) for _ in range(6)]
        await asyncio.sleep(0)
        hang.let_go.set()
        return await asyncio.gather(*calls)

    assert asyncio.run(crowd()) == ["done"] * 6


def test_a_context_is_entered_and_left(hang: Hang, threads: Threads) -> None:
    async def within() -> tuple[str, int]:
        async with threads.entered(hang.held(), soon()) as given:
            return given, hang.inside

    assert asyncio.run(within()) == ("entered", 1)
    assert hang.inside == 0


@pytest.mark.parametrize("leaves", ["late", "gone"])
def test_a_context_entered_too_late_is_left_again(leaves: str, hang: Hang, threads: Threads) -> None:
    async def within() -> None:
        async with threads.entered(hang.held(wait=True), soon()):
            raise AssertionError("it was entered")

    async def given_up() -> None:
        task = asyncio.ensure_future(within())
        await asyncio.sleep(0.01)
        if leaves == "gone":
            task.cancel()
        with suppress(SearchTimeout, asyncio.CancelledError):
            await task
        assert not hang.inside
        hang.let_go.set()

    asyncio.run(given_up())
    assert until(lambda: hang.left == 1)
    assert hang.inside == 0


def test_an_error_of_entering_is_the_error(threads: Threads, tmp_path: Path) -> None:
    async def within() -> None:
        async with threads.entered(SnapshotReader(DataFolder(tmp_path), "none").use(), soon()):
            raise AssertionError("it was entered")

    with pytest.raises(NoSnapshot):
        asyncio.run(within())
