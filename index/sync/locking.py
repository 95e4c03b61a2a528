"""One indexer at a time: a file lock, and a file that names its holder."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from index.errors import IndexLocked


@contextmanager
def writer_lock(root: Path) -> Iterator[None]:
    """Hold `<root>/writer.lock`; raise IndexLocked, naming the holder, when another process has it."""
    root.mkdir(parents=True, exist_ok=True, mode=0o750)
    holder = root / "writer.json"
    lock = filelock.FileLock(root / "writer.lock", timeout=0, mode=0o640)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise IndexLocked(
            f"{_holder(holder)} is indexing into {str(root)!r}. Wait for it to end, then run: newsdesk index"
        ) from None
    # Only the lock decides; the file beside it lets a second indexer say who has it.
    try:
        owner = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        }
        holder.write_text(json.dumps(owner), encoding="utf-8")
        yield
    finally:
        # While the lock is held: later the file may be that of the next holder.
        holder.unlink(missing_ok=True)
        lock.release()


def stale_holder(root: Path) -> str | None:
    """Return the process that left `writer.json` behind without the lock, which does no harm; None without one."""
    holder = root / "writer.json"
    if not holder.is_file():
        return None
    lock = filelock.FileLock(root / "writer.lock", timeout=0)
    try:
        with lock:
            return _holder(holder)
    except filelock.Timeout:
        return None


def _holder(file: Path) -> str:
    try:
        owner = json.loads(file.read_text(encoding="utf-8"))
        return f"Process {owner['pid']} on {owner['host']} (since {owner['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "Another process"
