"""The SQLite file of stored answers; each call opens it, so that a deleted file is made again.

It is in WAL mode, so that several servers may share it, and has the mode 0600. Deleted rows are overwritten
(`secure_delete`), and the log that SQLite keeps beside the file is cut once it is written back.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

MOST_ANSWERS, MOST_BYTES = 10_000, 200_000_000
"""The most answers, and the most bytes of their JSON; the oldest go first. The file may be a tenth larger."""
BUSY_S = 5.0
"""Seconds that a call waits for another process that writes."""
MOST_FEEDBACK = 10_000
"""The most rows of feedback. No further one is taken then, for the old ones wait to be read."""
_OWNER_ONLY = 0o600
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
    """A stored record as JSON, and when it was stored, in seconds since 1970."""

    time: float
    json: str


class Database:
    """The file; its calls block, and raise sqlite3.Error or OSError when it cannot be used."""

    def __init__(
        self, file: Path, most_answers: int = MOST_ANSWERS, most_bytes: int = MOST_BYTES, busy_s: float = BUSY_S
    ) -> None:
        """Keep at most so many answers, of so many bytes together. The file is made with the first of them."""
        self.file, self._most, self._busy_s = file, (most_answers, most_bytes), busy_s

    def keep(self, identity: str, asker: str, row: Row) -> None:
        """Store an answer for the one who asked; the oldest answers make room for it."""
        values = (identity, asker, row.time, len(row.json.encode()), row.json)
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", values)
            self._make_room(connection)

    def read(self, identity: str, asker: str, since: float) -> Row | None:
        """Return the answer of that id and asker that was stored after `since`; None when there is none."""
        if not self.file.exists():
            return None
        with self._transaction() as connection:
            query = "SELECT at, answer FROM answers WHERE id = ? AND asker = ? AND at > ?"
            row = connection.execute(query, (identity, asker, since)).fetchone()
        return Row(*row) if row else None

    def sweep(self, since: float) -> None:
        """Delete the answers that were stored at `since` or earlier."""
        if self.file.exists():
            with self._transaction() as connection:
                connection.execute("DELETE FROM answers WHERE at <= ?", (since,))

    def add_feedback(self, identity: str, kind: str, row: Row) -> bool:
        """Store feedback on an answer in place of earlier feedback of this kind; return whether there was room."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM feedback WHERE answer = ? AND kind = ?", (identity, kind))
            values = (identity, kind, *row, MOST_FEEDBACK)
            # Counted in the same statement: two processes that insert at once cannot both find the last place.
            insert = "INSERT INTO feedback SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM feedback) < ?"
            return connection.execute(insert, values).rowcount == 1

    def feedback(self) -> list[str]:
        """Return all feedback as JSON, the oldest first. It stays when its answers go."""
        if not self.file.exists():
            return []
        with self._transaction() as connection:
            return [text for (text,) in connection.execute("SELECT feedback FROM feedback ORDER BY at")]

    def clear_feedback(self) -> int:
        """Delete all feedback, and return how many rows there were."""
        if not self.file.exists():
            return 0
        with self._transaction() as connection:
            return connection.execute("DELETE FROM feedback").rowcount

    def _make_room(self, connection: sqlite3.Connection) -> None:
        """Delete the oldest answers until the others are not too many."""
        # One by one: as a rule one has come in, and one has to go.
        while True:
            number, size = connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM answers").fetchone()
            if number <= self._most[0] and size <= self._most[1]:
                return
            oldest = "SELECT rowid FROM answers ORDER BY at, rowid LIMIT 1"
            connection.execute(f"DELETE FROM answers WHERE rowid = ({oldest})")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        # Made here with its mode: SQLite would make it with that of the umask, open to others until it is changed.
        os.close(os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY))
        if self.file.stat().st_mode & 0o077:
            self.file.chmod(_OWNER_ONLY)
        with closing(sqlite3.connect(self.file, timeout=self._busy_s)) as connection:
            connection.executescript(_TABLES)
            with connection:
                yield connection
