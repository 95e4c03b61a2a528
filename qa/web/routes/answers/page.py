"""GET /answers/{id}: a stored answer as a page, each source with a link to its place in the article."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from html import escape
from itertools import islice
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from index.errors import IndexingError
from index.models import ListedArticle
from index.store.snapshots import Snapshot
from qa.answer_draft import notes_below
from qa.answer_store.records import KeptAnswer
from qa.answer_store.store import AnswerStore
from qa.language.dates import day_text
from qa.models import Citation
from qa.models.errors import QAError
from qa.models.markers import MARKER, numbers_of
from qa.question.scopes import scope_words
from qa.service import QAService
from qa.web.access import ASKER
from qa.web.articles.frame import page_start, refusal_page
from qa.web.problems import detail_of, kind_of
from qa.web.routes.openai_api import article_address

_ROOT = "../"
# The answer is for whoever asked: no cache and no search engine keeps it.
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_MOST_LISTED = 1000


def answer_page_router(service: QAService, store: AnswerStore) -> APIRouter:
    """Return the route that shows answers again to people."""
    router = APIRouter()

    @router.get("/answers/{identity}", include_in_schema=False)
    async def answer_page(identity: str) -> HTMLResponse:
        """Return an answer as a page."""
        try:
            stored = await store.answer(identity, ASKER.get())
        except QAError as error:
            html = "".join(refusal_page("No answer", _ROOT, detail_of(error)))
            return HTMLResponse(html, kind_of(error).status, _PRIVATE)
        try:
            changes = await service.read(partial(_changes, citations=stored.answer.citations))
        except (QAError, IndexingError):  # the answer can be read without the articles
            changes = {}
        # A question may hold half of a surrogate pair, which has no form in UTF-8.
        return HTMLResponse("".join(_page(stored, changes)).encode("utf-8", "replace"), headers=_PRIVATE)

    return router


def _changes(snapshot: Snapshot, citations: Sequence[Citation]) -> dict[int, str]:
    """Return, by marker, what became of the articles whose cited characters are others now."""
    changes = {}
    for citation in citations:
        article = snapshot.catalog.article(citation.path)
        if article is None:
            changes[citation.marker] = "The article has been taken out since."
        # The quote is compared as it stands: a file may have changed without touching these characters.
        elif article.text[citation.start : citation.end] != citation.quote:
            changes[citation.marker] = "The article has changed since: these words may stand elsewhere in it."
    return changes


def _page(stored: KeptAnswer, changes: Mapping[int, str]) -> Iterator[str]:
    answer = stored.answer
    yield from page_start(answer.question, _ROOT)
    yield f'<main class="answer"><h1 dir="auto">{escape(answer.question)}</h1>'
    yield f'<p class="text" dir="auto">{"".join(_text(answer.text))}</p>'
    yield from (f'<p class="note" dir="auto">{escape(line)}</p>' for line in (*notes_below(answer), *answer.notes))
    if answer.citations:
        sources = (_source(citation, changes.get(citation.marker, "")) for citation in answer.citations)
        yield f'<h2>Sources</h2><ol class="sources">{"".join(sources)}</ol>'
    if answer.articles:
        yield f"<h2>Articles: {len(answer.articles):,}</h2><ul>"
        yield from map(_article_row, islice(answer.articles, _MOST_LISTED))
        yield "</ul>"
    if words := scope_words(answer.scope):
        yield f'<p class="about" dir="auto">Asked of articles {escape(", ".join(words))} alone.</p>'
    origin = f"Answered on {_moment(stored.answered_at)} by {answer.model}, from snapshot {answer.snapshot}"
    origin += f", with prompts {answer.prompt_version}" if answer.prompt_version else ""
    yield f'<p class="about">{escape(origin)}. This page is kept until {_moment(stored.kept_until)}.</p></main></html>'


def _text(text: str) -> Iterator[str]:
    """Yield a text with a link to its source for each marker."""
    last = 0
    for match in MARKER.finditer(text):
        yield escape(text[last : match.start()])
        yield from (f'<a class="cite" href="#cite-{number}">[{number}]</a>' for number in numbers_of(match.group()))
        last = match.end()
    yield escape(text[last:])


def _source(citation: Citation, changes: str) -> str:
    title = escape(citation.headline or citation.path)
    link = f'<a href="{_ROOT}{escape(article_address(citation))}" dir="auto">{title}</a>'
    about = [link, *(escape(part) for part in (citation.outlet, day_text(citation.published)) if part)]
    notes = [*([f"{citation.since.in_words}."] if citation.since else []), *([changes] if changes else [])]
    note = f'<p class="note">{escape(" ".join(notes))}</p>' if notes else ""
    source = f'<blockquote dir="auto">{escape(citation.quote)}</blockquote><p class="about">{" · ".join(about)}</p>'
    return f'<li id="cite-{citation.marker}" value="{citation.marker}">{source}{note}</li>'


def _article_row(article: ListedArticle) -> str:
    about = [part for part in (article.outlet, day_text(article.published)) if part]
    title = escape(article.headline or article.path)
    return (
        f'<li><a href="{_ROOT}articles/{quote(article.path)}" dir="auto">{title}</a> {escape(" · ".join(about))}</li>'
    )


def _moment(time: datetime) -> str:
    return f"{day_text(time)}, {time:%H:%M} UTC"
