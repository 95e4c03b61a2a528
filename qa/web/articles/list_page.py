"""GET /articles: all articles as a page, with a search, filters, a timeline and the report of the indexing."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from index.errors import IndexingError
from index.models import ListedArticle
from index.store.snapshots import Snapshot
from qa.language.dates import day_text
from qa.models.errors import QAError
from qa.service import QAService
from qa.web.articles.frame import asset, page_start
from qa.web.articles.indexing import report_in_words
from qa.web.articles.table import PAGE, Choice, Table, table_of
from qa.web.articles.timeline import timeline
from qa.web.problems import detail_of, kind_of

_OPTIONS = 500
"""The most outlets or folders in a list to choose from; others are found by the search."""
_COLUMNS = {"date": "Date", "headline": "Headline", "outlet": "Outlet", "file": "File"}


def list_page_router(service: QAService, *, uploads: bool = False) -> APIRouter:
    """Return the route that shows all articles to people; with `uploads` it offers to add some."""
    router = APIRouter()
    cache: dict[str, Table] = {}

    def table(snapshot: Snapshot) -> Table:
        """Return the articles of a snapshot; those of the last one are cached, for a snapshot never changes."""
        # A data folder that is made anew counts its snapshots from the beginning again, so the name is no key.
        key = snapshot.manifest.digest
        articles = cache.get(key) or table_of(snapshot)
        if key not in cache:
            cache.clear()
            cache[key] = articles
        return articles

    @router.get("/articles", include_in_schema=False)
    async def articles(request: Request) -> HTMLResponse:
        """Return the list as a page."""
        choice = Choice.of(request.query_params)
        try:
            html = await service.read(lambda snapshot: "".join(list_page(table(snapshot), choice, uploads=uploads)))
        except (QAError, IndexingError) as error:
            return HTMLResponse("".join(_refusal(detail_of(error), uploads)), kind_of(error).status)
        return HTMLResponse(html.encode("utf-8", "replace"))

    return router


def _refusal(reason: str, uploads: bool) -> Iterator[str]:
    yield from page_start("Articles", "")
    yield f'<main class="list"><h1>Articles</h1><p>{escape(reason)}</p>{_adding() if uploads else ""}</main>'
    yield f"<script>{asset('list.js')}</script></html>"


def list_page(table: Table, choice: Choice, *, uploads: bool) -> Iterator[str]:
    """Yield the page of a choice as HTML."""
    articles = table.articles(choice)
    # Rounded up without floats.
    last = max(1, -(-len(articles) // PAGE))
    number = min(max(1, choice.page), last)
    yield from page_start("Articles", "")
    yield '<main class="list"><h1>Articles</h1>'
    yield f'<p class="about" role="status">{_count_text(table, articles, choice)}</p>'
    yield _adding() if uploads else ""
    yield from _filters(table, choice)
    yield from timeline(articles, choice)
    if articles:
        yield from _rows(articles[(number - 1) * PAGE : number * PAGE], choice)
        yield from _pages(number, last, choice)
    yield from report_in_words(table.report)
    yield f"</main><script>{asset('list.js')}</script></html>"


def _count_text(table: Table, articles: Sequence[ListedArticle], choice: Choice) -> str:
    total = len(table.rows)
    text = f"{len(articles):,} of {total:,} articles" if choice.narrows else f"{total:,} articles"
    outlets = {article.outlet for article in articles if article.outlet}
    if len(outlets) > 1:
        text += f" from {len(outlets):,} outlets"
    days = sorted(article.published for article in articles if article.published)
    if days:
        text += f", {day_text(days[0])}" + (f" to {day_text(days[-1])}" if days[-1] != days[0] else "")
    if undated := len(articles) - len(days):
        text += f"; {undated:,} without a date"
    if not articles:
        text = f"None of the {total:,} articles fits. Take a filter away."
    return f'{text}. <a href="articles">Show all</a>' if choice.narrows and articles else f"{text.rstrip('.')}."


def _filters(table: Table, choice: Choice) -> Iterator[str]:
    yield '<div class="filters" role="search" aria-label="Articles"><label class="words">Search'
    yield f'<input type="search" name="words" maxlength="200" value="{escape(choice.words)}"></label>'
    yield _select("outlet", "Outlet", "All outlets", table.outlets(), choice.outlet)
    yield _select("folder", "Folder", "All folders", table.folders(), choice.folder)
    for name, label, day in (("first", "From", choice.first), ("last", "To", choice.last)):
        yield f'<label>{label}<input type="date" name="{name}" value="{day or ""}"></label>'
    yield f'<input type="hidden" name="sort" value="{choice.sort}">'
    yield '<button type="button" class="show">Show</button></div>'


def _select(field: str, label: str, everything: str, counts: Mapping[str, int], selected: str) -> str:
    if not counts:
        return ""
    # The most frequent are offered, and are then in alphabetical order.
    names = sorted(sorted(counts, key=lambda name: -counts[name])[:_OPTIONS], key=str.casefold)
    # What was chosen by an address stays in the list, however rare it is.
    names = names if not selected or selected in names else [selected, *names]
    options = "".join(
        f'<option value="{escape(name)}"{" selected" if name == selected else ""}>'
        f"{escape(name)} ({counts.get(name, 0):,})</option>"
        for name in names
    )
    return f'<label>{label}<select name="{field}"><option value="">{everything}</option>{options}</select></label>'


def _rows(articles: Sequence[ListedArticle], choice: Choice) -> Iterator[str]:
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Table of articles"><table><thead><tr>'
    for column, title in _COLUMNS.items():
        order = {column: "ascending", f"-{column}": "descending"}.get(choice.sort, "none")
        other = f"-{column}" if choice.sort == column or (column == "date" and choice.sort != "-date") else column
        address = escape(choice.address(sort=other))
        yield f'<th scope="col" aria-sort="{order}"><a href="articles{address}">{title}</a></th>'
    yield "</tr></thead><tbody>"
    for article in articles:
        title = escape(article.headline or article.path)
        yield f'<tr><td class="day">{day_text(article.published)}</td><td class="headline">'
        yield f'<a href="articles/{escape(quote(article.path))}" dir="auto">{title}</a></td>'
        yield f'<td><bdi>{escape(article.outlet or "")}</bdi></td><td class="path">{escape(article.path)}</td></tr>'
    yield "</tbody></table></div>"


def _pages(number: int, last: int, choice: Choice) -> Iterator[str]:
    if last == 1:
        return
    yield f'<nav class="pages" aria-label="Pages"><span>Page {number:,} of {last:,}</span>'
    for page, title in ((number - 1, "Previous"), (number + 1, "Next")):
        if 1 <= page <= last:
            yield f'<a href="articles{escape(choice.address(page=page))}">{title}</a>'
    yield "</nav>"


def _adding() -> str:
    return (
        '<section class="adding" aria-label="Add articles"><label class="add">Add articles'
        '<input type="file" multiple></label><span>or drop files here. They are read and indexed as all others are.'
        '</span><ul class="told" role="status"></ul></section>'
    )
