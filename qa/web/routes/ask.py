"""POST /v1/ask: a question in, a checked answer out; whole, or statement by statement. GET /v1/search: its hits."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from index.models import EVERYTHING, IsoDay, Scope
from qa.models import Answer, Event, SearchResult, Turn
from qa.question.scopes import scope_of
from qa.service import QAService
from qa.web.problems import detail_of, kind_of, problem_content
from qa.web.streaming import STREAMED, encode_events, event_stream, server_event, start_events, while_connected

MAX_TURNS = 20
_STREAM = "Ask a question, and get the answer as it is checked"


def _encodable(text: str) -> str:
    """Refuse a lone surrogate: JSON can hold it, but UTF-8, a model and the index cannot."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("holds a lone surrogate, which is no character")
    return text


Text = Annotated[str, AfterValidator(_encodable)]


class AskTurn(BaseModel):
    """An earlier question and the answer it got."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Text
    answer: Text = ""


class AskRequest(BaseModel):
    """A question, the turns before it, and the articles that are asked."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"question": "What did Ambassador Masood Khan ask the United States for?"}]},
    )

    question: Text = Field(description="in plain words")
    history: Annotated[list[AskTurn], Field(max_length=MAX_TURNS, description="earlier turns, oldest first")] = []
    scope: Scope = Field(EVERYTHING, description="the articles that are asked; without conditions, all")

    def turns(self) -> list[Turn]:
        """Return the earlier turns for the service."""
        return [Turn(question=turn.question, answer=turn.answer) for turn in self.history]


def ask_router(service: QAService) -> APIRouter:
    """Return the routes that answer questions."""
    router = APIRouter(prefix="/v1", tags=["questions"])

    @router.post("/ask", response_model=Answer, summary="Ask a question")
    async def ask(body: AskRequest, request: Request) -> Response:
        """Return the answer: statements, each checked against the characters it cites.

        `not_in_articles` is an answer too; `missing` then says what the articles do not say. `nearest` says that they
        may not say, and quotes the sentences that come nearest. `declined` has a model's words, with nothing of
        the articles in them. `articles` has all that a question about the collection asks for. A failed model's problem
        has the `hits`. Of a `scope`, only the articles within it are searched, counted and shown; where none is,
        `missing` says so.
        """
        answer = await while_connected(request, service.ask(body.question, body.turns(), scope=body.scope))
        return Response(answer.model_dump_json(), media_type="application/json")

    @router.post("/ask/stream", summary=_STREAM, response_class=StreamingResponse, responses=STREAMED)
    async def ask_stream(body: AskRequest) -> StreamingResponse:
        """Send the events `search`, `hits`, `statement` (one for each checked statement), then `done` with the answer.

        In the text a statement stands behind its `separator`; that of the first of a `nearest` answer is its heading.
        `repair` tells that statements are being written again; they come after it. A model judges what has the problem
        `pending`; `verdict` (`index` of the statement, from 0, `support`, `problems`) says how, and no words change.
        A comment every 15 s keeps the connection open. After an error on the way the last event is `error`, and its
        data a problem; the hits have been sent before, and what was pending stays `unchecked`.
        """
        events = await start_events(service.stream(body.question, body.turns(), scope=body.scope))
        return event_stream(encode_events(events, _event, _failure))

    _add_search(router, service)
    return router


def _add_search(router: APIRouter, service: QAService) -> None:
    """Add the route that finds passages."""

    @router.get("/search", response_model=SearchResult, summary="Find passages, without an answer")
    async def search(
        request: Request,
        q: Annotated[Text, Query(description="a question in plain words")],
        scope: Annotated[Scope, Depends(_scope_asked)],
        explain: Annotated[bool, Query(description="return all passages that were ranked, with their scores")] = False,
    ) -> Response:
        """Return the hits, how the question was read, and with `explain` each passage that was ranked and dropped."""
        result = await while_connected(request, service.search(q, scope=scope, explain=explain))
        return Response(result.model_dump_json(), media_type="application/json")


def _scope_asked(
    outlet: Annotated[
        tuple[Text, ...], Query(max_length=100, description="of these outlets alone; may be repeated")
    ] = (),
    first: Annotated[IsoDay | None, Query(description="published on this day or later")] = None,
    last: Annotated[IsoDay | None, Query(description="published on this day or earlier")] = None,
    folder: Annotated[Text, Query(description="in this folder, such as politics/2024")] = "",
) -> Scope:
    return scope_of(outlets=outlet, first=first, last=last, folder=folder)


def _event(event: Event) -> list[bytes]:
    return [server_event(event.model_dump_json(), event.type)]


def _failure(error: Exception) -> bytes:
    return server_event(json.dumps(problem_content(kind_of(error), detail_of(error))), "error")
