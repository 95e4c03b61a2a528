"""Limits on requests: the size, type and pace of a body, and the number and rate of questions."""

import asyncio
import math
import time
from contextlib import suppress
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.corpus.documents import MAX_BYTES
from qa.web.middleware import HttpMiddleware
from qa.web.problems import OVERLOADED, RATE_LIMITED, SLOW_BODY, TOO_LARGE, WRONG_TYPE, ProblemKind, problem

MAX_API_BODY = 64 * 1024
MAX_PAGE_BODY = 4 * 1024 * 1024
"""A call of the page holds the whole conversation."""
UPLOADS_PATH = "/uploads"
"""Where files are sent; a file may be as large as one that is indexed."""
BODY_SECONDS = 30.0
DISCARD_SECONDS, MAX_DISCARDED = 5.0, 64 * 1024 * 1024
"""The seconds and the bytes for which a refused body is still read; nothing of it is stored."""
MIN_WAITING = 32
"""The fewest questions that may wait in line, however few are answered at once."""
RETRY_SECONDS = 5
QUESTION_PATHS = frozenset({"/v1/ask", "/v1/ask/stream", "/v1/chat/completions", "/v1/mcp"})
RATED_PATHS = QUESTION_PATHS | {"/v1/search", "/gradio_api/queue/join"}
"""Where questions are asked, also by the page."""
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


class _Refused(Exception):
    """A body is refused."""

    def __init__(self, kind: ProblemKind, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


class BodyLimit(HttpMiddleware):
    """Middleware: reads a whole body before it is parsed, and refuses one that is too large, too slow or not JSON."""

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _BODY_METHODS:
            await self._app(scope, receive, send)
            return
        try:
            _check_type(scope["path"], Headers(scope=scope))
            async with asyncio.timeout(BODY_SECONDS):
                first = await _read_body(receive, _size_limit(scope["path"]))
        except _Refused as refused:
            # What is left of the body would be taken for the next request, so the connection ends with this one.
            close = {"Connection": "close"}
            await _refuse(problem(scope["path"], refused.kind, refused.detail, headers=close), receive, send)
            return
        except TimeoutError:
            detail = f"The request body did not arrive within {BODY_SECONDS:g} s. Send it again"
            await problem(scope["path"], SLOW_BODY, detail, headers={"Connection": "close"})(scope, receive, send)
            return
        await self._app(scope, replayed(first, receive), send)


async def _refuse(response: Response, receive: Receive, send: Send) -> None:
    """Answer, and read the rest of the body before the connection is closed.

    A client that is cut off while it sends never reads why it was refused.
    """
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    # The body of the refusal is not ended yet: the server would close the connection, with the client still sending.
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    await _discard(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _discard(receive: Receive) -> None:
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_SECONDS):
            while size < MAX_DISCARDED:
                message = await receive()
                size += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return


def _size_limit(path: str) -> int:
    """Return the most bytes of a body."""
    if path == UPLOADS_PATH:
        return MAX_BYTES
    return MAX_API_BODY if path.startswith("/v1/") else MAX_PAGE_BODY


def _check_type(path: str, headers: Headers) -> None:
    if not path.startswith("/v1/"):
        return
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(WRONG_TYPE, "Send the body as application/json")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise _Refused(WRONG_TYPE, "Send the body without a content encoding")


async def _read_body(receive: Receive, limit: int) -> Message:
    """Return the whole body as one message; the size is counted, whatever the headers say."""
    body = bytearray()
    while True:
        message = await receive()
        # The client has gone: whoever asks for the body has to learn of it.
        if message["type"] != "http.request":
            return message
        body += message.get("body", b"")
        if len(body) > limit:
            raise _Refused(TOO_LARGE, f"The request body is larger than {limit // 1024} KB. Send less")
        if not message.get("more_body", False):
            return {"type": "http.request", "body": bytes(body), "more_body": False}


def replayed(first: Message, receive: Receive) -> Receive:
    """Return a `receive` that gives a message that was received already, and then those after it."""
    pending = [first]

    async def next_message() -> Message:
        return pending.pop() if pending else await receive()

    return next_message


@dataclass
class Line:
    """How many questions are answered or wait in line, and may do so."""

    limit: int
    under_way: int = 0


class QuestionCap(HttpMiddleware):
    """Middleware: refuses a question when as many as `line` takes are answered or wait in line."""

    def __init__(self, app: ASGIApp, line: Line) -> None:
        super().__init__(app)
        self._line = line

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in QUESTION_PATHS:
            await self._app(scope, receive, send)
            return
        # No wait lies between this look and the count below, so the loop lets no other question in between.
        if self._line.under_way >= self._line.limit:
            detail = (
                f"{self._line.under_way} questions are being answered or wait in line. Try again in {RETRY_SECONDS} s"
            )
            headers = {"Retry-After": str(RETRY_SECONDS)}
            await problem(scope["path"], OVERLOADED, detail, headers=headers)(scope, receive, send)
            return
        self._line.under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._line.under_way -= 1


class RateLimit(HttpMiddleware):
    """Middleware: limits the rate of questions from one key, or without named keys from one address."""

    def __init__(self, app: ASGIApp, rate: str | None) -> None:
        """Take a rate such as `60/minute` (see the package `limits`); None for no limit."""
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        super().__init__(app)
        self._rate = parse(rate) if rate else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._rate or scope["path"] not in RATED_PATHS:
            await self._app(scope, receive, send)
            return
        client = scope.get("state", {}).get("key_name") or (scope["client"] or ("",))[0]
        if self._limiter.hit(self._rate, client):
            await self._app(scope, receive, send)
            return
        wait = max(1, math.ceil(self._limiter.get_window_stats(self._rate, client).reset_time - time.time()))
        detail = f"More than {self._rate} questions were sent. Try again in {wait} s"
        headers = {"Retry-After": str(wait)}
        await problem(scope["path"], RATE_LIMITED, detail, headers=headers)(scope, receive, send)


def waiting_limit(max_concurrency: int) -> int:
    """Return how many questions may be answered or wait when `max_concurrency` are answered at once."""
    return max_concurrency + max(MIN_WAITING, 3 * max_concurrency)
