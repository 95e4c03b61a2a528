"""Read access for a long-running process: follows CURRENT, and closes an old snapshot when its last reader is done."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import EmbedderMismatch
from index.store.snapshots import DataFolder, Snapshot


class SnapshotReader:
    """Hands out the snapshot in use; safe to share between threads."""

    def __init__(self, data: DataFolder, embedder_id: str) -> None:
        """Read from `data`, where vectors must be those of the embedder `embedder_id`."""
        self._data = data
        self._embedder_id = embedder_id
        self._opening, self._lock = threading.Lock(), threading.Lock()  # the second is never held for long
        self._open: Snapshot | None = None
        self._closed = False
        self._readers: dict[Snapshot, int] = {}

    @contextmanager
    def use(self, again: Snapshot | None = None) -> Iterator[Snapshot]:
        """Give the current snapshot for the length of the block, or `again` one that is in use.

        Raises NoSnapshot, SnapshotBroken or EmbedderMismatch.
        """
        snapshot = self._enter() if again is None else self._enter_again(again)
        try:
            yield snapshot
        finally:
            with self._lock:
                self._readers[snapshot] -= 1
            self._close_unused()

    def close(self) -> None:
        """Close what no reader is using; the rest closes when its readers are done."""
        with self._lock:
            self._open, self._closed = None, True
        self._close_unused()

    def _enter(self) -> Snapshot:
        snapshot = self._entered(self._data.require_current().name)
        if snapshot is None:
            with self._opening:
                snapshot = self._entered(self._data.require_current().name) or self._enter_new(self._opened())
            self._close_unused()
        return snapshot

    def _entered(self, name: str) -> Snapshot | None:
        """Enter the open snapshot, if that is its name."""
        with self._lock:
            if self._open is None or self._open.name != name:
                return None
            self._readers[self._open] += 1
            return self._open

    def _enter_new(self, snapshot: Snapshot) -> Snapshot:
        with self._lock:
            self._open = None if self._closed else snapshot
            self._readers[snapshot] = 1
        return snapshot

    def _enter_again(self, snapshot: Snapshot) -> Snapshot:
        with self._lock:
            self._readers[snapshot] += 1
        return snapshot

    def _opened(self) -> Snapshot:
        snapshot = Snapshot(self._data.require_current(), self._data.server, self._data.exact)
        if snapshot.manifest.embedder != self._embedder_id:
            snapshot.close()
            raise EmbedderMismatch(
                f"The index was built with the embedder {snapshot.manifest.embedder!r}, but QA_EMBEDDER asks for "
                f"{self._embedder_id!r}. Run: newsdesk index"
            )
        return snapshot

    def _close_unused(self) -> None:
        with self._lock:
            unused = [one for one, readers in self._readers.items() if not readers and one is not self._open]
            for snapshot in unused:
                del self._readers[snapshot]
        for snapshot in unused:
            snapshot.close()
