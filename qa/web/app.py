"""The web face: the HTTP endpoint and the chat page in one app, and the server that runs it."""

import math
import socket
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field
from starlette.middleware import Middleware
from starlette.responses import Response

from index.errors import IndexingError
from qa.answer_store.database import Database
from qa.answer_store.store import FILE, AnswerStore
from qa.models import Answer, Hit
from qa.models.errors import InvalidSettings, QAError
from qa.process import Exit, leave, version
from qa.service import QAService
from qa.settings import LOOPBACK, Settings
from qa.web import problems
from qa.web.access import ASKER, ApiKey, HostCheck, KnownRoutes, SecurityHeaders
from qa.web.articles.article_page import article_page_router
from qa.web.articles.list_page import list_page_router
from qa.web.articles.uploads import index_in_process, uploads_router
from qa.web.limits import BodyLimit, Line, QuestionCap, RateLimit, waiting_limit
from qa.web.logs import RequestLog, begin_log
from qa.web.routes.answers.api import answers_router
from qa.web.routes.answers.page import answer_page_router
from qa.web.routes.articles import articles_router
from qa.web.routes.ask import ask_router
from qa.web.routes.health import health_router
from qa.web.routes.mcp import McpRoute, mcp_route
from qa.web.routes.metrics import Metrics, metrics_router
from qa.web.routes.openai_api import openai_router
from qa.web.routes.reference import reference_router
from qa.web.streaming import ClientGone

if TYPE_CHECKING:
    from qa.web.server import Server

_ABOUT = (
    "Answers questions from a folder of news articles. Every sentence of an answer cites the exact characters of a "
    "source file that bear it out; offsets count Unicode code points."
)


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[dict[str, str]] | None = Field(None, description="of a request: the fields that are not valid")
    hits: list[Hit] | None = Field(None, description="of an answer that failed: the passages that were found for it")


def create_app(service: QAService, settings: Settings, *, with_page: bool = True) -> FastAPI:
    """Return the app: the API's routes, and the chat page at `/`."""
    line, mcp = Line(waiting_limit(settings.max_concurrency)), mcp_route(service)
    store = AnswerStore(Database(settings.data_dir / FILE), settings.keep_answers_h)
    service.watchers.append(partial(_store_answer, store))
    problem: dict[str, Any] = {
        "model": ProblemDetails,
        "content": {"application/problem+json": {}},
        "description": "A problem",
    }
    app = FastAPI(
        title="Newsdesk",
        description=_ABOUT,
        version=version() or "0",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(service, store, mcp),
        middleware=_middleware(settings, line),
        responses={422: problem, "default": problem},
        servers=[{"url": settings.root_path}] if settings.root_path else None,
    )
    problems.install(app)
    app.add_exception_handler(ClientGone, lambda *_: Response(status_code=499))
    openai = openai_router(service, settings.root_path or "")
    for router in (ask_router(service), articles_router(service), openai, health_router(service)):
        app.include_router(router)
    app.include_router(metrics_router(service, _metrics(service, line)))
    for router in (answers_router(store), answer_page_router(service, store), *_article_pages(service, settings)):
        app.include_router(router)
    app.include_router(reference_router(app))
    if mcp:
        app.router.routes.append(mcp.route())
    if not with_page:
        return app
    from qa.web.page import mount_page

    return mount_page(app, service, settings)


def _article_pages(service: QAService, settings: Settings) -> Iterator[APIRouter]:
    """Yield the routes of the articles' pages; raises InvalidSettings where uploads cannot go into the folder."""
    from qa.wiring import folder_for_uploads

    if settings.uploads:
        yield uploads_router(folder_for_uploads(settings), partial(index_in_process, settings))
    yield list_page_router(service, uploads=settings.uploads)
    yield article_page_router(service)


def _metrics(service: QAService, line: Line) -> Metrics:
    """Return the metrics, which from now on count the answers and errors of the service."""
    metrics = Metrics(lambda: line.under_way)
    service.watchers.append(metrics.count)
    return metrics


def _store_answer(store: AnswerStore, outcome: Answer | Exception) -> None:
    if isinstance(outcome, Answer):
        store.keep(outcome, ASKER.get())


def _middleware(settings: Settings, line: Line) -> list[Middleware]:
    """Return the middleware of the app, the outermost first."""
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    from qa.web.page.calls import PageCalls

    key = settings.api_key.get_secret_value() if settings.api_key else None
    return [
        Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.proxies)),
        Middleware(RequestLog),
        Middleware(SecurityHeaders),
        Middleware(problems.UnexpectedErrors),
        Middleware(HostCheck, names={*LOOPBACK, settings.host, *settings.allowed_hosts}),
        Middleware(ApiKey, key=key, digests=settings.api_keys or {}),
        Middleware(KnownRoutes),
        Middleware(RateLimit, rate=settings.rate_limit),
        Middleware(QuestionCap, line=line),
        Middleware(BodyLimit),
        Middleware(PageCalls),
    ]


def _lifespan(service: QAService, store: AnswerStore, mcp: McpRoute | None) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
        await _warm(service)
        async with store.running(), mcp.running() if mcp else nullcontext():
            yield
        service.close()

    return lifespan


async def _warm(service: QAService) -> None:
    """Search once, so that the first question does not wait for the embedder; no model is called."""
    with suppress(QAError, IndexingError):
        await service.search("What do the articles say?")


def serve(settings: Settings) -> None:
    """Serve until a signal comes, then end the process. The address is printed once the server answers.

    The exit code is 0, or that of the signal when an answer was cut off.
    Raises InvalidSettings, NoSnapshot, SnapshotBroken, EmbedderMismatch, MissingKey, or QAError when the port is taken.
    """
    from qa.wiring import build_service

    if settings.host not in LOOPBACK and not (settings.api_key or settings.api_keys):
        raise InvalidSettings(
            f"Serving at {settings.host!r} lets other machines in, and needs a key. Set QA_API_KEY (8 characters or "
            "more) or QA_API_KEYS, or unset QA_HOST"
        )
    begin_log(settings.log)
    listener = _listener(settings.host, settings.port)
    with listener:
        service = build_service(settings, probe_first=True)
        # Raises now where there is no index, or none that can be read, before an address is printed.
        with service.snapshots.use():
            pass
        server = _server(create_app(service, settings), _address(listener), settings.drain_s)
        code: Any = 0
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            code = Exit.INTERRUPTED
        except SystemExit as end:
            code = end.code
    # uvicorn raises the signal again once it has stopped; with every answer finished that is a good end.
    if server.started and not server.cut_off:
        code = 0
    leave(code)  # Python itself would wait for threads that hang


def _listener(host: str, port: int) -> socket.socket:
    """Return a socket that is bound before the slow part begins."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        why = error.strerror or str(error)
        raise QAError(
            f"Port {port} of {host!r} cannot be served at: {why}. Set QA_PORT to another port, or to 0 for any free one"
        ) from None
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def _server(app: FastAPI, address: str, drain_s: float) -> "Server":
    import uvicorn

    from qa.web.server import Server, protocol

    http: Any = protocol()  # uvicorn calls it as it would a class
    config = uvicorn.Config(
        app,
        http=http,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=math.ceil(drain_s),
        log_config=None,
    )
    return Server(config, address)
