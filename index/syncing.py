"""Bring the index in step with the folder of articles: a set difference, applied to a copy, then published."""

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index import (
    chunking,
    cleaning,
    documents,
    formats,
    html_metadata,
    language,
    line_model,
    lines,
    metadata,
    reading,
    suspicion,
)
from index.catalog import Catalog, write_catalog
from index.documents import Document
from index.embedding import Embedder
from index.errors import CorpusEmpty, SnapshotBroken, UnreadableFile
from index.files import altered_file, copy_chroma, copy_lexical, digests
from index.lexical import LexicalIndex
from index.locking import writer_lock
from index.models import Article, IngestReport, Passage, SkippedFile, SuspiciousText
from index.names import shown
from index.reading import SourceFile
from index.snapshots import DataFolder, Manifest, read_manifest, verify_in_child
from index.stories import stories
from index.vectors import ChromaVectors

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""

_EMBED_BATCH = 256
_CANARIES = 5
_MAX_TOMBSTONES = 0.2
_SHOWN_REASONS = 3


def sync(corpus: Path, data: DataFolder, embedder: Embedder, progress: Progress = lambda *_: None) -> IngestReport:
    """Index the articles under `corpus` into `data`, doing only the work that changes ask for.

    Publishes a new snapshot when something changed. Files that cannot be read are skipped and reported. A snapshot
    that turns out to be damaged is not built upon: the index is then built from nothing. Raises CorpusMissing,
    CorpusEmpty, IndexLocked, SnapshotBroken or EmbedderFailed; the snapshot in use then stays.
    """
    began = time.monotonic()
    with writer_lock(data.root):
        previous = _usable_snapshot(data, embedder)
        try:
            report = _sync_onto(previous, corpus, data, embedder, progress)
        except SnapshotBroken:
            if not previous:
                raise
            report = _sync_onto(None, corpus, data, embedder, progress)
        return report.model_copy(update={"seconds": time.monotonic() - began})


def _sync_onto(
    previous: Path | None, corpus: Path, data: DataFolder, embedder: Embedder, progress: Progress
) -> IngestReport:
    files, ignored = reading.source_files(corpus)
    state = _Corpus(previous)
    _read_all(state, corpus, files, progress)
    if not state.articles:
        raise CorpusEmpty(_nothing_to_read(corpus, state.skipped))
    report = _report(state, corpus, ignored)
    if previous and not report.anything_changed:
        return report.model_copy(update={"snapshot": previous.name})
    name = data.next_name()
    report = report.model_copy(update={"snapshot": name})
    with data.staging() as staged:
        report = _build(staged, state, embedder, report, progress)
        data.publish(staged, name)
    return report


def ingest_version() -> str:
    """Return a digest of the code that turns a file into passages and flags: a change of it rebuilds the index."""
    about = (html_metadata, lines, metadata, language)
    modules = (reading, documents, *about, cleaning, *cleaning.MODULES, chunking, *suspicion.MODULES)
    files = [Path(module.__file__ or "") for module in modules] + sorted(Path(formats.__path__[0]).glob("*.py"))
    files.append(line_model.WEIGHTS)
    source = b"".join(file.read_bytes() for file in files)
    return hashlib.sha256(source).hexdigest()[:16]


def read_article(path: str, data: bytes) -> tuple[Article, int]:
    """Return the article in a file that holds one, and the number of its junk lines; raise UnreadableFile."""
    [document] = reading.read(path, data).documents
    return _article(path, reading.digest(data), document)


def _article(path: str, sha256: str, document: Document) -> tuple[Article, int]:
    page = lines.lines(document.text)
    found = metadata.parse(page)
    cleaned = cleaning.clean(page, found)
    about = {name: getattr(found, name) for name in metadata.FIELDS}
    where = dict(found.found) | dict.fromkeys(document.declared, "the file's own fields")
    article = Article(
        path=path,
        text=document.text,
        encoding=document.encoding,
        sha256=sha256,
        kept=cleaned.kept,
        found=where,
        **(about | document.declared),
    )
    return article, len(cleaned.junk)


