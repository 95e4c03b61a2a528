"""A full disk, reported in one sentence whichever library met it."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import DiskFull

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# With less free than this, any error is put down to the disk.
_ROOM = 1 << 20


@contextmanager
def full_disk_told(root: Path) -> Iterator[None]:
    """Raise DiskFull for any error that a full disk causes; tantivy and Chroma have errors of their own."""
    try:
        yield
    except Exception as error:
        if is_full(error) or shutil.disk_usage(root).free < _ROOM:
            raise DiskFull(
                f"The disk of {str(root)!r} is full. Nothing was changed, and questions go on being answered. Free "
                "some space, then run: newsdesk index"
            ) from error
        raise


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or one of its causes, is that of a full disk."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False
