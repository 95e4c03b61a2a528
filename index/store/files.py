"""The files of a snapshot: the manifest, which files must not change, whether they are whole, and copies of them."""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from pydantic import Field

from index.errors import SnapshotBroken
from index.models import Record

# Raise it when the layout of a snapshot changes: another format is refused, and the next sync builds from nothing.
FORMAT = 6
MANIFEST = "manifest.json"
CHROMA_DATABASE = "chroma.sqlite3"
_CHROMA_SAVED = "index_metadata.pickle"
_FOLDER_MODE, _FILE_MODE = 0o750, 0o640
"""The owner writes; a second user, of the same group, may read."""


class Manifest(Record):
    """The contents of a snapshot, and how it was made."""

    format: int = FORMAT
    corpus: str = Field(default="", description="the folder that was indexed")
    embedder: str
    dimension: int
    ingest: int = Field(description="version of the code that reads, cleans and chunks")
    fields: dict[str, str] = Field(default_factory=dict, description="what records call their fields, by ours")
    articles: int
    passages: int
    collection: str | None = Field(default=None, description="where in a Chroma server the vectors are, if they are")
    tombstones: int = Field(default=0, description="passages deleted from Chroma since it was built anew")
    files: dict[str, tuple[int, str]] = Field(default_factory=dict, description="size in bytes and sha256 by file")
    canaries: tuple[str, ...] = Field(default=(), description="passages whose own vector must find them")
    digest: str = Field(default="", description="sha256 of all the other fields, as JSON")

    def sealed(self) -> "Manifest":
        """Return the manifest with its own digest."""
        return self.model_copy(update={"digest": self._digest()})

    def _digest(self) -> str:
        return hashlib.sha256(self.model_dump_json(exclude={"digest"}).encode()).hexdigest()

    @property
    def is_whole(self) -> bool:
        """Whether the manifest is as it was sealed."""
        return self.digest == self._digest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of the snapshot in `folder`, with its digest."""
    (folder / MANIFEST).write_text(manifest.sealed().model_dump_json(indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read a snapshot's manifest; raise SnapshotBroken when it is not there, not as written, or of another format."""
    unreadable = f"The manifest of {str(folder)!r} cannot be read. Run: newsdesk index"
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise SnapshotBroken(unreadable) from error
    try:
        fields = json.loads(content)
        # The format comes before the validation: the fields of another format may be unknown here, and to name it says
        # more.
        if isinstance(fields, dict) and fields.get("format") != FORMAT:
            version = fields.get("format")
            raise SnapshotBroken(f"{str(folder)!r} has format {version}, not {FORMAT}. Run: newsdesk index")
        manifest = Manifest.model_validate(fields)
    # json.loads meets its limit on nesting in a file that damage, or somebody, filled with brackets.
    except (ValueError, RecursionError) as error:
        raise SnapshotBroken(unreadable) from error
    if not manifest.is_whole:
        raise SnapshotBroken(f"The manifest of {str(folder)!r} is not as it was written. Run: newsdesk index")
    return manifest


def lasting_files(folder: Path) -> dict[str, Path]:
    """Return the files of a snapshot that must not change, by their path in `folder`."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and not _may_change(file, folder))
    return {file.relative_to(folder).as_posix(): file for file in files}


def written_files(folder: Path) -> dict[str, tuple[int, str]]:
    """Return size and sha256 of each file of a snapshot that must not change, for its manifest."""
    return {name: (file.stat().st_size, _sha256(file)) for name, file in lasting_files(folder).items()}


def file_stats(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Return size, time and number of each file of a snapshot that must not change, and of its manifest.

    Any change of a file alters them, but one that keeps the time: only a check of the digests finds that.
    """
    return tuple(sorted(_file_stats(folder, folder)))


def _file_stats(folder: Path, root: Path) -> Iterator[tuple[str, int, int, int]]:
    # This runs at each question, and scandir tells folders from files without a call for each.
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _file_stats(Path(entry.path), root)
            elif entry.name == MANIFEST or not _may_change(Path(entry.path), root):
                stat = entry.stat()
                yield entry.path, stat.st_size, stat.st_mtime_ns, stat.st_ino
        except OSError:
            # What vanishes meanwhile is left out, and so alters the result as any other change does.
            continue


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _may_change(file: Path, folder: Path) -> bool:
    """Whether opening a snapshot writes to the file.

    Chroma writes to a segment that it has never saved: until about 1,000 passages are in, the segment's files are
    placeholders, and its vectors lie in the SQLite file.
    """
    unsaved = file.parent.parent == folder / "chroma" and not (file.parent / _CHROMA_SAVED).is_file()
    beside = file.name.startswith(f"{CHROMA_DATABASE}-")  # SQLite's journals
    return unsaved or beside or file == folder / MANIFEST or ".lock" in file.name


def altered_file(folder: Path, written: Mapping[str, tuple[int, str]]) -> str | None:
    """Return the path of a file that is missing, altered or not in the manifest; None without one."""
    now = lasting_files(folder)
    # Sizes first: most damage shows in them, and no byte need be read.
    for name in sorted(set(now) | set(written)):
        if name not in now or name not in written or now[name].stat().st_size != written[name][0]:
            return name
    return next((name for name, file in now.items() if _sha256(file) != written[name][1]), None)


def allow_group(folder: Path) -> None:
    """Let the group read a snapshot and nobody else: tantivy's files are otherwise for their owner alone."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(_FOLDER_MODE if path.is_dir() else _FILE_MODE)


def copy_lexical(source: Path, target: Path) -> None:
    """Copy the lexical index's folder into one that can be written to."""
    _copy_tree(source, target, "*.lock")


def copy_chroma(source: Path, target: Path) -> None:
    """Copy Chroma's folder; its SQLite file through SQLite's own backup, since a reader may be opening it.

    Raises SnapshotBroken when the SQLite file is damaged.
    """
    _copy_tree(source, target, f"{CHROMA_DATABASE}*")
    origin = (source.resolve() / CHROMA_DATABASE).as_uri()
    try:
        with (
            closing(sqlite3.connect(f"{origin}?mode=ro", uri=True)) as opened,
            closing(sqlite3.connect(target / CHROMA_DATABASE)) as copy,
        ):
            opened.backup(copy)
    except sqlite3.DatabaseError as error:
        raise SnapshotBroken(f"{str(source)!r} cannot be copied ({error}). Run: newsdesk index") from error


def keep_from_changing(chroma: Path) -> None:
    """Make the SQLite file of a finished collection stay as it is when the collection is opened.

    Whoever opens it takes the write lock by inserting a row into a table that nothing reads; a trigger drops the row.
    """
    with closing(sqlite3.connect(chroma / CHROMA_DATABASE)) as database:
        database.execute(
            "CREATE TRIGGER IF NOT EXISTS unchanged BEFORE INSERT ON acquire_write BEGIN SELECT RAISE(IGNORE); END"
        )
        database.commit()


def _copy_tree(source: Path, target: Path, but: str) -> None:
    # A source may be read-only, and its copy must not be: copyfile leaves the mode of a file behind, but copytree
    # copies that of folders.
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(but), copy_function=shutil.copyfile)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
