"""The program as a process: its version, its exit codes, and its end, which waits for no thread.

A thread that resolves the name of a host cannot be stopped, and may take half a minute, longer than any deadline:
asyncio waits for it before it raises an error, and Python before it ends.
"""

import asyncio
import os
import sys
from collections.abc import Coroutine
from contextlib import suppress
from enum import IntEnum
from typing import Any, NoReturn, Self, TypeVar

_T = TypeVar("_T")
_M_ARENA_MAX = -8
"""The number of the option in malloc.h."""


class Exit(IntEnum):
    """What an exit code means, the same in all commands; where one fits, it is that of sysexits.h."""

    DONE = 0, "done"
    MISSED = (
        1,
        "`newsdesk eval`: a figure fails its threshold or the baseline, or a case ended in an error; `doctor`: all is "
        "not well",
    )
    FAILED = 2, "it could not be done; stderr says why, and what to do next"
    SKIPPED = (
        3,
        "`newsdesk index`: done, but some files were skipped, each with its reason; `newsdesk eval`: not run, for its "
        "cases, thresholds, baseline or settings are wrong",
    )
    DAMAGED = 4, "the index is damaged, and no snapshot of it is whole; stderr names the command that repairs it"
    USAGE = 64, "the command line is wrong: an unknown command or option, or an argument too few or too many"
    FAULT = 70, "a fault of the program itself; stderr holds the traceback"
    FULL = 74, "the disk is full; nothing was changed"
    LOCKED = 75, "another indexer is at work"
    INTERRUPTED = 130, "Ctrl-C ended it before it was done"
    UNREAD = 141, "nobody reads its output any more"
    TERMINATED = 143, "SIGTERM ended it before it was done"

    def __new__(cls, code: int, meaning: str = "") -> Self:
        """Return a code whose docstring is its meaning."""
        member = int.__new__(cls, code)
        member._value_, member.__doc__ = code, meaning
        return member


def version() -> str:
    """Return the version of Newsdesk; an empty text where it is not installed."""
    from importlib import metadata

    try:
        return metadata.version("newsdesk")
    except metadata.PackageNotFoundError:
        return ""


def share_arenas() -> None:
    """Have the threads of this process share two arenas of glibc's malloc (mallopt(3)); elsewhere do nothing.

    Else each thread that Chroma starts for an index leaves an arena behind, and a server whose articles change grows.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):  # another C library has no such call, or is no library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


class _Loop(asyncio.SelectorEventLoop):
    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Do not wait for the threads."""


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Return what `work` returns, as asyncio.run does."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)


def leave(code: int) -> NoReturn:
    """End the process at once, after writing out its buffered output."""
    # The end below writes out nothing by itself.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
