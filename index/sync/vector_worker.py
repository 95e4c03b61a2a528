"""A process of its own for all work on Chroma's files, or with a Chroma server, while a snapshot is made.

Broken files can kill or hang the process that opens them, so the indexer never opens them itself. And Chroma takes a
second to import, which the process does while the indexer reads and embeds articles.
"""

import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import IndexingError, SnapshotBroken
from index.store.chroma import ChromaVectors, Row, StoredVectors, load
from index.store.chroma_server import WRITING_PATIENCE_S, Server, ServerCollection, ServerVectors, tidy
from index.store.files import copy_chroma
from index.store.snapshots import verify, verify_vectors

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

PATIENCE_S = 600.0
"""A step that takes longer than this hangs."""


class VectorWorker:
    """Commands to the process, carried out in order; each may fail at the command after it, or at `settle`."""

    def __init__(self) -> None:
        """Start nothing yet; a command may take `patience_s` seconds."""
        self.patience_s = PATIENCE_S
        self.process: subprocess.Popen[bytes] | None = None
        self._waiting = False

    def start(self) -> None:
        """Start the process unless it runs; it imports Chroma and waits."""
        if self.process and self.process.poll() is None:
            return
        self.close()
        self._connection, other_end = Pipe()
        # A file and no pipe: nobody reads it until the end, and a full pipe would block the process.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "index.sync.vector_worker", str(other_end.fileno())],
            pass_fds=[other_end.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )
        self._waiting = False
        # The process has the only one now, so `recv` fails once it has ended instead of waiting.
        other_end.close()

    def open(
        self, target: Path | ServerCollection, previous: Path | None, removed: Sequence[str], *, anew: bool = False
    ) -> None:
        """Begin the collection in `target`, from the one in `previous` without the passages `removed`.

        It is a copy, or, `anew` and in a server, built from the vectors of the old one: HNSW keeps deleted nodes for
        ever. A collection in a server may exist already, and loses nothing.
        """
        self._send("open", target, previous, list(removed), anew=anew)

    def add(self, rows: Sequence[Row], vectors: "Vectors") -> None:
        """Add passages with their vectors, row by row."""
        self._send("add", list(rows), vectors)

    def save(self) -> None:
        """Close the collection, whose files do not change any more."""
        self._send("save")
        self.settle()

    def verify(self, folder: Path, server: Server | None = None) -> None:
        """Check the snapshot in `folder`; raise SnapshotBroken with what is wrong with it."""
        self._send("verify", folder, server)
        self.settle()

    def verify_vectors(self, folder: Path, target: ServerCollection) -> None:
        """Check that the vectors of the snapshot in `folder` are all in `target`, which may be gone."""
        self._send("verify_vectors", folder, target)

    def tidy(self, server: Server, owner: str, ids_by_collection: Mapping[str, Collection[str]]) -> None:
        """Delete from the collections of `owner` in the server all passages but those in `ids_by_collection`."""
        self._send("tidy", server, owner, dict(ids_by_collection))
        self.settle()

    def settle(self) -> None:
        """Wait for the last command; raise its error, or SnapshotBroken when the process died or hangs."""
        if not self._waiting:
            return
        try:
            if not self._connection.poll(self.patience_s):
                raise SnapshotBroken(f"The work on the vectors took over {self.patience_s:g} s. Run: newsdesk index")
            error = self._connection.recv()
        except (EOFError, OSError):
            raise SnapshotBroken(self._last_words()) from None
        self._waiting = False
        if error:
            raise error

    def close(self) -> None:
        """End the process; commands before the last `settle` have been carried out."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self._connection.close()
            self._output.close()
            self.process = None

    def _send(self, name: str, *arguments: Any, **options: Any) -> None:
        self.start()
        # One command at a time: while it is carried out, the indexer embeds the next batch.
        self.settle()
        self._connection.send((name, arguments, options))
        self._waiting = True

    def _last_words(self) -> str:
        code = self.process.wait() if self.process else 0
        self._output.seek(0)
        lines = self._output.read().decode("utf-8", "replace").strip().splitlines()
        return f"The process that writes the vectors ended ({lines[-1] if lines else f'code {code}'})"


class _Collection:
    """The commands, as the process carries them out; their errors are sent back."""

    def __init__(self) -> None:
        self._vectors: StoredVectors | None = None

    def open(
        self, target: Path | ServerCollection, previous: Path | None, removed: list[str], *, anew: bool = False
    ) -> None:
        if previous and isinstance(target, Path) and not anew:
            copy_chroma(previous, target)
            self._vectors = ChromaVectors(target)
            self._vectors.delete(removed)
            return
        self._vectors = _created(target)
        if previous:
            # Opening writes, so the old collection is opened as a copy.
            with tempfile.TemporaryDirectory(dir=target.parent if isinstance(target, Path) else None) as copy:
                copy_chroma(previous, Path(copy) / "chroma")
                old = ChromaVectors(Path(copy) / "chroma")
                old.copy_to(self._vectors, removed)
                old.close()

    def add(self, rows: list[Row], vectors: "Vectors") -> None:
        assert self._vectors
        self._vectors.add(rows, vectors)

    def save(self) -> None:
        assert self._vectors
        self._vectors.finish()

    def verify(self, folder: Path, server: Server | None) -> None:
        try:
            verify(folder, server and _patient(server))
        except SnapshotBroken as error:
            raise SnapshotBroken(f"The new snapshot failed its check and was not published: {error}") from error

    def verify_vectors(self, folder: Path, target: ServerCollection) -> None:
        with closing(_created(target)) as vectors:
            vectors.count()  # a lost collection is made anew here, and then found to lack passages
        verify_vectors(folder, _patient(target.server))

    def tidy(self, server: Server, owner: str, ids_by_collection: dict[str, Collection[str]]) -> None:
        tidy(_patient(server), owner, ids_by_collection)


def _created(target: Path | ServerCollection) -> StoredVectors:
    if isinstance(target, Path):
        return ChromaVectors(target, create=True)
    return ServerVectors(ServerCollection(_patient(target.server), target.name), create=True)


def _patient(server: Server) -> Server:
    return replace(server, patience_s=WRITING_PATIENCE_S)


def _serve(connection: Connection) -> None:
    collection = _Collection()
    while True:
        try:
            name, arguments, options = connection.recv()
        except EOFError:
            return
        try:
            getattr(collection, name)(*arguments, **options)
        except (IndexingError, OSError) as error:
            connection.send(error)
        # Whatever it is, it is sent: the indexer waits for an answer.
        except Exception as error:
            connection.send(SnapshotBroken(f"The vectors cannot be written ({error!r}). Run: newsdesk index"))
        else:
            connection.send(None)


if __name__ == "__main__":
    load()  # ahead of the first command
    _serve(Connection(int(sys.argv[1])))
