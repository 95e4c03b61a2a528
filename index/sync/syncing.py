"""Bring the index in step with the folder of articles: a set difference, applied to a copy, then published."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path

from index.corpus import reading
from index.corpus.reading import SourceFile
from index.embedding.embedders import Embedder, passage_vectors
from index.errors import CorpusEmpty, SnapshotBroken, UnreadableFile
from index.models import Article, IngestReport, Passage, SkippedFile
from index.passages import stories
from index.passages.chunking import embedded_text, sentences_in
from index.store.catalog import Catalog, CatalogWriter
from index.store.chroma import batched, row
from index.store.chroma_server import Home
from index.store.damage.disk import full_disk_told
from index.store.damage.file_check import broken
from index.store.files import Manifest, altered_file, copy_lexical, read_manifest, write_manifest, written_files
from index.store.lexical import LexicalIndex
from index.store.snapshots import DataFolder
from index.sync.ingesting import INGEST_VERSION, Ingested, ingest
from index.sync.locking import writer_lock
from index.sync.vector_worker import VectorWorker
from index.text.file_names import shown

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""

_EMBED_BATCH = 256
_CANARIES = 5
_MAX_TOMBSTONES = 0.2
_SHOWN_REASONS = 3


def sync(
    corpus: Path,
    data: DataFolder,
    embedder: Embedder,
    progress: Progress = lambda *_: None,
    worker: VectorWorker | None = None,
) -> IngestReport:
    """Index the articles under `corpus` into `data`, doing only the work that changes ask for.

    Publishes a new snapshot when something changed. Files that cannot be read are skipped and reported. A snapshot
    that turns out to be damaged is not built upon: the index is then built from nothing. `worker` is one that may have
    been started ahead; it is closed at the end. Raises CorpusMissing, CorpusEmpty, IndexLocked, SnapshotBroken,
    EmbedderFailed or VectorsUnavailable; the snapshot in use then stays, or it is the new one when only the tidying of
    the server failed.
    """
    began = time.monotonic()
    with writer_lock(data.root), closing(worker or VectorWorker()) as worker:
        previous, damaged = _usable_snapshot(data, embedder)
        try:
            report = _sync_onto(previous, damaged, corpus, data, embedder, progress, worker)
        except SnapshotBroken:
            if not previous:
                raise
            worker.close()
            report = _sync_onto(None, [*damaged, previous], corpus, data, embedder, progress, worker)
        _tidy(data, worker)
        return report.model_copy(update={"seconds": time.monotonic() - began})


def _sync_onto(
    previous: Path | None,
    damaged: Sequence[Path],
    corpus: Path,
    data: DataFolder,
    embedder: Embedder,
    progress: Progress,
    worker: VectorWorker,
) -> IngestReport:
    files, ignored = reading.source_files(corpus)
    with closing(_Before(previous)) as before:
        if before.folder and before.collection and (home := _home(data, before, embedder)):
            worker.verify_vectors(before.folder, home)
        changes = _Changes(before, worker)
        for at, file in enumerate(files):
            changes.read(file, corpus)
            progress("Reading", at + 1, len(files))
        if not changes.added and not changes.unchanged:
            raise CorpusEmpty(_nothing_to_read(corpus, changes.skipped))
        report = changes.report(corpus, ignored)
        moving = data.server and not before.collection
        if previous and not report.anything_changed and not moving and data.is_current(previous):
            worker.settle()
            return report.model_copy(update={"snapshot": previous.name})
        report = report.model_copy(update={"snapshot": data.next_name()})
        with data.staging() as staged, full_disk_told(data.root):
            _build(staged, changes, embedder, report, progress, _home(data, before, embedder))
            data.publish(staged, report.snapshot, damaged)
    return report


def _home(data: DataFolder, before: "_Before", embedder: Embedder) -> Home | None:
    """Return where in the server the vectors go; None without a server."""
    if not data.server:
        return None
    known = before.manifest.dimension if before.manifest else 0
    return data.home(embedder.id, known or embedder.embed(["How long is a vector?"]).shape[1])


def _tidy(data: DataFolder, worker: VectorWorker) -> None:
    """Delete from the server what no kept snapshot holds; that waits while a kept one cannot be read."""
    if not data.server:
        return
    try:
        held = data.held()
    except SnapshotBroken:
        return
    worker.tidy(data.server, data.owner(), held)


def _usable_snapshot(data: DataFolder, embedder: Embedder) -> tuple[Path | None, list[Path]]:
    """Return the newest snapshot that is whole, if it is made the way this one would be, and those that are damaged."""
    damaged: list[Path] = []
    for folder in data.newest_first():
        try:
            manifest = read_manifest(folder)
            if altered := altered_file(folder, manifest.files):
                raise broken(folder, altered)
        except SnapshotBroken:
            damaged.append(folder)
            continue
        return folder if _is_made_so(manifest, data, embedder) else None, damaged
    return None, damaged


def _is_made_so(manifest: Manifest, data: DataFolder, embedder: Embedder) -> bool:
    """Whether a snapshot is made by this embedder and this program, with its vectors where they would be put."""
    if (manifest.embedder, manifest.ingest) != (embedder.id, INGEST_VERSION):
        return False
    home = data.home(embedder.id, manifest.dimension) if manifest.collection else None
    return not manifest.collection or bool(home and home.name == manifest.collection)


class _Before:
    """What the snapshot to build upon holds; nothing, when there is none."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder) if folder else None
        self.collection = self.manifest.collection if self.manifest else None
        self._catalog = Catalog(folder / "catalog.sqlite") if folder else None
        self.digests = self._catalog.digests() if self._catalog else {}
        self.junk_lines = self._catalog.junk_lines() if self._catalog else {}
        self.suspicious = self._catalog.report().suspicious if self._catalog else ()

    def ids_of(self, paths: Iterable[str]) -> set[str]:
        return {identity for path in paths for identity in self._catalog.ids_of(path)} if self._catalog else set()

    def close(self) -> None:
        if self._catalog:
            self._catalog.close()


