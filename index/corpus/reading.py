"""Read files into text exactly: nothing is normalised, so that offsets point into the file as it is.

Formats other than plain text are the exception to exactness: the article is extracted, and offsets point into the
extracted text, which the catalog keeps.
"""

import errno
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from index.corpus.documents import MAX_BYTES, Contents, Document, fault_of
from index.corpus.encodings import decoded
from index.corpus.formats.docx import read_docx
from index.corpus.formats.feeds import read_feed
from index.corpus.formats.front_matter import front_matter
from index.corpus.formats.html.page import is_page, read_html
from index.corpus.formats.mail.messages import read_mail
from index.corpus.formats.packed.inner import Inner
from index.corpus.formats.packed.mhtml import read_mhtml
from index.corpus.formats.packed.web_archive import read_warc
from index.corpus.formats.packed.zipped import read_zip
from index.corpus.formats.pdf.extraction import read_pdf
from index.corpus.formats.records.json_files import read_json, read_json_lines
from index.corpus.formats.records.record import NO_NAMES, FieldNames
from index.corpus.formats.records.tables import read_table
from index.errors import CorpusMissing, UnreadableFile

# Limits for files that take many times their size to read: a tree of a page's elements, copies of a mail's lines.
_LOWER_LIMITS = {
    ".html": (5 * 1024 * 1024, "save the article alone, without what is embedded in the page"),
    ".htm": (5 * 1024 * 1024, "save the article alone, without what is embedded in the page"),
    ".eml": (10 * 1024 * 1024, "save it without attachments"),
    ".mhtml": (10 * 1024 * 1024, "save the article alone (.html)"),
    ".mht": (10 * 1024 * 1024, "save the article alone (.html)"),
}
_LOOP = "it is a link that leads to itself, or became a link while the folder was read"


@dataclass(frozen=True)
class SourceFile:
    """A file of the corpus: its id (relative path) and where it lies."""

    path: str
    location: Path


def source_files(root: Path) -> tuple[list[SourceFile], Counter[str]]:
    """Return the files under `root` that are read, sorted by path, and the number of the others by type.

    Hidden files and folders are left out; a folder that cannot be listed stands for its files. Raises CorpusMissing
    when `root` is not a folder.
    """
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise CorpusMissing(f"The corpus folder {str(root)!r} {what}. Give a folder of articles: newsdesk index FOLDER")
    files, ignored = [], Counter[str]()
    for location in _walk(root):
        if is_read(location) or location.is_dir():
            files.append(SourceFile(location.relative_to(root).as_posix(), location))
        else:
            ignored[suffix_of(location)] += 1
    return sorted(files, key=lambda file: file.path), ignored


def _walk(root: Path) -> Iterator[Path]:
    unlisted: list[Path] = []
    for folder, folders, names in os.walk(root, onerror=lambda error: unlisted.append(Path(error.filename))):
        # In place: os.walk goes into what is left in the list.
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        # A link to a folder is not followed; given as a file, it is reported with the reason.
        yield from (link for link in map(Path(folder).joinpath, folders) if link.is_symlink())
        yield from (Path(folder, name) for name in names if not name.startswith("."))
    yield from unlisted


def read_bytes(file: SourceFile, root: Path) -> bytes:
    """Return the bytes of a regular file inside `root`; raise UnreadableFile with the reason otherwise."""
    try:
        # A name that is not valid UTF-8 has lone surrogates for its bytes, and fails here.
        file.path.encode("utf-8")
        root, target = root.resolve(), file.location.resolve(strict=True)
        if not target.is_relative_to(root):
            raise UnreadableFile("it is a link that leads out of the corpus folder")
        if target.is_dir() and file.location.is_symlink():
            raise UnreadableFile("it is a link to a folder, and those are not followed")
        if target.is_dir():
            raise UnreadableFile("it is a folder that cannot be listed; check its permissions")
        return _read_inside(root, target.relative_to(root))
    except UnicodeEncodeError:
        raise UnreadableFile("its name is not valid UTF-8; rename it") from None
    except RuntimeError:  # a loop; from Python 3.13 an OSError
        raise UnreadableFile(_LOOP) from None
    except FileNotFoundError:
        gone = "leads to nothing" if file.location.is_symlink() else "was deleted or renamed while the folder was read"
        raise UnreadableFile(f"it {gone}") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnreadableFile(_LOOP) from None
        raise UnreadableFile(f"it cannot be opened ({error.strerror or error}); check its permissions") from None