@dataclass
class _Corpus:
    """What a sync knows while it works: the new state, and what is taken over from the snapshot before."""

    previous: Path | None
    articles: list[tuple[Article, int]] = field(default_factory=list)
    chunked: dict[str, list[Passage]] = field(default_factory=dict)
    skipped: list[SkippedFile] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    known_ids: set[str] = field(default_factory=set)
    flagged: tuple[SuspiciousText, ...] = ()

    def passages(self) -> list[tuple[Article, Passage]]:
        return [(article, passage) for article, _ in self.articles for passage in self.chunked[article.path]]


def _usable_snapshot(data: DataFolder, embedder: Embedder) -> Path | None:
    """Return the snapshot in use when it is whole and made the way this one would be."""
    folder = data.current()
    try:
        manifest = read_manifest(folder) if folder else None
    except SnapshotBroken:
        return None
    if not folder or not manifest or (manifest.embedder, manifest.ingest) != (embedder.id, ingest_version()):
        return None
    return None if altered_file(folder, manifest.digests) else folder


def _read_all(state: _Corpus, corpus: Path, files: Sequence[SourceFile], progress: Progress) -> None:
    catalog = Catalog(state.previous / "catalog.sqlite") if state.previous else None
    try:
        state.known = catalog.digests() if catalog else {}
        state.known_ids = set(catalog.passage_ids()) if catalog else set()
        state.flagged = catalog.report().suspicious if catalog else ()
        junk = catalog.junk_lines() if catalog else {}
        for at, file in enumerate(files):
            try:
                _read_file(state, file.path, reading.read_bytes(file, corpus), catalog, junk)
            except UnreadableFile as error:
                state.skipped.append(SkippedFile(path=shown(file.path), reason=str(error)))
            progress("Reading", at + 1, len(files))
    finally:
        if catalog:
            catalog.close()


def _read_file(state: _Corpus, file: str, data: bytes, catalog: Catalog | None, junk: Mapping[str, int]) -> None:
    """Take each article of a file over from the snapshot before when it has not changed, else read it anew."""
    whole = reading.digest(data)
    if _taken_over(state, file, whole, catalog, junk):
        return
    contents = reading.read(file, data)
    state.skipped.extend(SkippedFile(path=shown(file), reason=problem) for problem in contents.problems)
    for document in contents.documents:
        path = f"{file}/{document.part}" if document.part else file
        sha256 = reading.digest(repr(document).encode()) if document.part else whole
        if not _taken_over(state, path, sha256, catalog, junk):
            article, junk_lines = _article(path, sha256, document)
            state.articles.append((article, junk_lines))
            state.chunked[path] = chunking.chunk(article)


def _taken_over(state: _Corpus, path: str, sha256: str, catalog: Catalog | None, junk: Mapping[str, int]) -> bool:
    before = catalog.article(path) if catalog and state.known.get(path) == sha256 else None
    if catalog and before:
        state.articles.append((before, junk[path]))
        state.chunked[path] = catalog.passages_of(path)
    return before is not None


def _nothing_to_read(corpus: Path, skipped: Sequence[SkippedFile]) -> str:
    kinds = " ".join(reading.FORMATS)
    if not skipped:
        return f"There is no article in {str(corpus)!r} (files read: {kinds}). Add some, or give another folder"
    reasons = "; ".join(f"{file.path}: {file.reason}" for file in skipped[:_SHOWN_REASONS])
    return f"None of the {len(skipped)} files in {str(corpus)!r} can be read ({reasons}). Add articles ({kinds})"


def _report(state: _Corpus, corpus: Path, ignored: int) -> IngestReport:
    now = {article.path: article.sha256 for article, _ in state.articles}
    return IngestReport(
        corpus=str(corpus.resolve()),
        snapshot="",
        added=tuple(path for path in now if path not in state.known),
        changed=tuple(path for path in now if path in state.known and state.known[path] != now[path]),
        removed=tuple(sorted(set(state.known) - set(now))),
        unchanged=sum(1 for path in now if state.known.get(path) == now[path]),
        skipped=tuple(state.skipped),
        ignored=ignored,
        junk_lines=sum(junk for _, junk in state.articles),
        suspicious=suspicion.flags([article for article, _ in state.articles], state.known, state.flagged),
        articles=len(now),
        passages=len(state.passages()),
    )