class _Changes:
    """What reading the folder finds, article by article, against the snapshot before."""

    def __init__(self, before: _Before, worker: VectorWorker) -> None:
        self.before = before
        self.worker = worker
        self.added: list[Ingested] = []
        self.unchanged: set[str] = set()
        self.skipped: list[SkippedFile] = []

    def read(self, file: SourceFile, corpus: Path) -> None:
        """Read a file, or what has changed in it; a file that cannot be read is skipped."""
        try:
            self._read(file.path, reading.read_bytes(file, corpus))
        except UnreadableFile as error:
            self.skipped.append(SkippedFile(path=shown(file.path), reason=str(error)))

    def _read(self, file: str, data: bytes) -> None:
        whole = reading.digest(data)
        if self._is_unchanged(file, whole):
            return
        contents = reading.read(file, data)
        self.skipped.extend(SkippedFile(path=shown(file), reason=problem) for problem in contents.problems)
        for document in contents.documents:
            path = f"{file}/{document.part}" if document.part else file
            sha256 = reading.digest(repr(document).encode()) if document.part else whole
            if not self._is_unchanged(path, sha256):
                self.worker.start()
                self.added.append(ingest(path, sha256, document))

    def _is_unchanged(self, path: str, sha256: str) -> bool:
        same = self.before.digests.get(path) == sha256
        if same:
            self.unchanged.add(path)
        return same

    @cached_property
    def gone(self) -> list[str]:
        """The paths whose articles of before are no more: removed, or changed."""
        return sorted(set(self.before.digests) - self.unchanged)

    @cached_property
    def ids_gone(self) -> set[str]:
        return self.before.ids_of(self.gone)

    @cached_property
    def ids_added(self) -> set[str]:
        return {passage.id for one in self.added for passage in one.passages}

    def new_passages(self) -> list[tuple[Article, Passage]]:
        """Return what has to be embedded: an edited article keeps the passages that are as they were."""
        pairs = ((one.article, passage) for one in self.added for passage in one.passages)
        return [(article, passage) for article, passage in pairs if passage.id not in self.ids_gone]

    def report(self, corpus: Path, ignored: int) -> IngestReport:
        paths = {one.article.path for one in self.added}
        known = set(self.before.digests)
        suspicious = [flag for flag in self.before.suspicious if flag.path in self.unchanged]
        suspicious += [flag for one in self.added for flag in one.suspicious]
        passages = self.before.manifest.passages if self.before.manifest else 0
        return IngestReport(
            corpus=str(corpus.resolve()),
            snapshot="",
            added=tuple(sorted(paths - known)),
            changed=tuple(sorted(paths & known)),
            removed=tuple(sorted(known - self.unchanged - paths)),
            unchanged=len(self.unchanged),
            skipped=tuple(self.skipped),
            ignored=ignored,
            junk_lines=sum(one.junk_lines for one in self.added)
            + sum(self.before.junk_lines[path] for path in self.unchanged),
            suspicious=tuple(sorted(suspicious, key=lambda flag: flag.path)),
            articles=len(self.unchanged) + len(paths),
            passages=passages - len(self.ids_gone) + len(self.ids_added),
            embedded=len(self.new_passages()),
        )


