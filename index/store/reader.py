"""Read access for a long-running process: it follows CURRENT, falls back from damage, and closes unused snapshots."""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from index.errors import EmbedderMismatch, SnapshotBroken
from index.store.files import file_stats
from index.store.snapshots import DataFolder, Snapshot

_LOG = logging.getLogger("newsdesk")
_IN_ITS_PLACE = (
    "The index is damaged: this comes from its newest snapshot that is whole, {}. To repair it, run: newsdesk doctor "
    "--repair"
)
_Key = tuple[str, tuple[tuple[str, int, int, int], ...]]
"""The name of a snapshot, and the stats of its files."""


class SnapshotReader:
    """Opens the snapshot in use for its readers; threads may share it."""

    def __init__(self, data: DataFolder, embedder_id: str | None = None) -> None:
        """Read from `data`; its vectors must be those of `embedder_id`, if that is given."""
        self._data = data
        self._embedder_id = embedder_id
        self._opening, self._lock = threading.Lock(), threading.Lock()  # the second is never held for long
        self._open: Snapshot | None = None
        self._opened_at: tuple[object, ...] = ()
        self._keys: dict[Snapshot, _Key] = {}
        self._damage: dict[_Key, str] = {}
        self._closed = False
        self._readers: dict[Snapshot, int] = {}

    @contextmanager
    def use(self, again: Snapshot | None = None) -> Iterator[Snapshot]:
        """Give the current snapshot for the length of the block, or `again` one that is in use already.

        Where the current one is damaged, the block gets the newest whole one, and its `notes` say so; a block that
        raises SnapshotBroken counts as damage. Raises NoSnapshot, SnapshotBroken or EmbedderMismatch.
        """
        snapshot = self._enter() if again is None else self._enter_again(again)
        try:
            yield snapshot
        except SnapshotBroken as damage:
            with self._lock:
                self._give_up(snapshot, damage)
            raise
        finally:
            with self._lock:
                self._readers[snapshot] -= 1
            self._close_unused()

    @contextmanager
    def use_checked(self) -> Iterator[Snapshot]:
        """Give a snapshot as `use` does, after all its files have been compared with its manifest."""
        with ExitStack() as checked:
            while True:
                with suppress(SnapshotBroken), self.use() as snapshot:
                    snapshot.check.wait("", whole=True)
                    # Before the first use ends: by then another thread may have opened the next snapshot.
                    checked.enter_context(self.use(snapshot))
                    break
                with self.use():
                    """Raises where no snapshot is left that may be whole; else the next one is tried."""
            yield snapshot

    def close(self) -> None:
        """Close the snapshots without readers; each other one closes when its readers are done."""
        with self._lock:
            self._open, self._closed = None, True
        self._close_unused()

    def _enter(self) -> Snapshot:
        snapshot = self._entered(self._state_now())
        if snapshot is None:
            # Look again under the lock: another thread may have opened it meanwhile. The state is taken before the
            # opening, so that a snapshot published during it is noticed at the next question.
            with self._opening:
                now = self._data.state()
                snapshot = self._entered(self._state_now()) or self._enter_new(self._opened(), now)
            self._close_unused()
        return snapshot

    def _state_now(self) -> tuple[object, ...]:
        """Return the state of the snapshot in use, and of the one that serves in its place; any change alters it."""
        # Read once: another thread may give it up between the two uses.
        served = self._open
        beside = file_stats(self._data.snapshots / served.name) if served and served.notes else ()
        return (*self._data.state(), *beside)

    def _entered(self, now: tuple[object, ...]) -> Snapshot | None:
        """Enter the open snapshot; return None where it is damaged, or the one in use has changed since."""
        with self._lock:
            if self._open is None or self._opened_at != now:
                return None
            try:
                self._open.check.raise_damage()
            except SnapshotBroken as damage:
                self._give_up(self._open, damage)
                return None
            self._readers[self._open] += 1
            return self._open

    def _enter_new(self, snapshot: Snapshot, now: tuple[object, ...]) -> Snapshot:
        with self._lock:
            # After `close` a question still gets the snapshot that it waited for, which is not kept open.
            beside = self._keys[snapshot][1] if snapshot.notes else ()
            self._open, self._opened_at = None if self._closed else snapshot, (*now, *beside)
            self._readers[snapshot] = 1
        return snapshot

    def _enter_again(self, snapshot: Snapshot) -> Snapshot:
        with self._lock:
            self._readers[snapshot] += 1
        return snapshot

    def _opened(self) -> Snapshot:
        """Open the snapshot in use; where it is damaged, the newest of the others that is whole."""
        try:
            return self._opened_whole(self._data.require_current())
        except SnapshotBroken as damage:
            # The damaged one is tried again, which costs nothing: its damage is remembered by the stats of its files.
            for folder in self._data.newest_first():
                with suppress(SnapshotBroken, EmbedderMismatch):
                    snapshot = self._opened_whole(folder)
                    snapshot.notes = (_IN_ITS_PLACE.format(snapshot.name),)
                    _LOG.warning("%s Snapshot %s is used in its place.", damage, snapshot.name)
                    return snapshot
            raise

    def _opened_whole(self, folder: Path) -> Snapshot:
        """Open a snapshot; raise SnapshotBroken also where its files are as they were when they proved damaged."""
        key = (folder.name, file_stats(folder))
        if reason := self._damage.get(key):
            raise SnapshotBroken(reason)
        try:
            snapshot = self._data.open(folder)
        except SnapshotBroken as damage:
            self._damage[key] = str(damage)
            raise
        if self._embedder_id and snapshot.manifest.embedder != self._embedder_id:
            snapshot.close()
            raise EmbedderMismatch(
                f"The index was built with the embedder {snapshot.manifest.embedder!r}, but QA_EMBEDDER asks for "
                f"{self._embedder_id!r}. Run: newsdesk index"
            )
        self._keys[snapshot] = key
        return snapshot

    def _give_up(self, snapshot: Snapshot, damage: SnapshotBroken) -> None:
        """Do not open a snapshot again until its files have changed; the caller holds `_lock`."""
        self._damage[self._keys[snapshot]] = str(damage)
        if self._open is snapshot:
            self._open = None

    def _close_unused(self) -> None:
        with self._lock:
            unused = [
                snapshot for snapshot, readers in self._readers.items() if not readers and snapshot is not self._open
            ]
            for snapshot in unused:
                del self._readers[snapshot], self._keys[snapshot]
        # Outside the lock, which each question takes: to close a snapshot may take long.
        for snapshot in unused:
            snapshot.close()
