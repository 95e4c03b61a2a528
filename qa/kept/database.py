"""The SQLite file of what is kept; each call opens it, so that no thread holds it and a deleted file is made anew.

It is in the data folder, in WAL mode, so that several servers may share it, and has the mode 0600. What is deleted is
overwritten (`secure_delete`), and the log that SQLite keeps beside the file is cut once it is written back.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

MOST_ANSWERS, MOST_BYTES = 10_000, 200_000_000
"""Answers kept at most, and their JSON in bytes; the oldest go first. The file may be a tenth larger."""
BUSY_S = 5.0
"""So long a call waits for another process that writes."""
MOST_FEEDBACK = 10_000
"""So many verdicts are kept; no further one is taken then, for the old ones are waiting to be read."""
_ONLY_ITS_OWNER = 0o600
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON;
PRAGMA journal_size_limit = 1000000;
CREATE TABLE IF NOT EXISTS answers (
    id TEXT PRIMARY KEY, asker TEXT NOT NULL, at REAL NOT NULL, size INTEGER NOT NULL, answer TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (at, size);
CREATE TABLE IF NOT EXISTS feedback (
    answer TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, feedback TEXT NOT NULL, PRIMARY KEY (answer, kind)
);
"""


class Row(NamedTuple):
    """What is kept, as JSON, and since when, in seconds since 1970."""

    at: float
    json: str


class Database:
    """The file; its calls block, and raise sqlite3.Error or OSError when it cannot be used."""

    def __init__(
        self, file: Path, most_answers: int = MOST_ANSWERS, most_bytes: int = MOST_BYTES, busy_s: float = BUSY_S
    ) -> None:
        """Keep at most so many answers, of so many bytes together; nothing is made before something is kept."""
        self.file, self._most, self._busy_s = file, (most_answers, most_bytes), busy_s

    def keep(self, identity: str, asker: str, row: Row) -> None:
        """Keep an answer of whoever asked; the oldest make room for it."""
        values = (identity, asker, row.at, len(row.json.encode()), row.json)
        with self._opened() as connection:
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", values)
            self._make_room(connection)

    def read(self, identity: str, asker: str, since: float) -> Row | None:
        """Return an answer, None when there is none of that id and asker that was given after `since`."""
        if not self.file.exists():
            return None
        with self._opened() as connection:
            query = "SELECT at, answer FROM answers WHERE id = ? AND asker = ? AND at > ?"
            found = connection.execute(query, (identity, asker, since)).fetchone()
        return Row(*found) if found else None

    def sweep(self, since: float) -> None:
        """Delete the answers that were not given after `since`."""
        if self.file.exists():
            with self._opened() as connection:
                connection.execute("DELETE FROM answers WHERE at <= ?", (since,))

    def take(self, identity: str, kind: str, row: Row) -> bool:
        """Keep feedback on an answer, in place of what was said of this kind before; return whether there was room."""
        with self._opened() as connection:
            connection.execute("DELETE FROM feedback WHERE answer = ? AND kind = ?", (identity, kind))
            values = (identity, kind, *row, MOST_FEEDBACK)
            insert = "INSERT INTO feedback SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM feedback) < ?"
            return connection.execute(insert, values).rowcount == 1

    def feedback(self) -> list[str]:
        """Return all feedback as JSON, the oldest first; it stays when its answers go."""
        if not self.file.exists():
            return []
        with self._opened() as connection:
            return [text for (text,) in connection.execute("SELECT feedback FROM feedback ORDER BY at")]

    def clear_feedback(self) -> int:
        """Delete all feedback; return how much there was."""
        if not self.file.exists():
            return 0
        with self._opened() as connection:
            return connection.execute("DELETE FROM feedback").rowcount

    def _make_room(self, connection: sqlite3.Connection) -> None:
        """Delete the oldest answers until the others are not too many."""
        while True:
            number, size = connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM answers").fetchone()
            if number <= self._most[0] and size <= self._most[1]:
                return
            oldest = "SELECT rowid FROM answers ORDER BY at, rowid LIMIT 1"
            connection.execute(f"DELETE FROM answers WHERE rowid = ({oldest})")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction."""
        os.close(os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _ONLY_ITS_OWNER))
        if self.file.stat().st_mode & 0o077:
            self.file.chmod(_ONLY_ITS_OWNER)
        with closing(sqlite3.connect(self.file, timeout=self._busy_s)) as connection:
            connection.executescript(_TABLES)
            with connection:
                yield connection