def _nothing_to_read(corpus: Path, skipped: Sequence[SkippedFile]) -> str:
    kinds = " ".join(reading.FORMATS)
    if not skipped:
        return f"There is no article in {str(corpus)!r} (files read: {kinds}). Add some, or give another folder"
    reasons = "; ".join(f"{file.path}: {file.reason}" for file in skipped[:_SHOWN_REASONS])
    return f"None of the {len(skipped)} files in {str(corpus)!r} can be read ({reasons}). Add articles ({kinds})"


def _build(
    staged: Path, changes: _Changes, embedder: Embedder, report: IngestReport, progress: Progress, home: Home | None
) -> None:
    """Make the new snapshot in `staged`, and have it verified."""
    before, worker = changes.before, changes.worker
    removed, added = sorted(changes.ids_gone - changes.ids_added), changes.new_passages()
    tombstones = _open_vectors(home or staged / "chroma", before, worker, removed)
    with closing(
        CatalogWriter(staged / "catalog.sqlite", before.folder and before.folder / "catalog.sqlite")
    ) as catalog:
        catalog.remove(changes.gone, removed)
        for one in changes.added:
            catalog.add_article(one.article, one.junk_lines, one.fingerprint)
        dimension = _embed(added, embedder, catalog, worker, progress)
        grouped = stories.stories(catalog.fingerprints(), lambda path: stories.shingles(catalog.article(path)))
        copies = {path for path, story in grouped.items() if story != path}
        if before.folder:
            copy_lexical(before.folder / "lexical", staged / "lexical")
        LexicalIndex(staged / "lexical", create=not before.folder).update(removed, catalog.turned(grouped), copies)
        ids = catalog.passage_ids()
        catalog.finish(grouped, report)
    worker.save()
    manifest = Manifest(
        corpus=report.corpus,
        embedder=embedder.id,
        dimension=dimension or (before.manifest.dimension if before.manifest else 0),
        ingest=INGEST_VERSION,
        articles=report.articles,
        passages=len(ids),
        collection=home.name if home else None,
        tombstones=tombstones,
        files=written_files(staged),
        canaries=tuple(ids[:: max(1, len(ids) // _CANARIES)])[:_CANARIES],
    )
    write_manifest(staged, manifest)
    progress("Verifying", 0, 1)
    worker.verify(staged, home.server if home else None)
    progress("Verifying", 1, 1)


def _open_vectors(target: Path | Home, before: _Before, worker: VectorWorker, removed: Sequence[str]) -> int:
    """Have the collection copied, or built anew when deletions have piled up; return how many there are by then."""
    if not before.folder or not before.manifest or before.collection:
        worker.open(target, None, [])
        return 0
    tombstones = before.manifest.tombstones + len(removed)
    anew = isinstance(target, Home) or tombstones > _MAX_TOMBSTONES * before.manifest.passages
    worker.open(target, before.folder / "chroma", removed, anew=anew)
    return 0 if anew else tombstones


def _embed(
    added: Sequence[tuple[Article, Passage]],
    embedder: Embedder,
    catalog: CatalogWriter,
    worker: VectorWorker,
    progress: Progress,
) -> int:
    """Store new passages with their vectors and those of their sentences; return the dimension, 0 without any."""
    dimension = done = 0
    for batch in batched(added, _EMBED_BATCH):
        texts = [embedded_text(article.headline, passage) for article, passage in batch]
        spans = [sentences_in(text, passage) for text, (_, passage) in zip(texts, batch, strict=True)]
        vectors, rows = passage_vectors(embedder, list(zip(texts, spans, strict=True)))
        worker.add([row(*pair) for pair in batch], vectors)
        stored = (one.astype("float16").tobytes() for one in rows)
        catalog.add_passages((passage, its) for (_, passage), its in zip(batch, stored, strict=True))
        dimension, done = vectors.shape[1], done + len(batch)
        progress("Embedding", done, len(added))
    return dimension
