"""GET /v1/articles: what is indexed, and the text that citations point into."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from index.models import Record
from index.store.snapshots import Snapshot
from qa.models.errors import ArticleNotFound
from qa.service import QAService
from qa.web.routes.records import ArticleList, ArticleText, article_list, summary_fields

MAX_LISTED = 1000


def articles_router(service: QAService) -> APIRouter:
    """Return the routes that read articles."""
    router = APIRouter(prefix="/v1/articles", tags=["articles"])

    @router.get("", response_model=ArticleList, summary="List the articles")
    async def list_articles(
        limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = MAX_LISTED,
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    ) -> Response:
        """Return the indexed articles, ordered by path."""
        return await _json_of(service, lambda snapshot: article_list(snapshot, limit, offset))

    @router.get("/{path:path}", response_model=ArticleText, summary="Read an article")
    async def read_article(path: str) -> Response:
        """Return one article, text included, so that a client can show the characters that a citation points to."""
        return await _json_of(service, lambda snapshot: _text(snapshot, path))

    return router


async def _json_of(service: QAService, read: Callable[[Snapshot], Record]) -> Response:
    """Return a record of the snapshot as JSON, which is written in the thread that reads, for it may be long."""
    content = await service.read(lambda snapshot: read(snapshot).model_dump_json())
    return Response(content, media_type="application/json")


def _text(snapshot: Snapshot, path: str) -> ArticleText:
    article = snapshot.catalog.article(path)
    if article is None:
        raise ArticleNotFound("No article has that path. GET /v1/articles lists them")
    passages = len(snapshot.catalog.passages_of(path))
    return ArticleText(**summary_fields(article), text=article.text, kept=article.article_lines, passages=passages)