def _build(staged: Path, state: _Corpus, embedder: Embedder, report: IngestReport, progress: Progress) -> IngestReport:
    wanted = {passage.id: (article, passage) for article, passage in state.passages()}
    added = [pair for identity, pair in wanted.items() if identity not in state.known_ids]
    removed = sorted(state.known_ids - set(wanted))
    vectors, tombstones = _open_vectors(staged, state, removed)
    of_sentences = _embed(vectors, embedder, added, progress)
    canaries = tuple(sorted(wanted)[:: max(1, len(wanted) // _CANARIES)])[:_CANARIES]
    dimension = vectors.vectors(canaries[:1]).shape[-1]
    vectors.close()
    if state.previous:
        copy_lexical(state.previous / "lexical", staged / "lexical")
        of_sentences |= _sentence_vectors_before(state.previous, [i for i in wanted if i in state.known_ids])
    LexicalIndex(staged / "lexical", create=not state.previous).update(removed, added)
    report = report.model_copy(update={"embedded": len(added)})
    with_vectors = ((passage, of_sentences[passage.id]) for _, passage in wanted.values())
    grouped = stories(article for article, _ in state.articles)
    write_catalog(staged / "catalog.sqlite", state.articles, with_vectors, grouped, report)
    manifest = Manifest(
        embedder=embedder.id,
        dimension=dimension,
        ingest=ingest_version(),
        articles=report.articles,
        passages=len(wanted),
        tombstones=tombstones,
        digests=digests(staged),
        canaries=canaries,
    )
    (staged / "manifest.json").write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    progress("Verifying", 0, 1)
    verify_in_child(staged)
    progress("Verifying", 1, 1)
    return report


def _embed(
    vectors: ChromaVectors, embedder: Embedder, added: Sequence[tuple[Article, Passage]], progress: Progress
) -> dict[str, bytes]:
    """Store the vectors of new passages, and return those of their sentences by passage id, as float16 bytes."""
    of_sentences: dict[str, bytes] = {}
    for first in range(0, len(added), _EMBED_BATCH):
        batch = added[first : first + _EMBED_BATCH]
        vectors.add(batch, embedder.embed([chunking.embedded_text(*pair) for pair in batch]))
        sentences = [passage.sentence(span) for _, passage in batch for span in passage.sentences]
        rows = iter(embedder.embed(sentences).astype("float16"))
        for _, passage in batch:
            of_sentences[passage.id] = b"".join(next(rows).tobytes() for _ in passage.sentences)
        progress("Embedding", first + len(batch), len(added))
    return of_sentences


def _sentence_vectors_before(folder: Path, ids: Sequence[str]) -> dict[str, bytes]:
    catalog = Catalog(folder / "catalog.sqlite")
    try:
        return catalog.sentence_vectors(ids)
    finally:
        catalog.close()


def _open_vectors(staged: Path, state: _Corpus, removed: Sequence[str]) -> tuple[ChromaVectors, int]:
    """Copy the collection and delete from it, or build it anew from its own vectors when deletions have piled up."""
    target = staged / "chroma"
    if not state.previous:
        return ChromaVectors(target, create=True), 0
    copy_chroma(state.previous / "chroma", target)
    vectors = ChromaVectors(target)
    tombstones = read_manifest(state.previous).tombstones + len(removed)
    if tombstones <= _MAX_TOMBSTONES * len(state.known_ids):
        vectors.delete(removed)
        return vectors, tombstones
    staying = [pair for pair in state.passages() if pair[1].id in state.known_ids]
    on_hand = vectors.vectors([passage.id for _, passage in staying]) if staying else None
    vectors.close()
    shutil.rmtree(target)
    fresh = ChromaVectors(target, create=True)
    if on_hand is not None:
        fresh.add(staying, on_hand)
    return fresh, 0
