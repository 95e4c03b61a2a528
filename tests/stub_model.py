"""Language models for tests, with scripted replies: one in memory, and one behind a loopback OpenAI endpoint."""

import asyncio
import hashlib
import json
import re
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from index.embedding.embedders import Embedder
from index.models import Passage, Span
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from qa.checking.grounding import Grounder
from qa.llm.budget import Budget, Prompt
from qa.models import (
    Answer,
    DoneEvent,
    Event,
    Hit,
    HitsEvent,
    Problem,
    ProblemCode,
    RepairEvent,
    SearchEvent,
    StatementEvent,
    Support,
    Usage,
    VerdictEvent,
)
from qa.retrieval.retriever import Retriever
from qa.service import QAService
from qa.writing.writer import Writer

SECRET = "sk-stub-0123456789abcdef"
"""The key that the stub gives away in its errors, to see whether anybody repeats it."""
USAGE = Usage(prompt_tokens=11, completion_tokens=7)


def estimated(prompt: Prompt) -> int:
    """Return about how many tokens a prompt has, rather too many."""
    return sum(len(message["content"].encode()) // 3 + 8 for message in prompt)


BUDGET = Budget.of(None, 0, estimated)
"""For parts whose prompts are to fit whatever they are."""


def cuts(text: str, size: int | None) -> list[str]:
    """Cut a text into pieces of `size` characters; None: one piece."""
    return [text] if size is None else [text[at : at + size] for at in range(0, len(text), size)]


T = TypeVar("T")


class ScriptedModel:
    """A language model in memory: gives its pieces one by one, and notes what was asked and whether it was let go."""

    name = "scripted"

    def __init__(self, reply: str | Sequence[str], error: Exception | None = None, pause_s: float = 0.0) -> None:
        self.pieces = [reply] if isinstance(reply, str) else list(reply)
        self.error = error
        self.pause_s = pause_s
        self.asked: list[Sequence[dict[str, str]]] = []
        self.given = 0
        self.at_once = 0
        self.most_at_once = 0
        self.let_go = 0

    async def reply(self, messages: Sequence[dict[str, str]], *_: object) -> AsyncGenerator[str | Usage, None]:
        self.asked.append(messages)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            for piece in self.pieces:
                await asyncio.sleep(self.pause_s)
                self.given += 1
                yield piece
            if self.error:
                raise self.error
            yield USAGE
        finally:
            self.at_once -= 1
            self.let_go += 1


class AnsweringModel(ScriptedModel):
    """Makes up its reply from the prompt, as a model that can look for the numbers of sentences."""

    def __init__(self, answer: Callable[[Callable[[str], int]], str], size: int | None = None) -> None:
        super().__init__("")
        self._answer = answer
        self._size = size

    async def reply(self, messages: Sequence[dict[str, str]], *_: object) -> AsyncGenerator[str | Usage, None]:
        prompt = messages[-1]["content"]
        self.pieces = self.cut(self._answer(lambda words: number_of(words, prompt)))
        async with aclosing(super().reply(messages)) as pieces:
            async for piece in pieces:
                yield piece

    def cut(self, text: str) -> list[str]:
        """Cut the reply into the pieces that are given."""
        return cuts(text, self._size)


def number_of(words: str, prompt: str) -> int:
    """Return the number of the first evidence sentence of a prompt that holds the words."""
    rows = (row.partition("] ") for row in prompt.splitlines() if row.startswith("["))
    return next(int(mark[1:]) for mark, _, text in rows if words in text)


class Fault(Enum):
    """What a stub may do instead of replying well; `faulty_model` has all the rest."""

    UNAUTHORISED = auto()
    SLOW = auto()


@dataclass
class StubOpenAI:
    """An OpenAI-compatible endpoint on loopback; set `reply`, `size` and `fault` between requests."""

    base: str = ""
    reply: str | Callable[[str], str] = "It rained."
    size: int | None = None
    fault: Fault | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    def app(self) -> FastAPI:
        """Return the endpoint."""
        app = FastAPI()

        @app.post("/v1/chat/completions")
        async def complete(request: Request) -> Response:
            asked = await request.json()
            self.requests.append(asked)
            self.keys.append(request.headers.get("authorization", ""))
            if self.fault is Fault.UNAUTHORISED:
                error = {"message": f"Stub refuses {SECRET}", "type": "invalid_api_key", "code": "invalid_api_key"}
                return JSONResponse({"error": error}, 401)
            return StreamingResponse(self._events(asked), media_type="text/event-stream")

        return app

    async def _events(self, asked: dict[str, Any]) -> AsyncGenerator[str, None]:
        text = self.reply(asked["messages"][-1]["content"]) if callable(self.reply) else self.reply
        finished = False
        try:
            for piece in cuts(text, self.size):
                yield _event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
                await asyncio.sleep(0.2 if self.fault is Fault.SLOW else 0)
            yield _event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            if asked.get("stream_options", {}).get("include_usage"):
                prompt, completion = USAGE.prompt_tokens, USAGE.completion_tokens
                tokens = {"prompt_tokens": prompt, "completion_tokens": completion}
                yield _event({"choices": [], "usage": tokens | {"total_tokens": prompt + completion}})
            yield "data: [DONE]\n\n"
            finished = True
        finally:
            if not finished:
                self.let_go.set()


def _event(fields: dict[str, Any]) -> str:
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "stub"}
    return f"data: {json.dumps(chunk | fields)}\n\n"


