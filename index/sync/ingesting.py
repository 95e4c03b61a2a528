"""The way of a file into the index: read, dated, cleaned, cut into passages, searched for orders to a model."""

from dataclasses import dataclass

from index.cleaning import cleaning, metadata
from index.corpus import reading
from index.corpus.documents import Document
from index.models import Article, Passage, SuspiciousText
from index.passages import chunking, stories
from index.steering import suspicion
from index.text import lines

INGEST_VERSION = 4
"""Raise it when what is drawn from a file changes: indexes made with another are built anew."""


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
        cut_off=document.cut_off,
        sha256=sha256,
        article_lines=cleaned.article_lines,
        found=where,
        **(about | document.declared),
    )
    return article, len(cleaned.junk_lines)
