"""Snapshots on disk: built beside the one in use, verified in a process of its own, published by rename, never changed.

    <root>/CURRENT              the name of the snapshot in use; replaced by rename
    <root>/writer.lock          one indexer at a time
    <root>/owner                marks this folder's collections in a Chroma server; written once one is used
    <root>/snapshots/000042/    manifest.json  catalog.sqlite  chroma/  lexical/

Chroma's files are neither crash-safe nor process-safe, so a published folder is only read. Opening it still takes a
lock in its SQLite file, and tantivy one beside its own: a folder that cannot be written to is read through a private
copy of the two. With a Chroma server, the vectors are there (`index/store/chroma_server`), and the manifest says so.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from functools import cache, cached_property, partial
from itertools import islice
from pathlib import Path

from index.errors import NoSnapshot, SnapshotBroken, VectorsUnavailable
from index.models import EVERYTHING, Scope
from index.store.catalog import Catalog
from index.store.chroma import ChromaVectors, StoredVectors
from index.store.chroma_server import Server, ServerCollection, ServerVectors, collection_name
from index.store.damage.file_check import FileCheck, broken
from index.store.damage.probe import Probe
from index.store.dense import Dense, ExactVectors, LateVectors, OwnPassages
from index.store.files import (
    CHROMA_DATABASE,
    MANIFEST,
    allow_group,
    altered_file,
    copy_chroma,
    copy_lexical,
    file_stats,
    read_manifest,
)
from index.store.lexical import LexicalIndex

# The one in use, and the one before it: that serves where the first is damaged.
KEPT_SNAPSHOTS = 2
_STAGING = ".staging-"
"""What is not a snapshot yet, or any more, is named so, and deleted at the next sync."""
EXACT_PASSAGES = 2000
"""Up to so many passages the dense leg compares every sentence; beyond, Chroma's HNSW index is worth its start.

