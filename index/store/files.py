"""The files of a snapshot: which of them must not change, whether they are whole, and copies of them."""

import hashlib
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from index.errors import SnapshotBroken

CHROMA_DATABASE = "chroma.sqlite3"
_CHROMA_SAVED = "index_metadata.pickle"


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of each file of a snapshot that must not change, by its path in `folder`."""
    return {
        file.relative_to(folder).as_posix(): _sha256(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not _may_change(file, folder)
    }


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _may_change(file: Path, folder: Path) -> bool:
    """Whether opening a snapshot writes to the file.

    Chroma writes to its SQLite file, and to a segment that it has never saved: until about 1,000 passages are in, the
    segment's files are placeholders, and its vectors lie in the SQLite file.
    """
    unsaved = file.parent.parent == folder / "chroma" and not (file.parent / _CHROMA_SAVED).is_file()
    return unsaved or file == folder / "manifest.json" or file.name.startswith(CHROMA_DATABASE) or ".lock" in file.name


def altered_file(folder: Path, written: Mapping[str, str], *, with_chroma: bool) -> str | None:
    """Return the path of a file that is not there as it was written, or None; Chroma's SQLite file only for length."""
    now = digests(folder)
    names = sorted(set(now) | set(written))
    altered = (name for name in names if now.get(name) != written.get(name))
    database = folder / "chroma" / CHROMA_DATABASE
    return next(altered, f"chroma/{CHROMA_DATABASE}" if with_chroma and not _is_whole_sqlite(database) else None)


def _is_whole_sqlite(file: Path) -> bool:
    """Whether a file is as long as its SQLite header says (https://www.sqlite.org/fileformat.html, section 1.3)."""
    try:
        with file.open("rb") as opened:
            header = opened.read(100)
        size = file.stat().st_size
    except OSError:
        return False
    pages, page = int.from_bytes(header[28:32], "big"), int.from_bytes(header[16:18], "big")
    return header.startswith(b"SQLite format 3\0") and pages * (page if page > 1 else 65536) <= size


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


def _copy_tree(source: Path, target: Path, but: str) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(but), copy_function=shutil.copyfile)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
