"""POST /v1/chat/completions and GET /v1/models for OpenAI clients; citations are annotations."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from index.models import EVERYTHING, Scope
from qa.answer_draft import notes_below
from qa.models import (
    Answer,
    Citation,
    DoneEvent,
    Event,
    Hit,
    SearchEvent,
    StatementEvent,
    Turn,
    Wishes,
)
from qa.models.markers import MARKER, numbers_of
from qa.service import QAService
from qa.web.problems import BAD_REQUEST, NOT_FOUND, detail_of, hits_of, kind_of, openai_error
from qa.web.routes.ask import MAX_TURNS, Text
from qa.web.streaming import STREAMED, encode_events, event_stream, server_event, start_events, while_connected

OWNER = "newsdesk"
MAX_MESSAGES = 200
MAX_STYLE = 2000


class _Lenient(BaseModel):
    """A part of a request; fields that change nothing here are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)


class TextPart(_Lenient):
    """A part of a message."""

    type: Literal["text"]
    text: Text


class ChatMessage(_Lenient):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[TextPart] | None = None

    @property
    def text(self) -> str:
        """The text of the message."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(_Lenient):
    """What a stream should send at its end."""

    include_usage: bool = False


class ChatRequest(_Lenient):
    """A conversation; its last user message is the question."""

    model: str = Field(OWNER, description="not read; the service's own model answers")
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: Annotated[int | None, Field(ge=1)] = None
    logprobs: bool | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: dict[str, Any] | None = None
    stop: str | list[str] | None = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None
    scope: Scope = Field(EVERYTHING, description="not of OpenAI: the articles that are asked; without conditions, all")

    def wishes(self) -> Wishes:
        """Return how a model should write: the style, which the system messages give, temperature and length."""
        style = " ".join(message.text for message in self.messages if message.role in ("system", "developer"))
        limit = self.max_completion_tokens or self.max_tokens
        return Wishes(style=style[:MAX_STYLE], temperature=self.temperature, max_tokens=limit)

    def refused(self) -> str | None:
        """Return the name of the first field that asks for another form than text from articles; None without one."""
        other_form = (self.response_format or {}).get("type", "text") != "text"
        fields: dict[str, object] = {
            "tools": self.tools,
            "functions": self.functions,
            "response_format": other_form,
            "stop": self.stop,
            "logprobs": self.logprobs,
            "n": (self.n or 1) > 1,
        }
        return next((name for name, value in fields.items() if value), None)

    def question(self) -> tuple[str, list[Turn]]:
        """Return the last user message and the turns before it."""
        turns: list[Turn] = []
        for message in self.messages:
            if message.role == "user":
                turns.append(Turn(question=message.text))
            elif message.role == "assistant" and turns:
                # Of several replies to one question the last one counts.
                turns[-1] = Turn(question=turns[-1].question, answer=message.text)
        return (turns[-1].question, turns[:-1][-MAX_TURNS:]) if turns else ("", [])


class OpenAIError(BaseModel):
    """What went wrong, in OpenAI's shape."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str
    hits: list[Hit] | None = Field(None, description="of an answer that failed: the passages that were found for it")


class OpenAIErrorReply(BaseModel):
    """An error as OpenAI's clients read it."""

    error: OpenAIError


def openai_router(service: QAService, root_path: str = "") -> APIRouter:
    """Return the routes for OpenAI clients; the addresses of articles are below `root_path`, such as `/news`."""
    answer: dict[str, Any] = {"model": OpenAIErrorReply, "description": "An error in OpenAI's shape"}
    router = APIRouter(prefix="/v1", tags=["openai"], responses={422: answer, "default": answer})
    _describe(router, service)

    @router.post("/chat/completions", summary="Ask with an OpenAI client", response_model=None, responses=STREAMED)
    async def complete(body: ChatRequest, request: Request) -> Response:
        """Answer the last user message; the messages before it tell what it means, a system message how to write.

        `message.annotations` are `url_citation`s at the markers; the field `citations` holds the exact spans,
        `statements` whether each is borne out and what is amiss, `notes` what the reader should know of the search,
        `articles` all that a question about the collection asks for, `differs` where articles give different values,
        `status` whether it is an answer, or quotes only what comes `nearest`: its content then begins by saying so. The
        content ends with what is missing, what is not borne out and why, and how many statements are `unchecked`.
        `answer_id` is the id for `/v1/answers/{id}`. OpenAI's clients send the field `scope` as `extra_body`.
        """
        if name := body.refused():
            detail = f"The field {name!r} is not served: an answer is text from the articles. Leave it out"
            return JSONResponse(openai_error(BAD_REQUEST, detail, {"param": name}), BAD_REQUEST.status)
        question = (*body.question(), body.wishes(), body.scope)
        base = f"{str(request.base_url).rstrip('/')}{root_path}/"
        if not body.stream:
            answer = await while_connected(request, service.ask(*question))
            return JSONResponse(completion(answer, base))
        usage = bool(body.stream_options and body.stream_options.include_usage)
        chunks = _Chunks(service.model, usage, base)
        return event_stream(encode_events(await start_events(service.stream(*question)), chunks.of, _failure))

    return router


