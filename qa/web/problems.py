"""Errors over HTTP: one table from error class to problem (RFC 9457); OpenAI's shape on the routes that speak it."""

import asyncio
import json
import logging
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from index import errors as index_errors
from index.errors import IndexingError
from qa.models import errors as qa_errors
from qa.models.errors import QAError
from qa.web.logs import request_id
from qa.web.middleware import HttpMiddleware
from qa.web.streaming import EVENTS, server_event

OPENAI_PATHS = ("/v1/chat/", "/v1/models")
_LOG = logging.getLogger("newsdesk")
_RUN_INDEX = "Run: newsdesk index"


@dataclass(frozen=True)
class ProblemKind:
    """A kind of problem; `detail` replaces the message of an error that would name a path of the server."""

    slug: str
    status: int
    title: str
    detail: str | None = None


KINDS: dict[type[Exception], ProblemKind] = {
    qa_errors.InvalidQuestion: ProblemKind("invalid-question", 422, "The question cannot be answered as it stands"),
    qa_errors.InvalidScope: ProblemKind("invalid-scope", 422, "No article can be within the scope"),
    qa_errors.ArticleNotFound: ProblemKind("article-not-found", 404, "There is no such article"),
    qa_errors.AnswerNotFound: ProblemKind("answer-not-found", 404, "There is no such answer"),
    qa_errors.AnswersUnavailable: ProblemKind("answers-unavailable", 503, "What is kept of answers is not available"),
    qa_errors.MissingKey: ProblemKind("model-key-missing", 503, "The language model has no key"),
    qa_errors.ModelUnavailable: ProblemKind("model-unavailable", 502, "The language model is not available"),
    qa_errors.ModelBusy: ProblemKind("model-busy", 503, "The language model is busy"),
    qa_errors.ModelTimeout: ProblemKind("model-timeout", 504, "The language model took too long"),
    qa_errors.ModelAnswerIncomplete: ProblemKind(
        "model-answer-incomplete", 502, "The language model broke off its answer"
    ),
    qa_errors.ModelAnswerInvalid: ProblemKind("model-answer-invalid", 502, "The language model gave no answer"),
    qa_errors.ModelRefused: ProblemKind("model-refused", 502, "The language model's provider withheld the answer"),
    qa_errors.BudgetSpent: ProblemKind("budget-spent", 503, "The budget of the day is spent"),
    qa_errors.RecordingMissing: ProblemKind("recording-missing", 503, "The language model's reply was not recorded"),
    qa_errors.Overloaded: ProblemKind("overloaded", 503, "The service is busy"),
    qa_errors.SearchTimeout: ProblemKind("search-timeout", 504, "The search took too long"),
    QAError: ProblemKind("answer-failed", 502, "The answer could not be finished"),
    index_errors.NoSnapshot: ProblemKind(
        "index-missing", 503, "There is no index", f"Nothing is indexed yet. {_RUN_INDEX}"
    ),
    index_errors.SnapshotBroken: ProblemKind(
        "index-damaged", 503, "The index is damaged", f"The index failed its check. {_RUN_INDEX}"
    ),
    index_errors.EmbedderMismatch: ProblemKind("index-mismatch", 503, "The index was built with another embedder"),
    index_errors.EmbedderFailed: ProblemKind("embedder-unavailable", 503, "The embedding model is not available"),
    index_errors.VectorsUnavailable: ProblemKind(
        "vectors-unavailable",
        503,
        "The Chroma server is not available",
        "The server that holds the vectors does not answer. Try again soon",
    ),
    index_errors.DiskFull: ProblemKind(
        "disk-full", 503, "The disk is full", "The disk of the index is full. Free some space"
    ),
    IndexingError: ProblemKind(
        "index-unavailable", 503, "The index is not available", f"It cannot be read. {_RUN_INDEX}"
    ),
}
MALFORMED = ProblemKind("malformed-json", 400, "The request body is not valid JSON")
BAD_REQUEST = ProblemKind("bad-request", 400, "The request cannot be read")
NO_KEY = ProblemKind("unauthorized", 401, "The API key is missing or wrong")
FOREIGN_ORIGIN = ProblemKind("foreign-origin", 403, "Requests from other sites are refused")
NOT_FOUND = ProblemKind("not-found", 404, "There is nothing at this address")
WRONG_METHOD = ProblemKind("method-not-allowed", 405, "This address does not take this method")
SLOW_BODY = ProblemKind("request-timeout", 408, "The request body did not arrive in time")
TOO_LARGE = ProblemKind("body-too-large", 413, "The request body is too large")
WRONG_TYPE = ProblemKind("unsupported-media-type", 415, "The request body is not JSON")
WRONG_HOST = ProblemKind("host-not-allowed", 421, "This server does not answer for that host name")
INVALID = ProblemKind("invalid-request", 422, "The request is not valid")
INDEX_LOCKED = ProblemKind("index-locked", 409, "Another indexer is at work")
NOT_INDEXED = ProblemKind("not-indexed", 503, "The files could not be indexed")
RATE_LIMITED = ProblemKind("rate-limited", 429, "Too many questions were sent")
UNEXPECTED = ProblemKind("internal-error", 500, "Something went wrong in the server")
OVERLOADED = KINDS[qa_errors.Overloaded]

