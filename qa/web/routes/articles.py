"""GET /v1/articles: what is indexed, and the text that citations point into."""

from collections.abc import Callable
from datetime import date
from itertools import islice
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from index.models import Article, Record, Span
from index.store.snapshots import Snapshot
from qa.errors import ArticleNotFound
from qa.service import QAService

MAX_LISTED = 1000


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
        return cls(**_about(article))


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


def _about(article: Article) -> dict[str, Any]:
    names = ("path", "headline", "outlet", "author", "published", "updated", "language", "url", "found")
    return {name: getattr(article, name) for name in names} | {"characters": len(article.text)}


def articles_router(service: QAService) -> APIRouter:
    """Return the routes that read articles."""
    router = APIRouter(prefix="/v1/articles", tags=["articles"])

    @router.get("", response_model=ArticleList, summary="List the articles")
    async def list_articles(
        limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = MAX_LISTED,
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    ) -> Response:
        """Return the indexed articles, ordered by path."""
        return await _found(service, lambda snapshot: _listed(snapshot, limit, offset))

    @router.get("/{path:path}", response_model=ArticleText, summary="Read an article")
    async def read_article(path: str) -> Response:
        """Return one article, text included, so that a client can show the characters that a citation points to."""
        return await _found(service, lambda snapshot: _text(snapshot, path))

    return router


async def _found(service: QAService, look: Callable[[Snapshot], Record]) -> Response:
    """Answer with what is in the snapshot; the JSON is written in the thread that looks, for it may be long."""
    content = await service.read(lambda snapshot: look(snapshot).model_dump_json())
    return Response(content, media_type="application/json")


def _listed(snapshot: Snapshot, limit: int, offset: int) -> ArticleList:
    found = islice(snapshot.catalog.articles(), offset, offset + limit)
    articles = tuple(ArticleSummary.of(article) for article in found)
    return ArticleList(snapshot=snapshot.name, total=snapshot.catalog.counts()[0], articles=articles)


def _text(snapshot: Snapshot, path: str) -> ArticleText:
    article = snapshot.catalog.article(path)
    if article is None:
        raise ArticleNotFound("No article has that path. GET /v1/articles lists them")
    passages = len(snapshot.catalog.passages_of(path))
    return ArticleText(**_about(article), text=article.text, kept=article.kept, passages=passages)
