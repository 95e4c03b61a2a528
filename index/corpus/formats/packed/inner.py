"""What the readers of packed files share: how an inner file is read, and how much may be unpacked."""

import zlib
from collections.abc import Callable
from gzip import BadGzipFile, GzipFile
from io import BytesIO

from index.corpus.documents import Contents
from index.errors import UnreadableFile

Inner = Callable[[str, bytes], Contents]
"""Reads the bytes of an inner file by its name, or raises UnreadableFile, as for a file in the folder."""

MAX_UNPACKED = 64 * 1024 * 1024
_MAX_HEADERS = 256 * 1024
_BLOCK = 64 * 1024


class Allowance:
    """How many bytes may still be unpacked from one file."""

    def __init__(self, most: int = MAX_UNPACKED) -> None:
        """Begin with `most` bytes."""
        self._most = self._left = most

    def spend(self, size: int) -> None:
        """Take so many bytes; raise UnreadableFile when there are fewer left."""
        self._left -= size
        if self._left < 0:
            raise UnreadableFile(f"it unpacks to more than {self._most:,} bytes; cut it into smaller files")


class Bounded:
    """A stream whose reader gets no more than an allowance; it has the methods of a file that warcio calls."""

    def __init__(self, stream: BytesIO | GzipFile, allowance: Allowance) -> None:
        """Read from `stream`, on account of `allowance`."""
        self._stream, self._allowance = stream, allowance
        self._headers: int | None = None

    def expect_headers(self, expected: bool) -> None:
        """Bound what is read next if it is the headers of a record: a library may take any length for one line."""
        self._headers = _MAX_HEADERS if expected else None

    def read(self, size: int = _BLOCK) -> bytes:
        """Return up to `size` bytes; raise UnreadableFile when the allowance is spent, or the stream breaks off."""
        try:
            block = self._stream.read1(size)  # what comes before a break is had before the break raises
        except (EOFError, BadGzipFile, zlib.error):
            raise UnreadableFile("it is cut off or damaged") from None
        self._allowance.spend(len(block))
        if self._headers is not None:
            self._headers -= len(block)
            if self._headers < 0:
                raise UnreadableFile(f"the headers of a record are longer than {_MAX_HEADERS:,} bytes")
        return block

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()
