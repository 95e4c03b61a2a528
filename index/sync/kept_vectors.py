"""Vectors of passages that are not published yet: an indexer that is stopped goes on where it was.

They lie in one SQLite file in the data folder, outside the snapshots, from the first batch until the snapshot that
holds them is published.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from index.embedding.embedders import Sentences

_FILE = "unpublished-vectors.sqlite"
_SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, passage BLOB NOT NULL, sentences BLOB NOT NULL)"


class Kept(NamedTuple):
    """The vector of a passage as float32, and those of its sentences as float16, row-major."""

    passage: bytes
    sentences: bytes


def key(embedder: str, passage: Sentences) -> bytes:
    """Return what vectors are kept by: a digest of what the embedder reads, and of its id, which names its version."""
    text, spans = passage
    return hashlib.sha256(repr((embedder, text, [tuple(span) for span in spans])).encode("utf-8", "replace")).digest()


class KeptVectors:
    """The file while an indexer is at work; a file that was damaged is begun anew."""

    def __init__(self, root: Path) -> None:
        """Open the file in the data folder `root`, or make it."""
        self._file = root / _FILE
        try:
            self._open()
        except sqlite3.DatabaseError:
            sweep(root)
            self._open()

    def _open(self) -> None:
        self._db = sqlite3.connect(self._file)
        # What a process has written outlives it without waiting for the disk; after a power cut some is made again.
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(_SCHEMA)

    def get(self, keys: Iterable[bytes]) -> list[Kept | None]:
        """Return what is kept by each key, and None where nothing is."""
        found = []
        for one in keys:
            try:
                row = self._db.execute("SELECT passage, sentences FROM vectors WHERE key = ?", (one,)).fetchone()
            except sqlite3.DatabaseError:
                row = None
            found.append(Kept(*row) if row else None)
        return found

    def put(self, keys: Sequence[bytes], vectors: Sequence[Kept]) -> None:
        """Keep vectors; once this returns, they outlive the process."""
        rows = ((one, *kept) for one, kept in zip(keys, vectors, strict=True))
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def count(root: Path) -> int:
    """Return how many passages have vectors that are kept in the data folder and not published yet."""
    if not (root / _FILE).is_file():
        return 0
    try:
        with closing(sqlite3.connect(root / _FILE)) as opened:
            return int(opened.execute("SELECT count(*) FROM vectors").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0


def sweep(root: Path) -> None:
    """Delete what is kept: it is published."""
    for file in root.glob(f"{_FILE}*"):
        file.unlink(missing_ok=True)
