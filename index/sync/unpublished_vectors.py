"""Vectors of passages that are not published yet: an indexer that was stopped goes on from them.

They are in one SQLite file in the data folder, outside the snapshots, from the first batch until the snapshot with them
is published.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from index.embedding.embedders import Sentences

_FILE = "unpublished-vectors.sqlite"
_SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, passage BLOB NOT NULL, sentences BLOB NOT NULL)"


class PackedVectors(NamedTuple):
    """The vector of a passage as float32, and those of its sentences as float16, row-major."""

    passage: bytes
    sentences: bytes


def key(embedder: str, passage: Sentences) -> bytes:
    """Return the key of vectors: a digest of the text, its sentences, and the id of the embedder and its version."""
    text, spans = passage
    return hashlib.sha256(repr((embedder, text, [tuple(span) for span in spans])).encode("utf-8", "replace")).digest()


class UnpublishedVectors:
    """The open file; a damaged one is begun anew."""

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
        # Rows outlive the process without waiting for the disk; after a power cut some are computed again.
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(_SCHEMA)

    def get(self, keys: Iterable[bytes]) -> list[PackedVectors | None]:
        """Return the vectors with each key, and None where there are none."""
        result = []
        for identity in keys:
            try:
                query = "SELECT passage, sentences FROM vectors WHERE key = ?"
                row = self._db.execute(query, (identity,)).fetchone()
            # What cannot be read is made again.
            except sqlite3.DatabaseError:
                row = None
            result.append(PackedVectors(*row) if row else None)
        return result

    def put(self, vectors: Mapping[bytes, PackedVectors]) -> None:
        """Store vectors by key; once this returns, they outlive the process."""
        with self._db:
            rows = ((identity, *packed) for identity, packed in vectors.items())
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def count(root: Path) -> int:
    """Return the number of passages with vectors in the data folder that are not published yet."""
    if not (root / _FILE).is_file():
        return 0
    try:
        with closing(sqlite3.connect(root / _FILE)) as opened:
            return int(opened.execute("SELECT count(*) FROM vectors").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0


def sweep(root: Path) -> None:
    """Delete the vectors, which are published."""
    for file in root.glob(f"{_FILE}*"):
        file.unlink(missing_ok=True)
