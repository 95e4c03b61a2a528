"""The records of articles that the HTTP service and the Model Context Protocol give."""

from datetime import date
from itertools import islice
from typing import Any, Self

from pydantic import Field

from index.models import Article, Record, Span
from index.store.snapshots import Snapshot

_FIELDS = ("path", "headline", "outlet", "author", "published", "updated", "language", "url", "found")


class ArticleSummary(Record):
    """What is known about an article."""

    path: str
    headline: str | None
    outlet: str | None
    author: str | None
    published: date | None
    updated: date | None
    language: str | None = Field(description="ISO 639-1")
    url: str | None
    found: dict[str, str] = Field(description="where each field was found, by its name")
    characters: int = Field(description="Unicode code points of the text")

    @classmethod
    def of(cls, article: Article) -> Self:
        """Return the summary of an article."""
        return cls(**summary_fields(article))


class ArticleList(Record):
    """Articles in the order of their paths."""

    snapshot: str
    total: int
    articles: tuple[ArticleSummary, ...]


class ArticleText(ArticleSummary):
    """An article with its exact text; a citation's quote is `text[start:end]`, in code points."""

    text: str
    kept: tuple[Span, ...] = Field(description="spans that are article text; the rest is page junk")
    passages: int


def summary_fields(article: Article) -> dict[str, Any]:
    """Return the fields of the summary of an article."""
    return {name: getattr(article, name) for name in _FIELDS} | {"characters": len(article.text)}


def article_list(snapshot: Snapshot, limit: int, offset: int) -> ArticleList:
    """Return `limit` articles of a snapshot, from the one at `offset` on."""
    # Read one by one, so that the texts of a long list are never in memory together.
    articles = islice(snapshot.catalog.articles(), offset, offset + limit)
    summaries = tuple(ArticleSummary.of(article) for article in articles)
    return ArticleList(snapshot=snapshot.name, total=snapshot.catalog.counts()[0], articles=summaries)
