"""Snapshots on disk: built beside the one in use, verified in a process of its own, published by rename, never changed.

    <root>/CURRENT              the name of the snapshot in use; replaced by rename
    <root>/writer.lock          one indexer at a time
    <root>/snapshots/000042/    manifest.json  catalog.sqlite  chroma/  lexical/

Chroma's files are neither crash-safe nor process-safe, so a published folder is only read. Opening it still writes to
its SQLite file, and tantivy takes a lock beside its own: a folder that cannot be written to is read through a private
copy of the two.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import Field, ValidationError

from index.catalog import Catalog
from index.errors import NoSnapshot, SnapshotBroken
from index.exact import ExactVectors
from index.files import CHROMA_DATABASE, altered_file, copy_chroma, copy_lexical
from index.lexical import LexicalIndex
from index.models import Record
from index.vectors import ChromaVectors

if TYPE_CHECKING:
    from index.embedding import Vectors

FORMAT = 2
KEPT_SNAPSHOTS = 2
EXACT_PASSAGES = 2000
"""Up to so many passages the dense leg compares every sentence; beyond, Chroma's HNSW index is worth its start."""
MIN_REACHABLE = 0.999


class Manifest(Record):
    """What a snapshot holds and how it was made."""

    format: int = FORMAT
    embedder: str
    dimension: int
    ingest: str = Field(description="digest of the code that reads, cleans and chunks")
    articles: int
    passages: int
    tombstones: int = Field(default=0, description="passages deleted from Chroma since it was built anew")
    digests: dict[str, str] = Field(default_factory=dict, description="sha256 by file that opening leaves alone")
    canaries: tuple[str, ...] = Field(default=(), description="passages whose own vector must find them")


class Dense(Protocol):
    """The dense leg of a snapshot."""

    def query(self, vector: "Vectors", limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, similarity), best first."""
        ...


class Snapshot:
    """An open snapshot: catalog, vectors and lexical index of one state of the corpus."""

    def __init__(self, folder: Path) -> None:
        """Open the snapshot in `folder`; raise SnapshotBroken when a part of it is not there."""
        self.name = folder.name
        self.manifest = read_manifest(folder)
        self._folder = folder
        self._copy: Path | None = None
        self.catalog = Catalog(folder / "catalog.sqlite")
        try:
            self.lexical = LexicalIndex(self._writable("lexical", copy_lexical))
            exact = self.manifest.passages <= EXACT_PASSAGES
            self.dense: Dense = ExactVectors(self.catalog, self.manifest.dimension) if exact else self.vectors
        except BaseException:
            self.close()
            raise

    @cached_property
    def vectors(self) -> ChromaVectors:
        """The Chroma collection, opened when it is first asked for: a small snapshot is searched without it."""
        return ChromaVectors(self._writable("chroma", copy_chroma))

    @cached_property
    def corpus(self) -> Path:
        """The folder that was indexed."""
        return Path(self.catalog.report().corpus)

    def _writable(self, part: str, copy: Callable[[Path, Path], None]) -> Path:
        """Return the folder of a part, or a private copy of it when it cannot be written to."""
        folder = self._folder / part
        if not folder.exists() or all(os.access(path, os.W_OK) for path in (folder, *folder.glob(CHROMA_DATABASE))):
            return folder
        self._copy = self._copy or Path(tempfile.mkdtemp(prefix="newsdesk-"))
        copy(folder, self._copy / part)
        return self._copy / part

    def close(self) -> None:
        """Let go of all files."""
        if "vectors" in self.__dict__:
            self.vectors.close()
        self.catalog.close()
        if self._copy:
            shutil.rmtree(self._copy, ignore_errors=True)


class DataFolder:
    """The data folder: which snapshot is in use, and how a new one takes its place."""

    def __init__(self, root: Path) -> None:
        """Name the folder; nothing is created until something is written."""
        self.root = root
        self.snapshots = root / "snapshots"

    def current(self) -> Path | None:
        """Return the folder of the snapshot in use, or None before the first sync."""
        try:
            name = (self.root / "CURRENT").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        return self.snapshots / name

    def require_current(self) -> Path:
        """Return the folder of the snapshot in use; raise NoSnapshot or SnapshotBroken when there is none."""
        folder = self.current()
        if folder is None:
            raise NoSnapshot(f"There is no index in {str(self.root)!r} yet. Run: newsdesk index")
        if not folder.is_dir():
            raise SnapshotBroken(f"The snapshot {str(folder)!r} is gone. Run: newsdesk index")
        return folder

    def next_name(self) -> str:
        """Return the name of the snapshot after the newest."""
        numbers = [int(folder.name) for folder in self.snapshots.glob("[0-9]*") if folder.name.isdigit()]
        return f"{max(numbers, default=0) + 1:06d}"

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give an empty folder for a new snapshot; what a crash left behind is swept first, and this one last."""
        self.snapshots.mkdir(parents=True, exist_ok=True)
        for left in self.snapshots.glob(".staging-*"):
            shutil.rmtree(left)
        folder = Path(tempfile.mkdtemp(prefix=".staging-", dir=self.snapshots))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, staged: Path, name: str) -> None:
        """Make a verified folder the snapshot in use; a crash at any moment leaves the old or the new one."""
        _fsync_tree(staged)
        staged.chmod(0o755)
        staged.rename(self.snapshots / name)
        _fsync(self.snapshots)
        draft = self.root / "CURRENT.new"
        draft.write_text(name + "\n", encoding="utf-8")
        _fsync(draft)
        draft.replace(self.root / "CURRENT")
        _fsync(self.root)
        self._prune(name)

    def _prune(self, current: str) -> None:
        names = sorted(folder.name for folder in self.snapshots.glob("[0-9]*") if folder.name <= current)
        for name in names[:-KEPT_SNAPSHOTS]:
            shutil.rmtree(self.snapshots / name, ignore_errors=True)