_OTHERS = (
    *(MALFORMED, BAD_REQUEST, NO_KEY, FOREIGN_ORIGIN, NOT_FOUND, WRONG_METHOD, SLOW_BODY, TOO_LARGE, WRONG_TYPE),
    *(WRONG_HOST, INVALID, RATE_LIMITED, UNEXPECTED, INDEX_LOCKED, NOT_INDEXED),
)
ALL_KINDS = tuple(sorted((*KINDS.values(), *_OTHERS), key=lambda kind: (kind.status, kind.slug)))
_BY_STATUS = {400: MALFORMED, 401: NO_KEY, 404: NOT_FOUND, 405: WRONG_METHOD, 413: TOO_LARGE, 415: WRONG_TYPE}


_WITH_RETRY_AFTER = (qa_errors.ModelBusy, qa_errors.Overloaded, qa_errors.BudgetSpent)


def kind_of(error: Exception) -> ProblemKind:
    """Return the kind of the nearest class of an error that is in the table."""
    # Subclasses come before their bases in the order of resolution.
    return next((KINDS[cls] for cls in type(error).__mro__ if cls in KINDS), UNEXPECTED)


def detail_of(error: Exception) -> str:
    """Return what happened and what to do, in words for a reader; nothing of the inside of the program."""
    kind = kind_of(error)
    if kind is UNEXPECTED:
        return "The server met an error that it did not expect. Try again; the server's log says where it happened."
    return as_sentence(kind.detail or str(error))


def as_sentence(text: str) -> str:
    """Return a text that ends with a full stop; the messages of errors have none."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def hits_of(error: Exception) -> dict[str, Any]:
    """Return the member `hits` of a problem: the passages found before an answer failed; nothing without any."""
    hits = error.hits if isinstance(error, QAError) else ()
    return {"hits": [hit.model_dump(mode="json") for hit in hits]} if hits else {}


def problem(
    path: str,
    kind: ProblemKind,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    hits: Mapping[str, Any] = {},
    headers: Mapping[str, str] = {},
) -> JSONResponse:
    """Return a problem in the shape of the route at `path`; `hits` is what `hits_of` returns."""
    if path.startswith(OPENAI_PATHS):
        return JSONResponse(openai_error(kind, detail, hits), kind.status, headers)
    content = problem_content(kind, detail) | ({"errors": [dict(error) for error in errors]} if errors else {})
    content |= hits
    return JSONResponse(content, kind.status, headers, media_type="application/problem+json")


def problem_content(kind: ProblemKind, detail: str) -> dict[str, Any]:
    """Return the members of a problem (RFC 9457)."""
    return {
        "type": f"/docs#{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": as_sentence(detail),
        "instance": f"/requests/{request_id()}",
    }


def openai_error(kind: ProblemKind, detail: str, more: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Return an error in the shape that OpenAI's clients read, with `more` fields: they keep `hits` with it."""
    error_type = "invalid_request_error" if kind.status < 500 else "server_error"
    return {"error": {"message": as_sentence(detail), "type": error_type, "param": None, "code": kind.slug, **more}}


