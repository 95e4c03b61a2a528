"""Whether the files of articles are as they were indexed, so that old text is never shown as today's."""

import os
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from index.corpus import reading
from index.corpus.formats.records.record import FieldNames
from index.errors import UnreadableFile
from index.models import Article, Since

_Names = tuple[tuple[str, str], ...]
# A write soon after another may leave the times of a file as they are, so they are trusted after two seconds only.
_SETTLED_NS = 2_000_000_000


def stale_articles(corpus: Path, articles: Iterable[Article], field_names: FieldNames) -> dict[str, Since]:
    """Return by path the articles that are not as they were indexed, and how they differ.

    `field_names` are those of records, as the folder was indexed. Where the folder itself is not there (an index that
    was made elsewhere), none is returned.
    """
    if not corpus.is_dir():
        return {}
    now = time.time_ns()
    names = tuple(sorted(field_names.items()))
    changes = {article.path: _change(corpus, article, names, now) for article in articles}
    return {path: change for path, change in changes.items() if change}


def _change(corpus: Path, article: Article, names: _Names, now: int) -> Since | None:
    path = corpus / article.path
    # An article of a file of several has a path below that file.
    file = next(path for path in (path, *path.parents) if os.path.lexists(path))
    if file != path and not file.is_file():
        return Since.GONE
    try:
        stamp = _stamp(file, now)
        if file == path:
            return None if _file_digest(corpus, file, stamp) == article.sha256 else Since.CHANGED
        parts = _part_digests(corpus, file, names, stamp)
    except (UnreadableFile, OSError):
        return Since.CHANGED
    if (part := path.relative_to(file).as_posix()) not in parts:
        return Since.GONE
    return None if parts[part] == _digest(article.text) else Since.CHANGED


def _stamp(file: Path, now: int) -> tuple[int, ...]:
    """Return values that differ after any change of a file; `now` is one where the file changed a moment ago."""
    stat = file.lstat()
    settled = now - max(stat.st_mtime_ns, stat.st_ctime_ns) > _SETTLED_NS
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, 0 if settled else now)


@lru_cache(maxsize=10_000)
def _file_digest(corpus: Path, file: Path, _stamp: tuple[int, ...]) -> str:
    """Return the digest of a file, which is read once for each stamp."""
    # The stamp is in the key of the cache and nowhere else.
    return reading.digest(_bytes(corpus, file))


@lru_cache(maxsize=8)
def _part_digests(corpus: Path, file: Path, names: _Names, _stamp: tuple[int, ...]) -> dict[str, str]:
    """Return digests of the texts in a file of several, by name; the file is read once for each stamp."""
    documents = reading.read(file.name, _bytes(corpus, file), dict(names)).documents
    return {document.part: _digest(document.text) for document in documents}


def _bytes(corpus: Path, file: Path) -> bytes:
    return reading.read_bytes(reading.SourceFile(file.relative_to(corpus).as_posix(), file), corpus)


def _digest(text: str) -> str:
    return reading.digest(text.encode("utf-8", "surrogatepass"))
