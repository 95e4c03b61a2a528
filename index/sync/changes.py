"""The changes of the folder against the snapshot to build upon, article by article."""

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from index.corpus import reading
from index.corpus.formats.records.record import FieldNames
from index.corpus.reading import SourceFile
from index.errors import UnreadableFile
from index.models import Article, DoubtfulFile, IngestReport, Passage, SkippedFile
from index.store.catalog import Catalog
from index.store.files import read_manifest
from index.sync.ingesting import Ingested, ingest
from index.sync.vector_worker import VectorWorker
from index.text.file_names import printable


class Base:
    """The snapshot to build upon; empty when there is none."""

    def __init__(self, folder: Path | None) -> None:
        """Open the snapshot in `folder`; raise SnapshotBroken when it cannot be read."""
        self.folder = folder
        self.manifest = read_manifest(folder) if folder else None
        self.collection = self.manifest.collection if self.manifest else None
        self._catalog = Catalog(folder / "catalog.sqlite") if folder else None
        self.digests = self._catalog.digests() if self._catalog else {}
        self.junk_lines = self._catalog.junk_lines() if self._catalog else {}
        report = self._catalog.report() if self._catalog else None
        self.suspicious = report.suspicious if report else ()
        self.doubtful = report.doubtful if report else ()

    def ids_of(self, paths: Iterable[str]) -> set[str]:
        """Return the ids of the passages of articles."""
        # Read for these articles alone: an index has far more passages than a sync changes.
        return {identity for path in paths for identity in self._catalog.ids_of(path)} if self._catalog else set()

    def close(self) -> None:
        """Close the snapshot."""
        if self._catalog:
            self._catalog.close()


class Changes:
    """The changes found by reading the folder; files that are not read once `most` articles are added stay indexed."""

    def __init__(self, base: Base, worker: VectorWorker, field_names: FieldNames, most: int | None) -> None:
        """Begin without changes; `field_names` are those of records, `most` is the largest number of added articles."""
        self.base = base
        self.worker = worker
        self.field_names = field_names
        self.most = most
        self.added: list[Ingested] = []
        self.unchanged: set[str] = set()
        self.skipped: list[SkippedFile] = []
        self.doubtful: list[DoubtfulFile] = []
        self.ignored = Counter[str]()
        self.unread: set[str] = set()

    @property
    def is_full(self) -> bool:
        """Whether as many articles are added as may be."""
        return self.most is not None and len(self.added) >= self.most

    def read(self, file: SourceFile, corpus: Path) -> None:
        """Read a file, or the changed articles in it; a file that cannot be read is skipped."""
        if self.is_full:
            self.unread.add(file.path)
            return
        try:
            self._read(file.path, reading.read_bytes(file, corpus))
        except UnreadableFile as error:
            self.skipped.append(SkippedFile(path=printable(file.path), reason=str(error)))

    def _read(self, file: str, data: bytes) -> None:
        file_digest = reading.digest(data)
        if self._is_unchanged(file, file_digest):
            return
        contents = reading.read(file, data, self.field_names)
        self.skipped.extend(SkippedFile(path=printable(file), reason=problem) for problem in contents.problems)
        self.ignored.update(contents.ignored)
        for document in contents.documents:
            path = f"{file}/{document.part}" if document.part else file
            # An article of a file with several has no bytes of its own, so its digest is that of what was read for it.
            # Then an edit of one article leaves the others as they are.
            sha256 = reading.digest(repr(document).encode()) if document.part else file_digest
            if self._is_unchanged(path, sha256):
                continue
            if self.is_full:
                # The rest of the file is read for the next snapshot; until then its articles stay as they were.
                self.unread.add(file)
                return
            # Ahead of its first command: the process imports Chroma while articles are read.
            self.worker.start()
            self.added.append(ingest(path, sha256, document))
            self.doubtful.extend(DoubtfulFile(path=path, reason=doubt) for doubt in document.doubts)

    def _is_unchanged(self, path: str, sha256: str) -> bool:
        same = self.base.digests.get(path) == sha256
        if same:
            self.unchanged.add(path)
        return same

    def leave_the_rest(self) -> None:
        """Count the articles of unread files as unchanged."""
        added = {ingested.article.path for ingested in self.added}
        for path in self.base.digests if self.unread else ():
            if path not in added and self._is_unread(path):
                self.unchanged.add(path)

    def _is_unread(self, path: str) -> bool:
        # The path of an article is that of its file, or lies below it.
        while path and path not in self.unread:
            path = path.rpartition("/")[0]
        return bool(path)

    @cached_property
    def gone(self) -> list[str]:
        """The paths of articles in the base that are removed or changed."""
        return sorted(set(self.base.digests) - self.unchanged)

    @cached_property
    def ids_gone(self) -> set[str]:
        """The passages of those articles."""
        return self.base.ids_of(self.gone)

    @cached_property
    def ids_added(self) -> set[str]:
        """The passages of the articles that are added."""
        return {passage.id for ingested in self.added for passage in ingested.passages}

    def new_passages(self) -> list[tuple[Article, Passage]]:
        """Return the passages to embed; unchanged passages of an edited article are not among them."""
        pairs = ((ingested.article, passage) for ingested in self.added for passage in ingested.passages)
        return [(article, passage) for article, passage in pairs if passage.id not in self.ids_gone]

    def report(self, corpus: Path) -> IngestReport:
        """Return the report of a snapshot with these changes, without its name and the time."""
        paths = {ingested.article.path for ingested in self.added}
        paths_before = set(self.base.digests)
        suspicious = [flag for flag in self.base.suspicious if flag.path in self.unchanged]
        suspicious += [flag for ingested in self.added for flag in ingested.suspicious]
        doubtful = [file for file in self.base.doubtful if file.path in self.unchanged] + self.doubtful
        passages = self.base.manifest.passages if self.base.manifest else 0
        return IngestReport(
            corpus=str(corpus.resolve()),
            snapshot="",
            added=tuple(sorted(paths - paths_before)),
            changed=tuple(sorted(paths & paths_before)),
            # A changed article is among the added ones, too: only what is in neither set is gone.
            removed=tuple(sorted(paths_before - self.unchanged - paths)),
            unchanged=len(self.unchanged),
            skipped=tuple(self.skipped),
            doubtful=tuple(sorted(doubtful, key=lambda file: file.path)),
            ignored=self.ignored,
            junk_lines=sum(ingested.junk_lines for ingested in self.added)
            + sum(self.base.junk_lines[path] for path in self.unchanged),
            suspicious=tuple(sorted(suspicious, key=lambda flag: flag.path)),
            articles=len(self.unchanged) + len(paths),
            passages=passages - len(self.ids_gone) + len(self.ids_added),
            embedded=len(self.new_passages()),
        )