def install(app: FastAPI) -> None:
    """Make the app answer every error with a problem."""
    app.add_exception_handler(QAError, _answer_error)
    app.add_exception_handler(IndexingError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)


def install_on_page(page: FastAPI) -> None:
    """Make the page's own app answer bad requests with a problem: Gradio repeats the input, or answers 500."""
    install(page)
    page.add_exception_handler(KeyError, _unknown_event)


def _unknown_event(request: Request, _: Exception) -> Response:
    return problem(request.url.path, NOT_FOUND, "The page has no such event. Reload it")


def _answer_error(request: Request, error: Exception) -> Response:
    after = error.retry_after if isinstance(error, _WITH_RETRY_AFTER) else None
    headers = {"Retry-After": str(after)} if after else {}
    return problem(request.url.path, kind_of(error), detail_of(error), hits=hits_of(error), headers=headers)


def _answer_invalid(request: Request, error: Exception) -> Response:
    """Name the fields and the reasons, never the input: it may not even be encodable."""
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return problem(request.url.path, MALFORMED, "The request body is not valid JSON. Send one JSON object")
    errors = [{"field": _field(detail), "reason": _reason(detail)} for detail in details]
    summary = "; ".join(f"{entry['field']}: {entry['reason']}" for entry in errors[:3])
    return problem(request.url.path, INVALID, summary, errors=errors)


def _field(error: Mapping[str, Any]) -> str:
    place = error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]
    return ".".join(str(part) for part in place if "[" not in str(part)) or "body"  # our own types have one


def _reason(error: Mapping[str, Any]) -> str:
    return "holds a field that is not known" if error["type"] == "extra_forbidden" else _plain(str(error["msg"]))


def _plain(message: str) -> str:
    return message.encode("ascii", "replace").decode()[:200]


def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _BY_STATUS.get(error.status_code, BAD_REQUEST if error.status_code < 500 else UNEXPECTED)
    return problem(request.url.path, kind, f"{kind.title}. See /docs", headers=error.headers or {})


def log_unexpected(error: Exception) -> None:
    """Log where an error was raised, without its text, which may hold a question or a key."""
    _LOG.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)[-5:]))


class UnexpectedErrors(HttpMiddleware):
    """Middleware: answers an unexpected error with a problem, and a request that is cut off when the server stops."""

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        last: Message | None = None
        streams = False

        async def watch(message: Message) -> None:
            nonlocal last, streams
            last = message
            if message["type"] == "http.response.start":
                streams = Headers(raw=message["headers"]).get("content-type", "").startswith(EVENTS)
            await send(message)

        try:
            await self._app(scope, receive, watch)
        # Not raised again: the request ends here, with an answer that says so.
        except asyncio.CancelledError:
            kind, detail = OVERLOADED, "The service is stopping. Try again soon"
        except Exception as error:
            log_unexpected(error)
            kind, detail = UNEXPECTED, detail_of(error)
        else:
            return
        path = scope["path"]
        # Nothing is sent yet: the problem is the whole reply. After the head only a stream can still tell what
        # happened.
        if last is None:
            await problem(path, kind, detail)(scope, receive, send)
        elif last["type"] == "http.response.start" or last.get("more_body", False):
            event = _last_event(path, kind, detail) if streams and path.startswith("/v1/") else b""
            await send({"type": "http.response.body", "body": event, "more_body": False})


def _last_event(path: str, kind: ProblemKind, detail: str) -> bytes:
    if path.startswith(OPENAI_PATHS):
        return server_event(json.dumps(openai_error(kind, detail)))
    return server_event(json.dumps(problem_content(kind, detail)), "error")
