"""Compare the files of a snapshot with its manifest: their sizes at once, their digests in a thread."""

import hashlib
import threading
from collections.abc import Mapping
from pathlib import Path

from index.errors import SnapshotBroken

Written = tuple[int, str]
"""A file in the manifest: its size in bytes, and its sha256 in hex."""
BLOCK = 1 << 20
WAITED_BYTES = 32 << 20
"""A file up to this size is waited for, which takes 0.1 s at most; a larger one is checked while questions go on."""
_LAST = "catalog.sqlite"
"""Its rows have digests of their own, so the other files come first."""


class FileCheck:
    """The check of the files in one folder; it begins at once, in a thread that ends with the check."""

    def __init__(self, folder: Path, files: Mapping[str, Written], waited_bytes: int = WAITED_BYTES) -> None:
        """Check all sizes, and begin with the digests; raise SnapshotBroken when a size is another one."""
        self._folder, self._files, self._waited_bytes = folder, dict(files), waited_bytes
        for name, (size, _) in self._files.items():
            if _size(folder / name) != size:
                raise broken(folder, name)
        self._done = {name: threading.Event() for name in self._files}
        self._damaged: str | None = None
        self._stopped = False
        order = sorted(self._files, key=lambda name: (name == _LAST, self._files[name][0]))
        threading.Thread(target=self._run, args=(order,), name="newsdesk-file-check", daemon=True).start()

    def _run(self, order: list[str]) -> None:
        for name in order:
            # A check that is stopped has read only a part, whose digest says nothing.
            if not self._stopped and self._sha256(name) != self._files[name][1] and not self._stopped:
                self._damaged = self._damaged or name
            # Also when stopped: whoever waits would wait for ever.
            self._done[name].set()

    def _sha256(self, name: str) -> str | None:
        digest = hashlib.sha256()
        try:
            with (self._folder / name).open("rb") as opened:
                while not self._stopped and (block := opened.read(BLOCK)):
                    digest.update(block)
        except OSError:
            return None
        return digest.hexdigest()

    def wait(self, part: str, *, whole: bool = False) -> None:
        """Wait until the files of `part`, a file or a folder, are checked; raise SnapshotBroken when one is damaged.

        A file that is too large to wait for goes on being checked, unless `whole` is set.
        """
        for name, (size, _) in self._files.items():
            if name.startswith(part) and (whole or size <= self._waited_bytes):
                self._done[name].wait()
        self.raise_damage()

    def raise_damage(self) -> None:
        """Raise SnapshotBroken when a file has turned out to be damaged by now."""
        if self._damaged:
            raise broken(self._folder, self._damaged)

    @property
    def is_done(self) -> bool:
        """Whether all files have been checked."""
        return all(done.is_set() for done in self._done.values())

    def close(self) -> None:
        """Check no further."""
        self._stopped = True


def broken(folder: Path, name: str) -> SnapshotBroken:
    """Return the error for a file that is not as it was written."""
    return SnapshotBroken(f"{name!r} of {str(folder)!r} is not as it was written. Run: newsdesk index")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return -1
