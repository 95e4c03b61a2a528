"""Whether the files behind articles are still as they were indexed: old text is never shown as today's."""

import os
import time
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from index.corpus import reading
from index.corpus.formats.records.record import FieldNames
from index.errors import UnreadableFile
from index.models import Article

_Names = tuple[tuple[str, str], ...]
_SETTLED_NS = 2_000_000_000


class Since(StrEnum):
    """What has become of an article in its folder since it was indexed."""

    CHANGED = "changed"
    GONE = "gone"

    @property
    def in_words(self) -> str:
        """It in words, for a reader."""
        return "the file has since changed" if self is Since.CHANGED else "the article is no longer there"


def stale_articles(corpus: Path, articles: Iterable[Article], names: FieldNames) -> dict[str, Since]:
    """Return by path what has become of articles; those that are as they were indexed are left out.

    `names` are those of fields in records, as the folder was indexed. Where the folder itself is not there (an index
    that was made elsewhere), nothing is known of any.
    """
    if not corpus.is_dir():
        return {}
    now = time.time_ns()
    by = tuple(sorted(names.items()))
    found = {article.path: _staleness(corpus, article, by, now) for article in articles}
    return {path: what for path, what in found.items() if what}


def _staleness(corpus: Path, article: Article, names: _Names, now: int) -> Since | None:
    whole = corpus / article.path
    file = next(path for path in (whole, *whole.parents) if os.path.lexists(path))
    if file != whole and not file.is_file():
        return Since.GONE
    try:
        stamp = _stamp(file, now)
        if file == whole:
            return None if _of_file(corpus, file, stamp) == article.sha256 else Since.CHANGED
        parts = _parts(corpus, file, names, stamp)
    except (UnreadableFile, OSError):
        return Since.CHANGED
    if (part := whole.relative_to(file).as_posix()) not in parts:
        return Since.GONE
    return None if parts[part] == _digest(article.text) else Since.CHANGED


def _stamp(file: Path, now: int) -> tuple[int, ...]:
    """Return what no change of a file leaves as it is; where it changed a moment ago and times may not tell, `now`."""
    stat = file.lstat()
    settled = now - max(stat.st_mtime_ns, stat.st_ctime_ns) > _SETTLED_NS
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, 0 if settled else now)


@lru_cache(maxsize=10_000)
def _of_file(corpus: Path, file: Path, _stamp: tuple[int, ...]) -> str:
    """Return the digest of a file; read once while the file's own stamps stay."""
    return reading.digest(_bytes(corpus, file))


@lru_cache(maxsize=8)
def _parts(corpus: Path, file: Path, names: _Names, _stat: tuple[int, ...]) -> dict[str, str]:
    """Return digests of the texts in a file of several, by name; read once while the file's own stamps stay."""
    documents = reading.read(file.name, _bytes(corpus, file), dict(names)).documents
    return {document.part: _digest(document.text) for document in documents}


def _bytes(corpus: Path, file: Path) -> bytes:
    return reading.read_bytes(reading.SourceFile(file.relative_to(corpus).as_posix(), file), corpus)


def _digest(text: str) -> str:
    return reading.digest(text.encode("utf-8", "surrogatepass"))
