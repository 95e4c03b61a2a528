"""Snapshots on disk: built beside the one in use, verified in a process of its own, published by rename, never changed.

    <root>/CURRENT              the name of the snapshot in use; replaced by rename
    <root>/writer.lock          one indexer at a time
    <root>/owner                marks this folder's collections in a Chroma server; written once one is used
    <root>/snapshots/000042/    manifest.json  catalog.sqlite  chroma/  lexical/

Chroma's files are neither crash-safe nor process-safe, so a published folder is only read. Opening it still writes to
its SQLite file, and tantivy takes a lock beside its own: a folder that cannot be written to is read through a private
copy of the two. With a Chroma server, the vectors are there (`index/chroma_server`), and the manifest says so.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import Field, ValidationError

from index.errors import NoSnapshot, SnapshotBroken, VectorsUnavailable
from index.models import Record
from index.store.catalog import Catalog
from index.store.chroma import ChromaVectors, StoredVectors
from index.store.chroma_server import Home, OwnPassages, Server, ServerVectors, collection_name
from index.store.exact import ExactVectors
from index.store.files import CHROMA_DATABASE, altered_file, copy_chroma, copy_lexical
from index.store.lexical import LexicalIndex

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

FORMAT = 5
KEPT_SNAPSHOTS = 2
EXACT_PASSAGES = 2000
"""Up to so many passages the dense leg compares every sentence; beyond, Chroma's HNSW index is worth its start."""
MIN_REACHABLE = 0.999


class Manifest(Record):
    """What a snapshot holds and how it was made."""

    format: int = FORMAT
    embedder: str
    dimension: int
    ingest: int = Field(description="version of the code that reads, cleans and chunks")
    articles: int
    passages: int
    collection: str | None = Field(default=None, description="where in a Chroma server the vectors are, if they are")
    tombstones: int = Field(default=0, description="passages deleted from Chroma since it was built anew")
    digests: dict[str, str] = Field(default_factory=dict, description="sha256 by file that opening leaves alone")
    canaries: tuple[str, ...] = Field(default=(), description="passages whose own vector must find them")


class Dense(Protocol):
    """The dense leg of a snapshot."""

    def query(self, vector: "Vectors", limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, similarity), best first; raise VectorsUnavailable when a server is down."""
        ...


class Snapshot:
    """An open snapshot: catalog, vectors and lexical index of one state of the corpus."""

    def __init__(self, folder: Path, server: Server | None = None, exact: int = EXACT_PASSAGES) -> None:
        """Open the snapshot in `folder`; raise SnapshotBroken when a part of it is not there.

        A `server` that its vectors may be in is asked when they are first needed, not before, and never when it holds
        at most `exact` passages.
        """
        self.name = folder.name
        self.manifest = read_manifest(folder)
        self._server = server
        self._folder = folder
        self._copy: Path | None = None
        self.catalog = Catalog(folder / "catalog.sqlite")
        try:
            self.lexical = LexicalIndex(self._writable("lexical", copy_lexical))
            self.dense = self._dense(exact)
        except BaseException:
            self.close()
            raise

    def _dense(self, exact: int) -> Dense:
        if self.manifest.passages <= exact:
            return ExactVectors(self.catalog, self.manifest.dimension)
        return OwnPassages(self.catalog, lambda: self.vectors) if self.manifest.collection else self.vectors

    @cached_property
    def vectors(self) -> StoredVectors:
        """The Chroma collection, opened when it is first asked for: a small snapshot is searched without it."""
        if not self.manifest.collection:
            return ChromaVectors(self._writable("chroma", copy_chroma))
        if not self._server:
            raise VectorsUnavailable(
                f"The vectors are in a Chroma server, as {self.manifest.collection!r}, but QA_CHROMA_URL is not set. "
                "Set it, or have them here again: newsdesk index"
            )
        return ServerVectors(Home(self._server, self.manifest.collection))

    @cached_property
    def outlets(self) -> tuple[str, ...]:
        """The outlets of the articles, sorted."""
        return tuple(self.catalog.outlets())

    @cached_property
    def corpus(self) -> Path:
        """The folder that was indexed."""
        return Path(self.catalog.report().corpus)

    @property
    def copy(self) -> Path | None:
        """The folder with private copies of the parts that cannot be written to; None where all can."""
        return self._copy

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

    def __init__(self, root: Path, server: Server | None = None, exact: int = EXACT_PASSAGES) -> None:
        """Name the folder, and the server for the vectors if there is one; nothing is created until a write.

        A snapshot of up to `exact` passages is searched without Chroma.
        """
        self.root = root
        self.server = server
        self.exact = exact
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

    def home(self, embedder: str, dimension: int) -> Home | None:
        """Return where in the server the vectors of an embedder belong; None without a server."""
        return Home(self.server, collection_name(self.owner(), embedder, dimension)) if self.server else None

    def owner(self) -> str:
        """Return the mark of this folder's collections, which is drawn at the first call."""
        file = self.root / "owner"
        if not file.is_file():
            self._replace(file, secrets.token_hex(6))
        return file.read_text(encoding="utf-8").strip()

    def held(self) -> dict[str, set[str]]:
        """Return the passage ids of the kept snapshots, by the collection in a server that has their vectors.

        Raises SnapshotBroken when one cannot be read.
        """
        found: dict[str, set[str]] = {}
        for folder in self.snapshots.glob("[0-9]*"):
            if collection := read_manifest(folder).collection:
                with closing(Catalog(folder / "catalog.sqlite")) as catalog:
                    found.setdefault(collection, set()).update(catalog.passage_ids())
        return found

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
        self._replace(self.root / "CURRENT", name)
        self._prune(name)

    def _replace(self, file: Path, content: str) -> None:
        draft = file.with_name(f"{file.name}.new")
        draft.write_text(content + "\n", encoding="utf-8")
        _fsync(draft)
        draft.replace(file)
        _fsync(self.root)

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


