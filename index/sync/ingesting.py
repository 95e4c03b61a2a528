"""From a document to what the index holds of it: metadata, article lines, passages, suspicious text, fingerprint."""

from dataclasses import dataclass

from index.cleaning import cleaning, metadata
from index.corpus import reading
from index.corpus.documents import Document
from index.models import Article, Passage, SuspiciousText
from index.passages import chunking, stories
from index.steering import suspicion
from index.text import lines

INGEST_VERSION = 5
"""Raise it when something else is drawn from a file: indexes of another version are built anew."""


@dataclass(frozen=True)
class Ingested:
    """An article with all that is computed from its text alone."""

    article: Article
    junk_lines: int
    passages: tuple[Passage, ...]
    suspicious: tuple[SuspiciousText, ...]
    fingerprint: bytes


def ingest(path: str, sha256: str, document: Document) -> Ingested:
    """Return an article with all that is computed from it; `sha256` is that of its file, or of its part of a file."""
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
    """Return an article and the number of its junk lines; declared fields go before those of the text."""
    # What stands before is front matter, whose fields are declared already.
    page = [line for line in lines.lines(document.text) if line.start >= document.start]
    parsed = metadata.parse(page)
    cleaned = cleaning.clean(page, parsed)
    fields = {name: getattr(parsed, name) for name in metadata.FIELDS}
    article = Article(
        path=path,
        text=document.text,
        encoding=document.encoding,
        cut_off=document.cut_off,
        sha256=sha256,
        article_lines=cleaned.article_lines,
        found=dict(parsed.found) | dict.fromkeys(document.declared, "the file's own fields"),
        **(fields | document.declared),
    )
    return article, len(cleaned.junk_lines)
