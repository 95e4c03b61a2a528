"""How much a request may ask for: the size, type and pace of its body, and the number of questions under way."""

import asyncio
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.problems import OVERLOADED, SLOW_BODY, TOO_LARGE, WRONG_TYPE, Kind, problem

MAX_API_BODY = 64 * 1024
MAX_PAGE_BODY = 4 * 1024 * 1024
BODY_SECONDS = 30.0
MIN_WAITING = 32
RETRY_SECONDS = 5
QUESTION_PATHS = frozenset({"/v1/ask", "/v1/ask/stream", "/v1/chat/completions"})
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


class _Refused(Exception):
    """A body that is not taken."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


class BodyLimit:
    """Middleware: reads a body whole before anything is parsed, and refuses what is too large, too slow or no JSON."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand around `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with the body read."""
        if scope["type"] != "http" or scope["method"] not in _BODY_METHODS:
            await self._app(scope, receive, send)
            return
        try:
            _check_type(scope["path"], Headers(scope=scope))
            async with asyncio.timeout(BODY_SECONDS):
                first = await _read(receive, MAX_API_BODY if scope["path"].startswith("/v1/") else MAX_PAGE_BODY)
        except _Refused as refused:
            close = {"Connection": "close"}
            await problem(scope["path"], refused.kind, refused.detail, headers=close)(scope, receive, send)
            return
        except TimeoutError:
            said = f"The request body did not arrive within {BODY_SECONDS:g} s. Send it again"
            await problem(scope["path"], SLOW_BODY, said, headers={"Connection": "close"})(scope, receive, send)
            return
        await self._app(scope, _replay(first, receive), send)


def _check_type(path: str, headers: Headers) -> None:
    if not path.startswith("/v1/"):
        return
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(WRONG_TYPE, "Send the body as application/json")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise _Refused(WRONG_TYPE, "Send the body without a content encoding")


async def _read(receive: Receive, limit: int) -> Message:
    """Return the whole body as one message; count what arrives, whatever the headers say."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        body += message.get("body", b"")
        if len(body) > limit:
            raise _Refused(TOO_LARGE, f"The request body is larger than {limit // 1024} KB. Send less")
        if not message.get("more_body", False):
            return {"type": "http.request", "body": bytes(body), "more_body": False}


def _replay(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


class QuestionCap:
    """Middleware: at most so many questions are answered or wait in line; the next is told to come back."""

    def __init__(self, app: ASGIApp, limit: int, paths: Collection[str] = QUESTION_PATHS) -> None:
        """Stand around `app`; `limit` questions may be under way at `paths`."""
        self._app, self._limit, self._paths = app, limit, paths
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on while there is room."""
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
            return
        if self._under_way >= self._limit:
            said = f"{self._under_way} questions are being answered or wait in line. Try again in {RETRY_SECONDS} s"
            headers = {"Retry-After": str(RETRY_SECONDS)}
            await problem(scope["path"], OVERLOADED, said, headers=headers)(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1


def waiting_limit(max_concurrency: int) -> int:
    """Return how many questions may be under way when so many are answered at once."""
    return max_concurrency + max(MIN_WAITING, 3 * max_concurrency)