def verify(folder: Path, server: Server | None = None) -> None:
    """Check a snapshot against its manifest, its files first; raise SnapshotBroken with what differs."""
    manifest = read_manifest(folder)
    if altered := altered_file(folder, manifest.digests, with_chroma=not manifest.collection):
        raise SnapshotBroken(f"{altered!r} of {str(folder)!r} is not as it was written. Run: newsdesk index")
    verify_vectors(folder, server)


def verify_vectors(folder: Path, server: Server | None = None) -> None:
    """Check that a snapshot's vectors are all there; raise SnapshotBroken with what differs.

    Counts must agree, and a canary's own vector must find it first. Where the HNSW index is what is searched, a query
    as long as the collection must return at least 99.9 % of the passages, not counting those whose own vector finds a
    passage that says the same: HNSW leaves a few nodes unreachable, more of them among near-identical ones. A server
    looks after its own files.
    """
    manifest = read_manifest(folder)
    snapshot = Snapshot(folder, server)
    try:
        vectors = snapshot.vectors.count()
        if manifest.collection:  # others may be there too
            vectors = len(snapshot.vectors.ids().intersection(snapshot.catalog.passage_ids()))
        counts = (snapshot.catalog.counts()[1], vectors, snapshot.lexical.count())
        if set(counts) != {manifest.passages}:
            raise SnapshotBroken(f"{str(folder)!r} should hold {manifest.passages} passages, but holds {counts}")
        for canary, vector in zip(manifest.canaries, snapshot.vectors.vectors(manifest.canaries), strict=True):
            found = snapshot.vectors.query(vector, 1)[0]
            if found[0] != canary and found[1] < MIN_REACHABLE:
                raise SnapshotBroken(f"Passage {canary} of {str(folder)!r} is not found by its own vector")
        if manifest.collection or manifest.passages <= EXACT_PASSAGES:
            return
        lost, most = snapshot.vectors.unfindable(), (1 - MIN_REACHABLE) * manifest.passages
        if sum(1 for _ in islice(lost, int(most) + 1)) > most:
            raise SnapshotBroken(f"Of {manifest.passages} vectors of {str(folder)!r} too many cannot be reached")
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