def read_manifest(folder: Path) -> Manifest:
    """Read a snapshot's manifest; raise SnapshotBroken when it is not there or of another format."""
    try:
        manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise SnapshotBroken(f"The manifest of {str(folder)!r} cannot be read. Run: newsdesk index") from error
    if manifest.format != FORMAT:
        raise SnapshotBroken(f"{str(folder)!r} has format {manifest.format}, not {FORMAT}. Run: newsdesk index")
    return manifest


def verify(folder: Path) -> None:
    """Check a snapshot against its manifest; raise SnapshotBroken with what differs.

    Counts must agree, a canary's own vector must find it first, and a query as long as the collection must return
    at least 99.9 % of the passages (HNSW leaves a few nodes unreachable).
    """
    manifest = read_manifest(folder)
    if altered := altered_file(folder, manifest.digests):
        raise SnapshotBroken(f"{altered!r} of {str(folder)!r} is not as it was written. Run: newsdesk index")
    snapshot = Snapshot(folder)
    try:
        counts = (snapshot.catalog.counts()[1], snapshot.vectors.count(), snapshot.lexical.count())
        if set(counts) != {manifest.passages}:
            raise SnapshotBroken(f"{str(folder)!r} should hold {manifest.passages} passages, but holds {counts}")
        for canary, vector in zip(manifest.canaries, snapshot.vectors.vectors(manifest.canaries), strict=True):
            found = snapshot.vectors.query(vector, 1)[0]
            if found[0] != canary and found[1] < MIN_REACHABLE:
                raise SnapshotBroken(f"Passage {canary} of {str(folder)!r} is not found by its own vector")
        vector = snapshot.vectors.vectors(manifest.canaries[:1])[0]
        reached = len(snapshot.vectors.query(vector, manifest.passages))
        if reached < MIN_REACHABLE * manifest.passages:
            raise SnapshotBroken(f"Only {reached} of {manifest.passages} vectors of {str(folder)!r} can be reached")
    finally:
        snapshot.close()


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fsync_tree(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _fsync(path)
