"""The log: a line for each event on stderr, as text or JSON, with the id of the request; no question, no secret."""

import json
import logging
import re
import time
import uuid
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from qa.web.middleware import HttpMiddleware

_ID = ContextVar("request_id", default="")
_SENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LOG = logging.getLogger("newsdesk")
_FIELDS = ("method", "route", "status", "milliseconds", "key")
_MAX_MESSAGE = 4000


def request_id() -> str:
    """Return the id of the request that is being answered; a new id outside of requests."""
    return _ID.get() or uuid.uuid4().hex


class RequestLog(HttpMiddleware):
    """Middleware: gives each request an id, that of its `X-Request-ID` or a new one, returns it, and logs the request.

    The line has the method, the route (not the path, which may name an article), the status, the time in ms, and the
    name of the key.
    """

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent_id = Headers(scope=scope).get("x-request-id", "")
        # An id from outside goes into the log, so only one that cannot forge a line is taken.
        identity = sent_id if _SENT_ID.fullmatch(sent_id) else uuid.uuid4().hex
        token, start, status = _ID.set(identity), time.monotonic(), 0

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = identity
            await send(message)

        try:
            await self._app(scope, receive, with_id)
        finally:
            # What no route took is the page, or an address that does not exist and is not repeated here.
            route = getattr(scope.get("route"), "path", "the page")
            milliseconds = round(1000 * (time.monotonic() - start), 1)
            values = (scope["method"], route, status, milliseconds, scope.get("state", {}).get("key_name") or "")
            _LOG.info("request", extra=dict(zip(_FIELDS, values, strict=True)))
            _ID.reset(token)


class _Json(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "message": record.getMessage()[:_MAX_MESSAGE],
            "request_id": _ID.get(),
        }
        fields |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        return json.dumps(fields)


class _Text(logging.Formatter):
    """A record as a line of text; the id of the request stands first."""

    def format(self, record: logging.LogRecord) -> str:
        identity = f"[{_ID.get()}] " if _ID.get() else ""
        fields = " ".join(f"{name}={getattr(record, name)}" for name in _FIELDS if hasattr(record, name))
        return f"{record.levelname.lower()}: {identity}{record.getMessage()} {fields}".rstrip()


def begin_log(form: str) -> None:
    """Write the log to stderr from now on: `text` has warnings and errors, `json` each request too."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if form == "json" else _Text())
    for name in ("newsdesk", "uvicorn", "uvicorn.error"):
        log = logging.getLogger(name)
        # What uvicorn says is written in this form too, and only once.
        log.handlers, log.propagate = [handler], False
        log.setLevel(logging.INFO if (form, name) == ("json", "newsdesk") else logging.WARNING)