The passages within a scope are all compared up to the same number; beyond, both legs search the whole index deeper.
"""
MIN_REACHABLE = 0.999


class Snapshot:
    """An open snapshot: catalog, vectors and lexical index of one state of the corpus."""

    def __init__(
        self,
        folder: Path,
        server: Server | None = None,
        exact_limit: int = EXACT_PASSAGES,
        *,
        probe_first: bool = False,
    ) -> None:
        """Open the snapshot in `folder`; raise SnapshotBroken when a part of it is not there, or not as it was written.

        A `server` that its vectors may be in is asked when they are first needed, not before, and never when it holds
        at most `exact_limit` passages. With `probe_first`, Chroma's files are opened in another process first.
        """
        self.name = folder.name
        self.manifest = read_manifest(folder)
        self.notes: tuple[str, ...] = ()
        self._server = server
        self._folder = folder
        self._copy: Path | None = None
        self._probe: Probe | None = None
        self.check = FileCheck(folder, self.manifest.files)
        try:
            self.check.wait("catalog.sqlite")
            self.catalog = Catalog(folder / "catalog.sqlite")
            self.check.wait("lexical/")
            self.lexical = LexicalIndex(self._writable("lexical", copy_lexical))
            if probe_first and not self.manifest.collection and self.manifest.passages > exact_limit:
                self._probe = Probe(folder)
            self.dense = self._dense(exact_limit)
        # On Ctrl-C too: the check runs in a thread, and the probe in a process.
        except BaseException:
            self.close()
            raise

    def _dense(self, exact_limit: int) -> Dense:
        if self.manifest.passages <= exact_limit:
            return ExactVectors(self.catalog, self.manifest.dimension)
        if self.manifest.collection:
            return OwnPassages(self.catalog, lambda: self.vectors)
        return LateVectors(lambda: self.vectors) if self._probe else self.vectors

    @cached_property
    def vectors(self) -> StoredVectors:
        """The Chroma collection, opened at first use: a small snapshot is searched without it."""
        if not self.manifest.collection:
            self.check.wait("chroma/", whole=True)
            if self._probe:
                self._probe.require()
            return ChromaVectors(self._writable("chroma", copy_chroma))
        if not self._server:
            raise VectorsUnavailable(
                f"The vectors are in a Chroma server, as {self.manifest.collection!r}, but QA_CHROMA_URL is not set. "
                "Set it, or have them here again: newsdesk index"
            )
        return ServerVectors(ServerCollection(self._server, self.manifest.collection))

    @cached_property
    def outlets(self) -> tuple[str, ...]:
        """The outlets of the articles, sorted."""
        return tuple(self.catalog.outlets())

    @contextmanager
    def within(self, scope: Scope) -> Iterator["Snapshot"]:
        """Give this snapshot as if it held the articles within a scope alone, for the length of the block.

        Nothing else is found, counted or listed. Only how rare a word is stays that of all articles.
        """
        if scope == EVERYTHING:
            yield self
            return
        with closing(self.catalog.within(scope)) as catalog:
            part = copy(self)
            vars(part).pop("outlets", None)
            part.catalog = catalog
            if not catalog.holds_more_than(EXACT_PASSAGES):
                part.lexical = self.lexical.within(catalog.passage_ids())
                part.dense = LateVectors(cache(partial(ExactVectors, catalog, self.manifest.dimension)))
            else:
                part.lexical = self.lexical.within(catalog)
                part.dense = OwnPassages(catalog, lambda: self.dense)
            yield part

    @property
    def corpus(self) -> Path:
        """The folder that was indexed."""
        return Path(self.manifest.corpus)

    @property
    def made_at(self) -> float:
        """When the snapshot was made, in seconds since 1970."""
        return (self._folder / MANIFEST).stat().st_mtime

    @property
    def vectors_failure(self) -> str:
        """Why the vectors failed when they were opened on trial; empty where they did not, or not yet."""
        return self._probe.failure if self._probe else ""

    def _writable(self, part: str, copy_part: Callable[[Path, Path], None]) -> Path:
        """Return the folder of a part, or a private copy of it when it cannot be written to."""
        folder = self._folder / part
        if not folder.exists() or all(os.access(path, os.W_OK) for path in (folder, *folder.glob(CHROMA_DATABASE))):
            return folder
        self._copy = self._copy or Path(tempfile.mkdtemp(prefix="newsdesk-"))
        copy_part(folder, self._copy / part)
        return self._copy / part

    def close(self) -> None:
        """Let go of all files."""
        self.check.close()
        if self._probe:
            self._probe.close()
        # Asking for `vectors` would open it; the catalog is missing where opening failed before it.
        if "vectors" in self.__dict__:
            self.vectors.close()
        if "catalog" in self.__dict__:
            self.catalog.close()
        if self._copy:
            shutil.rmtree(self._copy, ignore_errors=True)


class DataFolder:
    """The data folder: which snapshot is in use, and how a new one takes its place."""

    def __init__(
        self, root: Path, server: Server | None = None, exact_limit: int = EXACT_PASSAGES, *, probe_first: bool = False
    ) -> None:
        """Name the folder, and the server for the vectors if there is one; nothing is created until a write.

        `exact_limit` and `probe_first` are those of `Snapshot`; the second is for servers.
        """
        self.root = root
        self.server = server
        self.exact_limit = exact_limit
        self.probe_first = probe_first
        self.snapshots = root / "snapshots"

    def open(self, folder: Path) -> Snapshot:
        """Open one of the snapshots; raise SnapshotBroken when it is not as it was written."""
        return Snapshot(folder, self.server, self.exact_limit, probe_first=self.probe_first)

    def current(self) -> Path | None:
        """Return the folder of the snapshot in use, or None before the first sync; raise SnapshotBroken without a name.

        A file that names none, or no file beside snapshots, is damage: a sync replaces the file, and never deletes it.
        """
        file = self.root / "CURRENT"
        try:
            name = file.read_bytes().strip().decode("ascii", "replace")
        except FileNotFoundError:
            if not self._published():
                return None
            name = ""
        if not name.isdigit():
            raise SnapshotBroken(f"{str(file)!r} does not name the snapshot in use. Run: newsdesk index")
        return self.snapshots / name

    def require_current(self) -> Path:
        """Return the folder of the snapshot in use; raise NoSnapshot or SnapshotBroken when there is none."""
        folder = self.current()
        if folder is None:
            raise NoSnapshot(f"There is no index in {str(self.root)!r} yet. Run: newsdesk index")
        if not folder.is_dir():
            raise SnapshotBroken(f"The snapshot {str(folder)!r} is gone. Run: newsdesk index")
        return folder

    def is_current(self, folder: Path) -> bool:
        """Whether a folder is that of the snapshot in use."""
        try:
            return self.current() == folder
        except SnapshotBroken:
            return False

    def newest_first(self) -> list[Path]:
        """Return the folders of the kept snapshots: the one in use, then the others, the newest first.

        One that was made after it was never made current: the process that made it was ended before.
        """
        folders = self._published()[::-1]
        return sorted(folders, key=lambda folder: not self.is_current(folder))

    def corpus(self) -> Path | None:
        """Return the folder that was indexed last, None where none was; raise SnapshotBroken when none is named."""
        folders = self.newest_first()
        for folder in folders:
            try:
                return Path(read_manifest(folder).corpus)
            except SnapshotBroken:  # it may be of another version
                with suppress(SnapshotBroken), closing(Catalog(folder / "catalog.sqlite")) as catalog:
                    return Path(catalog.report().corpus)
        if folders:
            raise SnapshotBroken(
                f"The index in {str(self.root)!r} is damaged, and does not tell which folder it is of. Run: newsdesk "
                "index FOLDER"
            )
        return None

    def state(self) -> tuple[object, ...]:
        """Return the name of the snapshot in use and its `file_stats`: any change of it alters them."""
        try:
            folder = self.current()
        except SnapshotBroken as error:
            return (str(error),)
        return (folder.name, *file_stats(folder)) if folder else ()

    def _published(self) -> list[Path]:
        return sorted(folder for folder in self.snapshots.glob("[0-9]*") if folder.name.isdigit())

    def server_collection(self, embedder: str, dimension: int) -> ServerCollection | None:
        """Return the collection in the server for the vectors of an embedder; None without a server."""
        if not self.server:
            return None
        return ServerCollection(self.server, collection_name(self.owner(), embedder, dimension))

    def owner(self) -> str:
        """Return the random mark of this folder's collections, which is made at the first call."""
        file = self.root / "owner"
        if not file.is_file():
            self._replace(file, secrets.token_hex(6))
        return file.read_text(encoding="utf-8").strip()

    def ids_by_collection(self) -> dict[str, set[str]]:
        """Return the passage ids of the kept snapshots, by the collection in a server that has their vectors.

        Raises SnapshotBroken when one cannot be read.
        """
        ids: dict[str, set[str]] = {}
        for folder in self._published():
            if collection := read_manifest(folder).collection:
                with closing(Catalog(folder / "catalog.sqlite")) as catalog:
                    ids.setdefault(collection, set()).update(catalog.passage_ids())
        return ids

    def next_name(self) -> str:
        """Return the name of the snapshot after the newest."""
        numbers = [int(folder.name) for folder in self._published()]
        return f"{max(numbers, default=0) + 1:06d}"

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give an empty folder for a new snapshot and delete it at the end; leftovers of a crash go at the start."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o750)
        self.snapshots.mkdir(exist_ok=True, mode=0o750)
        for leftover in self.snapshots.glob(f"{_STAGING}*"):
            shutil.rmtree(leftover)
        folder = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.snapshots))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, staged: Path, name: str, damaged: Iterable[Path] = ()) -> None:
        """Make a verified folder the snapshot in use; a crash at any moment leaves the old or the new one.

        Then `damaged` folders are deleted, and all older than the one before it.
        """
        # All of the new folder is on the disk before it gets its name, and the name before CURRENT points at it. What
        # is deleted comes last, when no reader begins with it any more.
        allow_group(staged)
        _fsync_tree(staged)
        staged.rename(self.snapshots / name)
        _fsync(self.snapshots)
        self._replace(self.root / "CURRENT", name)
        for folder in damaged:
            delete_snapshot(folder)
        self._prune(name)

    def _replace(self, file: Path, content: str) -> None:
        draft = file.with_name(f"{file.name}.new")
        draft.write_text(content + "\n", encoding="utf-8")
        draft.chmod(0o640)
        _fsync(draft)
        draft.replace(file)
        _fsync(self.root)

    def _prune(self, current: str) -> None:
        names = sorted(folder.name for folder in self._published() if folder.name <= current)
        for name in names[:-KEPT_SNAPSHOTS]:
            delete_snapshot(self.snapshots / name)


def delete_snapshot(folder: Path) -> None:
    """Delete a snapshot; a crash on the way leaves a leftover of another name, and never half a snapshot."""
    leaving = folder.with_name(f"{_STAGING}{folder.name}")
    with suppress(OSError):  # what cannot be renamed is not deleted, as what cannot be deleted is left
        folder.rename(leaving)
    shutil.rmtree(leaving, ignore_errors=True)


def verify(folder: Path, server: Server | None = None) -> None:
    """Check a snapshot against its manifest, its files first; raise SnapshotBroken with what differs."""
    manifest = read_manifest(folder)
    if altered := altered_file(folder, manifest.files):
        raise broken(folder, altered)
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
            nearest, similarity = snapshot.vectors.query(vector, 1)[0]
            # A passage that says the same may come first.
            if nearest != canary and similarity < MIN_REACHABLE:
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
