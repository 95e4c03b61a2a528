"""Read files into text, exactly: nothing is normalised, so that offsets point into the file as it is.

The decoding rule, stated once: a byte order mark decides (UTF-8, UTF-16) and is not part of the text; else UTF-8;
else Windows-1252 where every byte has a meaning there; a NUL byte or many control characters mean a binary file.
HTML is the exception to exactness: trafilatura extracts the article, and offsets point into the extracted text,
which the catalog keeps.
"""

import codecs
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from index.errors import CorpusMissing, UnreadableFile

MAX_BYTES = 20 * 1024 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MAX_CONTROL_SHARE = 0.01


@dataclass(frozen=True)
class SourceFile:
    """A file of the corpus: its id (relative path) and where it lies."""

    path: str
    location: Path


@dataclass(frozen=True)
class Document:
    """The text of a file and what its format itself says about it."""

    text: str
    encoding: str
    declared: dict[str, str | date | None] = field(default_factory=dict)


def source_files(root: Path) -> tuple[list[SourceFile], int]:
    """List the readable files under `root`, sorted by path, and count those of a type that is not read.

    Hidden files and folders are left out; a folder that cannot be listed stands for its files. Raises CorpusMissing
    when `root` is not a folder.
    """
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise CorpusMissing(f"The corpus folder {str(root)!r} {what}. Give a folder of articles: newsdesk index FOLDER")
    found, ignored = [], 0
    for location in _walk(root):
        if location.suffix.lower() in FORMATS or location.is_dir():
            found.append(SourceFile(location.relative_to(root).as_posix(), location))
        else:
            ignored += 1
    return sorted(found, key=lambda file: file.path), ignored


def _walk(root: Path) -> Iterator[Path]:
    unlisted: list[Path] = []
    for folder, folders, names in os.walk(root, onerror=lambda error: unlisted.append(Path(error.filename))):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        yield from (Path(folder, name) for name in names if not name.startswith("."))
    yield from unlisted


def read_bytes(file: SourceFile, root: Path) -> bytes:
    """Return the bytes of a regular file inside `root`; raise UnreadableFile with the reason otherwise."""
    try:
        file.path.encode("utf-8")
        if not file.location.resolve().is_relative_to(root.resolve()):
            raise UnreadableFile("it is a link that leads out of the corpus folder")
        if file.location.is_dir():
            raise UnreadableFile("it is a folder that cannot be listed; check its permissions")
        if not file.location.is_file():
            raise UnreadableFile("it is not a regular file")
        size = file.location.stat().st_size
        if size > MAX_BYTES:
            raise UnreadableFile(f"it is {size:,} bytes, over the limit of {MAX_BYTES:,}; cut it into articles")
        return file.location.read_bytes()
    except UnicodeEncodeError:
        raise UnreadableFile("its name is not valid UTF-8; rename it") from None
    except RuntimeError:  # Path.resolve, before Python 3.13
        raise UnreadableFile("it is a link that leads to itself") from None
    except OSError as error:
        raise UnreadableFile(f"it cannot be opened ({error.strerror or error}); check its permissions") from None


def read(path: str, data: bytes) -> Document:
    """Decode the bytes of one file by its suffix; raise UnreadableFile when they are not text."""
    document = FORMATS[Path(path).suffix.lower()](data)
    if not document.text.strip():
        raise UnreadableFile("it holds no text")
    return document


def digest(data: bytes) -> str:
    """Return the sha256 of the bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and the name of the encoding, by the rule in this module's docstring."""
    bom = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    for encoding in (bom,) if bom else ("utf-8", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _looks_binary(text):
            break
        return text, encoding
    raise UnreadableFile("it is not text (binary, or in an encoding that is neither UTF-8, UTF-16 nor Windows-1252)")


def _looks_binary(text: str) -> bool:
    if "\0" in text:
        return True
    controls = sum(1 for char in text if char < " " and char not in "\t\n\r\f")
    return controls > _MAX_CONTROL_SHARE * len(text)


def _read_text(data: bytes) -> Document:
    text, encoding = decode(data)
    return Document(text, encoding)


def _read_html(data: bytes) -> Document:
    import trafilatura
    from trafilatura.metadata import extract_metadata

    html, encoding = decode(data)
    text = trafilatura.extract(html, include_comments=False, include_tables=True, favor_recall=True)
    if not text:
        raise UnreadableFile("no article text was found in the HTML")
    found = extract_metadata(html)
    published = date.fromisoformat(found.date) if found and found.date else None
    declared: dict[str, str | date | None] = {"published": published}
    if found:
        declared |= {
            "headline": found.title,
            "outlet": found.sitename,
            "author": found.author,
            "url": found.url,
        }
    return Document(text, encoding, {name: value for name, value in declared.items() if value})


FORMATS: dict[str, Callable[[bytes], Document]] = {
    ".txt": _read_text,
    ".md": _read_text,
    ".html": _read_html,
    ".htm": _read_html,
}
