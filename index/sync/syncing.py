"""Bring the index in step with the folder of articles: a set difference, applied to a copy, then published."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from index.corpus import reading
from index.corpus.formats.records.record import NO_NAMES, FieldNames
from index.embedding.embedders import Embedder, Sentences
from index.errors import CorpusEmpty, SnapshotBroken
from index.models import Article, IngestReport, Passage, SkippedFile
from index.passages import stories
from index.passages.chunking import embedded_text, sentences_in
from index.store.catalog import CatalogWriter
from index.store.chroma import batched, row
from index.store.chroma_server import ServerCollection
from index.store.damage.disk import full_disk_told
from index.store.damage.file_check import broken
from index.store.files import Manifest, altered_file, copy_lexical, read_manifest, write_manifest, written_files
from index.store.lexical import LexicalIndex
from index.store.snapshots import DataFolder
from index.sync.changes import Base, Changes
from index.sync.ingesting import INGEST_VERSION
from index.sync.locking import writer_lock
from index.sync.unpublished_vectors import PackedVectors, UnpublishedVectors, key, sweep
from index.sync.vector_worker import VectorWorker

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""

_EMBED_BATCH = 64
"""So many passages are embedded at once, and their vectors stored in case the sync is stopped."""
_CANARIES = 5
_MAX_TOMBSTONES = 0.2
"""Where deletions are more than this share of the passages, the collection is built anew; by judgement."""
_MOST_REASONS = 3


def sync(
    corpus: Path,
    data: DataFolder,
    embedder: Embedder,
    progress: Progress = lambda *_: None,
    worker: VectorWorker | None = None,
    *,
    field_names: FieldNames = NO_NAMES,
    publish_every: int | None = None,
) -> IngestReport:
    """Index the articles under `corpus` into `data`, doing only the work that changes ask for.

    Publishes a new snapshot when something changed; with `publish_every` one after each so many new articles, not only
    at the end. Files that cannot be read are skipped and reported. A snapshot that turns out to be damaged is not built
    upon: the index is then built from nothing. Vectors are kept as they are made, so that a sync which was stopped goes
    on from there. `worker` is one that may have been started ahead; it is closed at the end. Raises CorpusMissing,
    CorpusEmpty, IndexLocked, SnapshotBroken, EmbedderFailed or VectorsUnavailable; the snapshot in use then stays, or
    it is the new one when only the tidying of the server failed.
    """
    began = time.monotonic()
    with writer_lock(data.root), closing(worker or VectorWorker()) as worker:
        work = _Work(corpus, data, embedder, progress, worker, field_names, publish_every)
        previous, damaged = _usable_snapshot(work)
        try:
            report = _sync_onto(previous, damaged, work)
        except SnapshotBroken:
            # Its files are as they were written, and yet it cannot be built upon. The process may hang or have ended;
            # the next command starts another one.
            if not previous:
                raise
            worker.close()
            report = _sync_onto(None, [*damaged, previous], work)
        _tidy(data, worker)
        return report.model_copy(update={"seconds": time.monotonic() - began})


@dataclass(frozen=True)
class _Work:
    """What every step of a sync needs."""

    corpus: Path
    data: DataFolder
    embedder: Embedder
    progress: Progress
    worker: VectorWorker
    field_names: FieldNames
    publish_every: int | None


def _sync_onto(previous: Path | None, damaged: Sequence[Path], work: _Work) -> IngestReport:
    """Publish snapshots, each built upon the one before, until all files are read; return what was done in all."""
    report, files_are_left = _publish_upon(previous, damaged, work)
    while files_are_left:
        next_report, files_are_left = _publish_upon(work.data.snapshots / report.snapshot, (), work)
        report = _joined(report, next_report)
    return report


def _publish_upon(previous: Path | None, damaged: Sequence[Path], work: _Work) -> tuple[IngestReport, bool]:
    """Publish a snapshot built upon `previous`; return what was done, and whether files are left to read."""
    corpus, data, worker = work.corpus, work.data, work.worker
    files, ignored = reading.source_files(corpus)
    with closing(Base(previous)) as base:
        target = _server_collection(data, base, work.embedder)
        # The answer is not waited for: a lost collection is reported at the next command, while files are read.
        if base.folder and base.collection and target:
            worker.verify_vectors(base.folder, target)
        changes = Changes(base, worker, work.field_names, work.publish_every)
        changes.ignored.update(ignored)
        for number, file in enumerate(files, 1):
            changes.read(file, corpus)
            work.progress("Reading", number, len(files))
        changes.leave_the_rest()
        if not changes.added and not changes.unchanged:
            raise CorpusEmpty(_nothing_to_read(corpus, changes.skipped))
        report = changes.report(corpus)
        # A server was set since the vectors were written into files.
        is_moving = data.server and not base.collection
        # Where CURRENT does not name the snapshot built upon, a new one is published though nothing changed: that mends
        # it.
        if previous and not report.anything_changed and not is_moving and data.is_current(previous):
            worker.settle()
            sweep(data.root)
            return report.model_copy(update={"snapshot": previous.name}), False
        report = report.model_copy(update={"snapshot": data.next_name()})
        with _staging(data, worker) as staged, full_disk_told(data.root):
            _build(staged, changes, work, report, target)
            data.publish(staged, report.snapshot, damaged)
        # Only now: until the snapshot is published, a sync that is stopped needs them.
        sweep(data.root)
    return report, bool(changes.unread)


@contextmanager
def _staging(data: DataFolder, worker: VectorWorker) -> Iterator[Path]:
    """Give a folder for a new snapshot; the process that writes into it ends before an error has the folder deleted."""
    with data.staging() as staged:
        try:
            yield staged
        except BaseException:
            worker.close()
            raise


def _joined(first: IngestReport, second: IngestReport) -> IngestReport:
    """Return the report of two syncs, one upon the other, as that of one; the second has reached all files."""
    earlier = {*first.added, *first.changed}
    return second.model_copy(
        update={
            "added": tuple(sorted({*first.added, *second.added})),
            "changed": tuple(sorted({*first.changed, *second.changed})),
            "removed": tuple(sorted({*first.removed, *second.removed})),
            "unchanged": second.unchanged - len(earlier),
            "embedded": first.embedded + second.embedded,
        }
    )


def _server_collection(data: DataFolder, base: Base, embedder: Embedder) -> ServerCollection | None:
    """Return the collection in the server for the vectors; None without a server."""
    if not data.server:
        return None
    # The embedder is asked only where no manifest knows.
    dimension = base.manifest.dimension if base.manifest else 0
    return data.server_collection(embedder.id, dimension or embedder.embed(["How long is a vector?"]).shape[1])


def _tidy(data: DataFolder, worker: VectorWorker) -> None:
    """Delete from the server the passages of no kept snapshot, unless one of these cannot be read."""
    if not data.server:
        return
    try:
        ids = data.ids_by_collection()
    except SnapshotBroken:
        return
    worker.tidy(data.server, data.owner(), ids)


def _usable_snapshot(work: _Work) -> tuple[Path | None, list[Path]]:
    """Return the newest whole snapshot, if it was made as this one would be, and the damaged ones that are newer."""
    damaged: list[Path] = []
    for folder in work.data.newest_first():
        try:
            manifest = read_manifest(folder)
            if altered := altered_file(folder, manifest.files):
                raise broken(folder, altered)
        except SnapshotBroken:
            damaged.append(folder)
            continue
        return folder if _is_made_alike(manifest, work) else None, damaged
    return None, damaged


def _is_made_alike(manifest: Manifest, work: _Work) -> bool:
    """Whether a snapshot was made by this embedder and this program, with its vectors where they would be put now."""
    made = (manifest.embedder, manifest.ingest, manifest.fields)
    if made != (work.embedder.id, INGEST_VERSION, dict(work.field_names)):
        return False
    if not manifest.collection:
        return True
    target = work.data.server_collection(work.embedder.id, manifest.dimension)
    return bool(target and target.name == manifest.collection)


def _nothing_to_read(corpus: Path, skipped: Sequence[SkippedFile]) -> str:
    kinds = " ".join(reading.SUFFIXES)
    if not skipped:
        return f"There is no article in {str(corpus)!r} (files read: {kinds}). Add some, or give another folder"
    reasons = "; ".join(f"{file.path}: {file.reason}" for file in skipped[:_MOST_REASONS])
    return f"None of the {len(skipped)} files in {str(corpus)!r} can be read ({reasons}). Add articles ({kinds})"


def _build(staged: Path, changes: Changes, work: _Work, report: IngestReport, target: ServerCollection | None) -> None:
    """Make the new snapshot in `staged`, and have it verified."""
    base, worker, progress = changes.base, work.worker, work.progress
    # A passage that an edited article has kept is in both sets; it stays, with its vectors.
    removed, added = sorted(changes.ids_gone - changes.ids_added), changes.new_passages()
    tombstones = _open_vectors(target or staged / "chroma", base, worker, removed)
    with closing(CatalogWriter(staged / "catalog.sqlite", base.folder and base.folder / "catalog.sqlite")) as catalog:
        catalog.remove(changes.gone, removed)
        for ingested in changes.added:
            catalog.add_article(ingested.article, ingested.junk_lines, ingested.fingerprint)
        # Stories need the fingerprints of all articles, and the lexical index needs the stories: hence this order.
        dimension = _embed(added, work, catalog)
        grouped = stories.stories(catalog.fingerprints(), lambda path: stories.shingles(catalog.article(path)))
        copies = {path for path, story in grouped.items() if story != path}
        if base.folder:
            copy_lexical(base.folder / "lexical", staged / "lexical")
        lexical = LexicalIndex(staged / "lexical", create=not base.folder)
        lexical.update(removed, catalog.passages_to_reindex(grouped), copies)
        ids = catalog.passage_ids()
        catalog.finish(grouped, report)
    # Chroma closes its files before their digests are taken.
    worker.save()
    manifest = Manifest(
        corpus=report.corpus,
        embedder=work.embedder.id,
        fields=dict(work.field_names),
        dimension=dimension or (base.manifest.dimension if base.manifest else 0),
        ingest=INGEST_VERSION,
        articles=report.articles,
        passages=len(ids),
        collection=target.name if target else None,
        tombstones=tombstones,
        files=written_files(staged),
        canaries=tuple(ids[:: max(1, len(ids) // _CANARIES)])[:_CANARIES],
    )
    write_manifest(staged, manifest)
    progress("Verifying", 0, 1)
    worker.verify(staged, target.server if target else None)
    progress("Verifying", 1, 1)


def _open_vectors(target: Path | ServerCollection, base: Base, worker: VectorWorker, removed: Sequence[str]) -> int:
    """Have the collection copied, or built anew when deletions have piled up; return the deletions in it."""
    # A collection in a server has the passages of the base already.
    if not base.folder or not base.manifest or base.collection:
        worker.open(target, None, [])
        return 0
    tombstones = base.manifest.tombstones + len(removed)
    anew = isinstance(target, ServerCollection) or tombstones > _MAX_TOMBSTONES * base.manifest.passages
    worker.open(target, base.folder / "chroma", removed, anew=anew)
    return 0 if anew else tombstones


def _embed(added: Sequence[tuple[Article, Passage]], work: _Work, catalog: CatalogWriter) -> int:
    """Store new passages with their vectors and those of their sentences; return the dimension, 0 without any."""
    import numpy as np

    dimension = count = 0
    with closing(UnpublishedVectors(work.data.root)) as store:
        # Batch by batch, so that the process for the vectors adds one while the next is embedded.
        for batch in batched(added, _EMBED_BATCH):
            texts = [embedded_text(article.headline, passage) for article, passage in batch]
            spans = [sentences_in(text, passage) for text, (_, passage) in zip(texts, batch, strict=True)]
            packed = _vectors(list(zip(texts, spans, strict=True)), work.embedder, store)
            vectors = np.stack([np.frombuffer(vector.passage, np.float32) for vector in packed])
            work.worker.add([row(*pair) for pair in batch], vectors)
            catalog.add_passages(
                (passage, vector.sentences) for (_, passage), vector in zip(batch, packed, strict=True)
            )
            dimension, count = vectors.shape[1], count + len(batch)
            work.progress("Embedding", count, len(added))
    return dimension


def _vectors(passages: Sequence[Sentences], embedder: Embedder, store: UnpublishedVectors) -> list[PackedVectors]:
    """Return the vectors of passages: those that a stopped sync has stored, and new ones, which are stored too."""
    keys = [key(embedder.id, passage) for passage in passages]
    # The keys, not the places: passages with the same text have the same vectors, which are made once.
    packed = {identity: stored for identity, stored in zip(keys, store.get(keys), strict=True) if stored}
    new = [number for number, identity in enumerate(keys) if identity not in packed]
    if new:
        vectors, rows = embedder.embed_passages([passages[number] for number in new])
        for number, vector, sentence_rows in zip(new, vectors, rows, strict=True):
            sentences = sentence_rows.astype("float16").tobytes()
            packed[keys[number]] = PackedVectors(vector.astype("float32").tobytes(), sentences)
        store.put({keys[number]: packed[keys[number]] for number in new})
    return [packed[identity] for identity in keys]