def _read_inside(root: Path, path: Path) -> bytes:
    """Read a regular file, going down from `root` folder by folder without following a link.

    What is checked is what is read, even when someone swaps a folder for a link meanwhile; a pipe is never waited for.
    """
    with ExitStack() as opened:
        folder: int | None = None
        for step in (str(root), *path.parts[:-1]):
            folder = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            opened.callback(os.close, folder)
        # Before it is opened: to open a pipe or a device can already do something.
        _check(path, os.stat(path.name, dir_fd=folder, follow_symlinks=False))
        descriptor = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            before = os.fstat(descriptor)
            _check(path, before)
            # One byte more than it had, so that a file which grows is noticed.
            data = file.read(before.st_size + 1)
            after = os.fstat(descriptor)
    if (len(data), after.st_size, after.st_mtime_ns) != (before.st_size, before.st_size, before.st_mtime_ns):
        raise UnreadableFile("it changed while it was read; index again")
    return data


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableFile("it is not a regular file")
    _check_size(path, status.st_size)


def _check_size(path: str | Path, size: int) -> None:
    most, remedy = _LOWER_LIMITS.get(suffix_of(path), (MAX_BYTES, "cut it into smaller files"))
    if size > most:
        raise UnreadableFile(f"it is {size:,} bytes, over the limit of {most:,}; {remedy}")


def read(path: str, data: bytes, field_names: FieldNames = NO_NAMES) -> Contents:
    """Return the articles in the bytes of one file, by its suffix; raise UnreadableFile when there is none.

    `field_names` are those of fields in records that do not go by the usual ones.
    """
    suffix = suffix_of(path)
    try:
        if suffix in RECORDS:
            result: Document | Contents = RECORDS[suffix](data, field_names)
        elif suffix in PACKED:
            result = PACKED[suffix](data, partial(_read_packed, field_names=field_names))
        else:
            result = FORMATS[suffix](data)
    except RecursionError:
        raise UnreadableFile("it is nested too deeply") from None
    contents = result if isinstance(result, Contents) else Contents((result,))
    for document in contents.documents:
        # A part was looked at when it was added to its file.
        if not document.part and (fault := fault_of(document.text[document.start :])):
            raise UnreadableFile(f"it {fault}")
    return contents


def _read_packed(path: str, data: bytes, field_names: FieldNames) -> Contents:
    """Read a file that is inside another as one in the folder."""
    # A saved page packs only what is on it, so it may stand in an archive.
    if suffix_of(path) in PACKED and suffix_of(path) not in SAVED_PAGES:
        raise UnreadableFile("it is an archive in an archive; unpack the outer one")
    _check_size(path, len(data))
    return read(path, data, field_names)


def ignored_type(path: str | Path) -> str | None:
    """Return the type of a file by its name, and None for one that is read."""
    return None if is_read(path) else suffix_of(path)


def is_read(path: str | Path) -> bool:
    """Whether a file of this name is read."""
    return suffix_of(path) in SUFFIXES


def suffix_of(path: str | Path) -> str:
    """Return the suffix of a file's name in lower case: `.txt`, or `.wet.gz` of a packed file."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes[-2:]]
    return "".join(suffixes) if suffixes[1:] == [".gz"] else suffixes[-1] if suffixes else ""


def digest(data: bytes) -> str:
    """Return the sha256 of the bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def _read_text(data: bytes) -> Document:
    text, encoding, doubt = decoded(data)
    # People save pages as .txt, too.
    if is_page(text):
        return read_html(data)
    header = front_matter(text)
    return Document(text, encoding, header.declared, start=header.end, doubts=(doubt,) if doubt else ())


FORMATS: dict[str, Callable[[bytes], Document | Contents]] = {
    ".txt": _read_text,
    ".md": _read_text,
    ".markdown": _read_text,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".rss": read_feed,
    ".atom": read_feed,
    ".xml": read_feed,
    ".eml": read_mail,
}
RECORDS: dict[str, Callable[[bytes, FieldNames], Contents]] = {
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".csv": read_table,
    ".tsv": read_table,
}
SAVED_PAGES = (".mhtml", ".mht")
PACKED: dict[str, Callable[[bytes, Inner], Contents]] = {
    ".zip": lambda data, inner: read_zip(data, inner, ignored_type),
    **dict.fromkeys(SAVED_PAGES, read_mhtml),
    **dict.fromkeys((".warc", ".warc.gz", ".wet", ".wet.gz"), read_warc),
}
SUFFIXES = (*FORMATS, *RECORDS, *PACKED)