@contextmanager
def stub_openai() -> Iterator[StubOpenAI]:
    """Serve a stub on a free loopback port for the length of the block."""
    listening = socket.create_server(("127.0.0.1", 0))
    stub = StubOpenAI(base=f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
    config = uvicorn.Config(
        stub.app(), log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


def run_model(asked: Coroutine[Any, Any, T]) -> T:
    """Run what calls a model through LiteLLM, and close the connections that LiteLLM keeps open."""

    async def closing() -> T:
        import litellm
        from litellm.llms.custom_httpx.async_client_cleanup import close_litellm_async_clients

        try:
            return await asked
        finally:
            await close_litellm_async_clients()
            if kept := vars(litellm).get("module_level_aclient"):
                await kept.close()
            litellm.in_memory_llm_clients_cache.flush_cache()

    return asyncio.run(closing())


def free_base() -> str:
    """Return the address of a loopback port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def hit_of(path: str, text: str, *, offset: int = 0, whole: bool = False, **about: Any) -> Hit:
    """Return a hit whose passage stands at `offset` of its file, cut into sentences at ". " unless `whole`."""
    cuts_at = [0, *([] if whole else [at.end() for at in re.finditer(r"\. ", text)]), len(text)]
    spans = [Span(offset + start, offset + start + len(text[start:end].rstrip())) for start, end in pairwise(cuts_at)]
    identity = hashlib.sha256(f"{path} {offset} {text}".encode()).hexdigest()[:16]
    sentences = tuple(span for span in spans if span.start < span.end)
    passage = Passage(id=identity, path=path, start=offset, end=offset + len(text), text=text, sentences=sentences)
    return Hit(passage=passage, score=1.0, similarity=1.0, story=path, **about)


def service_of(data_dir: Path, embedder: Embedder, writer: Writer, **options: Any) -> QAService:
    """Return a service on an index that is there, with parts of one's own."""
    parts = {
        "retriever": Retriever(embedder, 8),
        "grounder": Grounder(embedder),
        "deadline_s": 30.0,
        "max_concurrency": 4,
    }
    return QAService(SnapshotReader(DataFolder(data_dir), embedder.id), writer=writer, **(parts | options))


def answer_in(events: Sequence[Event]) -> Answer:
    """Return the answer, once it is certain that what was told makes it up: no words change, and nothing comes twice.

    Only what was told as pending gets a verdict, each once, when all is told, and nothing is pending in the end.
    """
    first, second, *between, done = events
    assert isinstance(first, SearchEvent) and isinstance(second, HitsEvent) and isinstance(done, DoneEvent)
    told = [event for event in between if isinstance(event, StatementEvent)]
    verdicts = [event for event in between if isinstance(event, VerdictEvent)]
    assert sum(isinstance(event, RepairEvent) for event in between) <= 1
    assert between[len(between) - len(verdicts) :] == verdicts
    statements = [event.statement for event in told]
    pending = [at for at, one in enumerate(statements) if is_pending(one.problems)]
    assert all(statements[at].support is Support.UNCHECKED for at in pending)
    assert [verdict.index for verdict in verdicts] == pending
    for verdict in verdicts:
        statements[verdict.index] = verdict.on(statements[verdict.index])
    answer = done.answer
    assert tuple(statements) == answer.statements
    assert tuple(one for event in (*told, *verdicts) for one in event.citations) == answer.citations
    assert not told or "".join(event.separator + event.statement.text for event in told) == answer.text
    assert not any(is_pending(one.problems) for one in answer.statements)
    return answer


def is_pending(problems: Sequence[Problem]) -> bool:
    """Whether a statement with these problems waits for a second look."""
    return any(problem.code is ProblemCode.PENDING for problem in problems)