def _describe(router: APIRouter, service: QAService) -> None:
    """Add the routes that list the model."""
    about = {"id": OWNER, "object": "model", "created": int(time.time()), "owned_by": OWNER, "root": service.model}

    @router.get("/models", summary="List the one model")
    async def models() -> dict[str, Any]:
        """Return the one model, `newsdesk`; its `root` is the model or the writer that answers."""
        return {"object": "list", "data": [about]}

    @router.get("/models/{name}", summary="Describe the one model", response_model=None)
    async def model(name: str) -> dict[str, Any] | JSONResponse:
        """Return the one model."""
        if name == OWNER:
            return about
        return JSONResponse(openai_error(NOT_FOUND, f"There is no model {name!r}. There is: {OWNER}"), 404)


def completion(answer: Answer, base: str) -> dict[str, Any]:
    """Return an answer as a chat completion; `base` is the address of the service, with a slash at its end."""
    content = answer.text + _end_of(answer)
    message = {"role": "assistant", "content": content, "refusal": None}
    url_citations = {"annotations": annotations(answer.text, answer.citations, base)}
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": answer.model,
        "choices": [{"index": 0, "message": message | url_citations, "logprobs": None, "finish_reason": "stop"}],
        "usage": _usage(answer),
        **_extra(answer),
    }


def annotations(text: str, citations: Sequence[Citation], base: str, offset: int = 0) -> list[dict[str, Any]]:
    """Return a `url_citation` for each marker of a text that begins at `offset` of the content."""
    by_marker = {citation.marker: citation for citation in citations}
    url_citations = []
    for match in MARKER.finditer(text):
        place = {"start_index": offset + match.start(), "end_index": offset + match.end()}
        # One marker may name several sources, each of which is an annotation at the same place.
        for number in numbers_of(match.group()):
            if citation := by_marker.get(number):
                article = {"title": citation.headline or citation.path, "url": base + article_address(citation)}
                url_citations.append({"type": "url_citation", "url_citation": place | article})
    return url_citations


def article_address(citation: Citation) -> str:
    """Return the address, below that of the service, of the page of the article with the cited characters marked."""
    return f"articles/{quote(citation.path)}#{citation.start}-{citation.end}"


class _Chunks:
    """The events of one answer as chunks of a completion."""

    def __init__(self, model: str, include_usage: bool, base: str) -> None:
        self._model, self._include_usage, self._base = model, include_usage, base
        self._id, self._created = f"chatcmpl-{time.time_ns():x}", int(time.time())
        self._citations: list[Citation] = []
        self._length = 0

    def of(self, event: Event) -> list[bytes]:
        """Return the chunks of one event."""
        if isinstance(event, StatementEvent):
            self._citations += event.citations
            text = event.separator + event.statement.text
            url_citations = annotations(text, self._citations, self._base, self._length)
            self._length += len(text)
            return [self._chunk({"content": text, "annotations": url_citations})]
        if isinstance(event, DoneEvent):
            return self._end(event.answer)
        # Clients expect the role first, and the search is what always comes first.
        return [self._chunk({"role": "assistant", "content": ""})] if isinstance(event, SearchEvent) else []

    def _end(self, answer: Answer) -> list[bytes]:
        # An abstention sends no statement, so all of its text is still to come.
        rest = answer.text[self._length :] + _end_of(answer)
        chunks = [self._chunk({"content": rest})] if rest else []
        chunks.append(self._chunk({}, "stop", _extra(answer)))
        if self._include_usage:
            chunks.append(self._chunk(None, None, {"usage": _usage(answer)}))
        return [*chunks, server_event("[DONE]")]

    def _chunk(
        self, delta: Mapping[str, Any] | None, finish: str | None = None, extra: Mapping[str, Any] = {}
    ) -> bytes:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        about = {"id": self._id, "object": "chat.completion.chunk", "created": self._created, "model": self._model}
        return server_event(json.dumps({**about, "choices": choices, **extra}, ensure_ascii=False))


def _end_of(answer: Answer) -> str:
    return "".join(f"\n\n{line}" for line in notes_below(answer))


def _extra(answer: Answer) -> dict[str, Any]:
    """Return the fields of an answer that OpenAI has none for, the verdicts on the statements among them."""
    fields = {"citations", "statements", "status", "missing", "notes", "articles", "differs", "scope"}
    return {"answer_id": answer.id} | answer.model_dump(mode="json", include=fields)


def _usage(answer: Answer) -> dict[str, int]:
    prompt, completion = answer.usage.prompt_tokens, answer.usage.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _failure(error: Exception) -> bytes:
    return server_event(json.dumps(openai_error(kind_of(error), detail_of(error), hits_of(error))))
