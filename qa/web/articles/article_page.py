"""GET /articles/PATH: an article as a page; the spans that its address names (`#start-end`) are marked."""

from collections.abc import Iterator
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from index.corpus.freshness import stale_articles
from index.errors import IndexingError
from index.models import Article, Span
from index.store.catalog import About
from index.store.snapshots import Snapshot
from qa.language.dates import day_text
from qa.models.errors import QAError
from qa.service import QAService
from qa.web.articles.frame import asset, page_start, refusal_page
from qa.web.problems import detail_of, kind_of

_NONE = "No article"
_MARKS = (
    '<span class="marks" hidden><span class="count" role="status"></span>'
    '<button class="before" aria-label="Previous quotation">↑</button>'
    '<button class="after" aria-label="Next quotation">↓</button></span>'
)
# An HTML parser would turn CR LF into LF, and drop NUL.
_EXACT = str.maketrans({"\r": "&#13;", "\0": "\ufffd"})


class _Page(NamedTuple):
    """An article, the other articles of its story, and what became of its file."""

    article: Article
    also_in: dict[str, About]
    since: str


def article_page_router(service: QAService) -> APIRouter:
    """Return the route that shows articles to people."""
    router = APIRouter()

    @router.get("/articles/{path:path}", include_in_schema=False)
    async def article(path: str) -> HTMLResponse:
        """Return an article as a page."""
        try:
            page = await service.read(lambda snapshot: _find(snapshot, path))
        except (QAError, IndexingError) as error:
            return HTMLResponse("".join(refusal_page(_NONE, _root(path), detail_of(error))), kind_of(error).status)
        if page is None:
            reason = "There is no such article. It may have been taken out."
            return HTMLResponse("".join(refusal_page(_NONE, _root(path), reason)), 404)
        return HTMLResponse("".join(_html(page)).encode("utf-8", "replace"))

    return router


def _find(snapshot: Snapshot, path: str) -> _Page | None:
    catalog = snapshot.catalog
    article = catalog.article(path)
    if article is None:
        return None
    others = (other for other in catalog.story_paths(catalog.story_of(path)) if other != path)
    changed = stale_articles(snapshot.corpus, [article], snapshot.manifest.fields).get(path)
    return _Page(article, catalog.about(others), changed.in_words if changed else "")


def _root(path: str) -> str:
    """Return the relative address of the service from the page of an article."""
    # Relative, so that the page works below any path that a proxy serves it at.
    return "../" * (path.count("/") + 1)


def _html(page: _Page) -> Iterator[str]:
    article = page.article
    title = article.headline or article.path
    yield from page_start(title, _root(article.path), _MARKS)
    yield f'<main><h1 dir="auto">{escape(title)}</h1>'
    updated = f"updated {day_text(article.updated)}" if article.updated != article.published else ""
    about = (article.outlet, day_text(article.published), article.author, updated if article.updated else "")
    parts = [escape(value) for value in about if value]
    # Any other scheme, such as `javascript:`, is text of an article and becomes no link.
    if article.url and article.url.startswith(("https://", "http://")):
        parts.append(f'<a href="{escape(article.url)}" rel="noopener noreferrer">Original</a>')
    yield f'<p class="about">{" · ".join(parts)}</p>' if parts else ""
    if page.also_in:
        others = [_also(_root(article.path), path, about) for path, about in page.also_in.items()]
        yield f'<p class="also">Also in {", ".join(others)}</p>'
    yield f'<p class="file">{escape(article.path)}</p>'
    yield f'<p class="since"><strong>Note:</strong> {escape(page.since)}.</p>' if page.since else ""
    yield f'<article id="text" lang="{escape(article.language or "")}">{"".join(_text(article))}</article></main>'
    yield f"<script>{asset('article.js')}</script></html>"


def _also(root: str, path: str, about: About) -> str:
    title = " · ".join(value for value in (about.outlet, day_text(about.published)) if value) or path
    return f'<a href="{root}articles/{quote(path)}">{escape(title)}</a>'


def _text(article: Article) -> Iterator[str]:
    """Yield every character of the text; page junk is in spans of its own."""
    last = 0
    # An empty span at the end, so that what follows the last article line is not forgotten.
    for start, end in (*article.article_lines, Span(len(article.text), len(article.text))):
        if junk := article.text[last:start]:
            yield f'<span class="junk">{_exact(junk)}</span>' if junk.strip() else _exact(junk)
        yield _exact(article.text[start:end])
        last = end


def _exact(text: str) -> str:
    return escape(text).translate(_EXACT)
