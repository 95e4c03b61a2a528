"""ZIP archives: each file in one is read as if it lay in a folder of the archive's name."""

import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import PurePosixPath

from index.corpus.documents import MAX_BYTES, Contents, Document
from index.corpus.fields import MAX_ARTICLES
from index.corpus.formats.packed.inner import Allowance, Inner
from index.errors import UnreadableFile
from index.text.file_names import printable

_ENTRY = b"PK\x01\x02"
_LONGEST_NAME = 1_000
_ENCRYPTED = 0x1
_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError, ValueError)


def read_zip(data: bytes, read: Inner, ignored_type: Callable[[str], str | None]) -> Contents:
    """Return the articles of the files in an archive; a file that cannot be read is named, and the rest is read.

    `ignored_type` gives the type of a file that is not read, and None for one that is.
    """
    if data.count(_ENTRY) > MAX_ARTICLES:  # each costs a hundred times its length in memory
        raise UnreadableFile(f"it may hold more than {MAX_ARTICLES:,} files; cut it into smaller archives")
    documents: list[Document] = []
    problems: list[str] = []
    ignored: Counter[str] = Counter()
    allowance, seen = Allowance(), set[str]()
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for member in _members(archive):
                if (kind := ignored_type(member.filename)) is not None:
                    ignored[kind] += 1
                    continue
                try:
                    documents += _read_member(archive, member, read, allowance, seen, problems)
                except UnreadableFile as error:
                    problems.append(f"{printable(member.filename[:_LONGEST_NAME])}: {error}")
                if len(documents) > MAX_ARTICLES:
                    problems.append(f"it holds more than {MAX_ARTICLES:,} articles; cut it into smaller archives")
                    break
    except _BROKEN:
        raise UnreadableFile("it is not a ZIP archive, or it is damaged") from None
    if not documents and not problems:
        raise UnreadableFile("it holds no file that is read")
    return Contents(tuple(documents[:MAX_ARTICLES]), tuple(problems), ignored)


def _members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Yield the files of an archive, without hidden ones and those in which macOS describes the others."""
    for member in archive.infolist():
        steps = _path(member).parts
        # A name with ".." is not hidden: it is refused, with the reason.
        if not member.is_dir() and not any(step.startswith((".", "__MACOSX")) and step != ".." for step in steps):
            yield member


def _read_member(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    read: Inner,
    allowance: Allowance,
    seen: set[str],
    problems: list[str],
) -> list[Document]:
    name = _name(member)
    if name in seen:
        raise UnreadableFile("it is in the archive twice; rename one of the two")
    seen.add(name)
    if member.file_size > MAX_BYTES:
        raise UnreadableFile(f"it is {member.file_size:,} bytes, over the limit of {MAX_BYTES:,}; cut it in several")
    allowance.spend(member.file_size)  # more than that is never unpacked, whatever the archive holds
    try:
        data = archive.read(member)
    except _BROKEN:
        raise UnreadableFile("it cannot be unpacked; the archive is damaged") from None
    contents = read(name, data)
    problems += [f"{printable(name)}: {problem}" for problem in contents.problems]
    documents = []
    for document in contents.documents:
        documents.append(replace(document, part=f"{name}/{document.part}" if document.part else name))
    return documents


def _name(member: zipfile.ZipInfo) -> str:
    """Return the name of a file in an archive; raise UnreadableFile when the file is not to be read."""
    path = _path(member)
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise UnreadableFile("its name leads out of the archive; rename it")
    if len(member.filename) > _LONGEST_NAME:
        raise UnreadableFile(f"its name is longer than {_LONGEST_NAME:,} characters; rename it")
    # The upper half holds the mode of Unix, where the archive was made there.
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnreadableFile("it is a link, and those are not followed")
    if member.flag_bits & _ENCRYPTED:
        raise UnreadableFile("it is encrypted with a password")
    if member.compress_type not in _READ:
        raise UnreadableFile("it is packed in a way that is not read; pack it with the usual one (deflate)")
    return str(path)


def _path(member: zipfile.ZipInfo) -> PurePosixPath:
    # Some programs on Windows write backslashes.
    return PurePosixPath(member.filename.replace("\\", "/"))
