"""Access: host names, the API key, the addresses that exist, and the security headers of every response."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.middleware import HttpMiddleware
from qa.web.problems import FOREIGN_ORIGIN, NO_KEY, NOT_FOUND, WRONG_HOST, WRONG_METHOD, ProblemKind, problem

_CSP = (
    # Gradio's page is built by inline scripts, and compiles the panel's code; no other host is asked for anything.
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-src 'none'; object-src 'none'; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_PAGE_FOLDERS = ("/assets/", "/static/", "/svelte/", "/gradio_api/heartbeat/", "/gradio_api/queue/")
_PAGE_FILES = frozenset(
    {"/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt", "/gradio_api/app_id"}
    | {"/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/run/predict", "/gradio_api/startup-events"}
)
_UNNAMED = ""
"""The name of the key of QA_API_KEY, and of all clients where none is needed."""
_PAGE_METHODS = ("GET", "HEAD", "POST")
_METHODS = (*_PAGE_METHODS, "PUT", "PATCH", "DELETE", "OPTIONS")
_OPEN_PATHS = ("/healthz", "/readyz")
"""A load balancer asks these without a key; `/readyz` then gives no details."""
ASKER = ContextVar("asker", default=_UNNAMED)
"""The name of the key of the client that is being answered."""


def asker_of(request: Any) -> str:
    """Return the name of the key of a request, which `ApiKey` has put into its state."""
    return getattr(request.state, "key_name", None) or _UNNAMED


class SecurityHeaders(HttpMiddleware):
    """Middleware: sets the security headers on every response, and removes the CORS headers."""

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # Gradio answers other origins by itself; nothing here is for them.
                for name in [name for name in headers if name.startswith("access-control-")]:
                    del headers[name]
                for name, value in HEADERS.items():
                    headers[name] = value
                if scope["path"].startswith("/v1/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers)


class HostCheck(HttpMiddleware):
    """Middleware: refuses unknown host names (DNS rebinding), and requests that pages of other sites send."""

    types = ("http", "websocket")

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        """Answer for these host names; ports do not matter."""
        super().__init__(app)
        self._names = frozenset(name.lower() for name in names)

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(Headers(scope=scope))
        await (problem(scope["path"], *refusal) if refusal else self._app)(scope, receive, send)

    def _refusal(self, headers: Headers) -> tuple[ProblemKind, str] | None:
        hosts = headers.getlist("host")
        names = [_name(host) for host in hosts + headers.getlist("x-forwarded-host")]
        # A proxy may pass on the name that its client asked for; that one has to be ours as well.
        if len(hosts) != 1 or not self._names.issuperset(names):
            return WRONG_HOST, "This server does not answer for that host name. Add it to QA_ALLOWED_HOSTS"
        if not self._names.issuperset(map(_origin_name, headers.getlist("origin"))):
            return (
                FOREIGN_ORIGIN,
                "Pages of other sites may not send requests here. Ask from a program, or from our page",
            )
        return None


def _origin_name(origin: str) -> str:
    """Return the host name in an Origin header; an empty text, which no host is called, when it cannot be read."""
    try:
        return _name(urlsplit(origin).netloc)
    except ValueError:
        return ""


def _name(host: str) -> str:
    """Return a Host header's name without its port, in lower case; an IPv6 address without its brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


class ApiKey(HttpMiddleware):
    """Middleware: asks for a key, as a bearer token, as X-API-Key, or as the password that a browser asks for."""

    types = ("http", "websocket")

    def __init__(self, app: ASGIApp, key: str | None, digests: Mapping[str, str] = {}) -> None:
        """Take `key`, and the keys whose sha256 in hex `digests` has by name. Without any everybody may pass.

        The name of the key is then in the state of the request as `key_name`.
        """
        super().__init__(app)
        self._digests = {name: bytes.fromhex(digest) for name, digest in digests.items()}
        if key:
            self._digests[_UNNAMED] = hashlib.sha256(key.encode()).digest()

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = self._name_of(Headers(scope=scope)) if self._digests else _UNNAMED
        scope.setdefault("state", {})["key_name"] = name
        if name is not None or scope["path"] in _OPEN_PATHS:
            # The answer is stored for this asker, deep below, where no request is at hand.
            token = ASKER.set(name or _UNNAMED)
            try:
                await self._app(scope, receive, send)
            finally:
                ASKER.reset(token)
            return
        headers = {"WWW-Authenticate": "Bearer" if scope["path"].startswith("/v1/") else 'Basic realm="Newsdesk"'}
        detail = "Send the key as `Authorization: Bearer KEY` or `X-API-Key: KEY`; in a browser, as the password"
        await problem(scope["path"], NO_KEY, detail, headers=headers)(scope, receive, send)

    def _name_of(self, headers: Headers) -> str | None:
        """Return the name of the key that was sent, None without a valid one; the time does not tell which it is."""
        sender = None
        for key in _keys(headers):
            digest = hashlib.sha256(key.encode()).digest()
            # Every digest is compared, whichever fits, and each in constant time: how long it takes tells nothing of a
            # key.
            for name, expected in self._digests.items():
                sender = name if hmac.compare_digest(digest, expected) else sender
        return sender


def _keys(headers: Headers) -> Iterator[str]:
    yield from headers.getlist("x-api-key")
    for value in headers.getlist("authorization"):
        scheme, _, rest = value.partition(" ")
        if scheme.lower() == "bearer":
            yield rest.strip()
        elif scheme.lower() == "basic":
            try:
                # A browser asks for a name and a password; only the password is looked at.
                yield base64.b64decode(rest, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                continue


class KnownRoutes(HttpMiddleware):
    """Middleware: answers 404 where there is neither a route of the API nor a part of the page, uploads included.

    A method that an address does not take gets 405 with those that it does. HEAD is GET without the body.
    """

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _exists(scope, scope["method"]):
            await self._app(scope, receive, send)
        elif scope["method"] == "HEAD" and _exists(scope, "GET"):
            # No route takes HEAD by itself, so the app is asked as for GET, and its body is dropped.
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        elif methods := ", ".join(_methods_at(scope)):
            refusal = problem(scope["path"], WRONG_METHOD, f"This address takes {methods}", headers={"Allow": methods})
            await refusal(scope, receive, send)
        else:
            await problem(scope["path"], NOT_FOUND, "There is nothing at this address. See /docs")(scope, receive, send)


def _methods_at(scope: Scope) -> list[str]:
    """Return the methods that a path takes, HEAD among them where it takes GET."""
    return [method for method in _METHODS if _exists(scope, method) or (method == "HEAD" and _exists(scope, "GET"))]


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head


def _exists(scope: Scope, method: str) -> bool:
    """Return whether a path takes a method. The mount of the page at `/` is left out: it would take any path."""
    path = scope["path"]
    if (path in _PAGE_FILES or path.startswith(_PAGE_FOLDERS)) and method in _PAGE_METHODS:
        return True
    request = {**scope, "method": method}
    routes = (route for route in scope["app"].routes if not isinstance(route, Mount))
    return any(route.matches(request)[0] is Match.FULL for route in routes)
