"""The calls of the page are validated before Gradio gets them, for it answers some malformed calls with a 500, and
prints what they hold.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.types import Receive, Scope, Send

from qa.web.limits import replayed
from qa.web.middleware import HttpMiddleware
from qa.web.problems import INVALID, MALFORMED, ProblemKind, problem

_PATHS = ("/gradio_api/run/predict", "/gradio_api/queue/join")
_RELOAD = "The page has no such event, or sends it otherwise. Reload the page"


class Handler(NamedTuple):
    """The number of inputs of a handler of the page, and whether it takes the place of a click."""

    inputs: int
    place: bool


class PageCalls(HttpMiddleware):
    """Middleware: refuses calls that name no handler of the page, or do not give what it takes.

    The app has its handlers by number in `state.page_handlers` once the page is mounted.
    """

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST" or scope["path"] not in _PATHS:
            await self._app(scope, receive, send)
            return
        message = await receive()  # the body is whole: BodyLimit stands around
        if refusal := _refusal(message.get("body", b""), getattr(scope["app"].state, "page_handlers", {})):
            await problem(scope["path"], refusal, _RELOAD)(scope, receive, send)
            return
        await self._app(scope, replayed(message, receive), send)


def _refusal(body: bytes, handlers: Mapping[int, Handler]) -> ProblemKind | None:
    try:
        # NaN and Infinity are no JSON, though Python reads them.
        call = json.loads(body.decode("utf-8"), parse_constant=_refuse)
        json.dumps(call, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair cannot be written
    except (ValueError, RecursionError):
        return MALFORMED
    return None if isinstance(call, dict) and _is_valid(call, handlers) else INVALID


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_valid(call: dict[str, Any], handlers: Mapping[int, Handler]) -> bool:
    number, data, clicked = call.get("fn_index"), call.get("data"), call.get("event_data")
    # True is an int, too.
    handler = handlers.get(number) if type(number) is int else None
    if handler is None or not isinstance(data, list) or len(data) != handler.inputs:
        return False
    if not isinstance(call.get("session_hash"), str) or not isinstance(call.get("trigger_id"), int | None):
        return False
    return not handler.place or (isinstance(clicked, dict) and {"index", "value"} <= set(clicked))
