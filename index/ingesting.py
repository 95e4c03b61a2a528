"""The way of a file into the index: read, dated, cleaned, cut into passages, searched for orders to a model."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from index import (
    chunking,
    cleaning,
    documents,
    formats,
    html_metadata,
    language,
    lexical,
    line_model,
    lines,
    metadata,
    plain,
    reading,
    stories,
    suspicion,
)
from index.documents import Document
from index.models import Article, Passage, SuspiciousText


@dataclass(frozen=True)
class Ingested:
    """An article with all that is drawn from its text alone."""

    article: Article
    junk_lines: int
    passages: tuple[Passage, ...]
    suspicious: tuple[SuspiciousText, ...]
    fingerprint: bytes


def ingest(path: str, sha256: str, document: Document) -> Ingested:
    """Return an article and what is drawn from it; `path` names it, `sha256` is the digest of where it stands."""
    article, junk_lines = _article(path, sha256, document)
    return Ingested(
        article,
        junk_lines,
        tuple(chunking.chunk(article)),
        suspicion.suspicions(path, article.text),
        stories.fingerprint(stories.shingles(article)),
    )


def read_article(path: str, data: bytes) -> Article:
    """Return the article in a file that holds one; raise UnreadableFile."""
    [document] = reading.read(path, data).documents
    return _article(path, reading.digest(data), document)[0]


def ingest_version() -> str:
    """Return a digest of the code that draws from a file what the index holds: a change of it rebuilds the index."""
    about = (html_metadata, lines, metadata, language)
    drawn = (chunking, *suspicion.MODULES, stories, plain, lexical)
    modules = (reading, documents, *about, cleaning, *cleaning.MODULES, *drawn)
    files = [Path(module.__file__ or "") for module in modules] + sorted(Path(formats.__path__[0]).glob("*.py"))
    source = b"".join(file.read_bytes() for file in (Path(__file__), *files, line_model.WEIGHTS))
    return hashlib.sha256(source).hexdigest()[:16]


def _article(path: str, sha256: str, document: Document) -> tuple[Article, int]:
    page = [line for line in lines.lines(document.text) if line.start >= document.start]
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
