"""Confine the HTTP connections on which models are called: no redirects, and no endless replies.

LiteLLM's clients follow redirects, which sends the whole prompt to a host that nobody named (a 307 keeps the body), and
hold a line of a reply in memory, however long it gets. httpx unpacks each piece of a reply whole: 64 KB of gzip may
hold 64 MB, and as much of brotli a gigabyte.
"""

import json
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing, closing
from functools import cache, partial
from itertools import chain
from typing import Any

import httpx

from qa.models.errors import ModelUnavailable

MAX_BYTES = 8_000_000
"""The size of one reply: 32,000 tokens, the most that QA_MAX_TOKENS allows, in events of 250 bytes."""
WHOLE_S = 60.0
"""A reply that is not streamed may take so many seconds."""
MAX_ERROR_BYTES = 100_000
PACKED = {"Accept-Encoding": "gzip"}
"""Asks for gzip, which can be unpacked a little at a time."""
_STEP = 65_536
_TAIL = 16_384


class EndlessReply(httpx.DecodingError):
    """A reply is longer than any that was asked for."""


Unpack = Callable[[bytes], Iterable[bytes]]


def unpacking(response: httpx.Response) -> Unpack:
    """Return a function that unpacks one piece of a reply after the other, in small parts; httpx then does not.

    It raises DecodingError for an encoding that was not asked for, and for bytes that it cannot unpack.
    """
    # Without the header httpx does not unpack the reply as well, whole.
    encoding = response.headers.pop("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return lambda piece: (piece,)
    # Sixteen more asks zlib for the frame of gzip.
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS + 16)

    def unpacked(piece: bytes) -> Iterator[bytes]:
        if encoding not in ("gzip", "x-gzip"):
            raise httpx.DecodingError("The reply is packed in another way than was asked for")
        if unzip.eof:
            raise httpx.DecodingError("The reply goes on after its end")
        part = b""
        while piece or len(part) == _STEP:  # a full part may leave more of itself behind
            try:
                part = unzip.decompress(piece, _STEP)
            except zlib.error:
                raise httpx.DecodingError("The reply cannot be unpacked") from None
            piece = unzip.unconsumed_tail
            yield part

    return unpacked


class _Bounded(httpx.AsyncByteStream):
    """The bytes of a reply, unpacked, up to a limit; the text of an error is cut there."""

    def __init__(self, stream: Any, unpack: Unpack, is_error: bool) -> None:
        self._stream, self._unpack, self._is_error = stream, unpack, is_error
        self.tail = b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async with aclosing(self._parts()) as parts:
            async for part in parts:
                size += len(part)
                if self._is_error and size > MAX_ERROR_BYTES:
                    return
                if size > MAX_BYTES:
                    raise EndlessReply(f"More than {MAX_BYTES} bytes")
                # The end of a reply says why it ended (`faults.reason_in`).
                self.tail = (self.tail + part)[-_TAIL:]
                yield part

    async def _parts(self) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(aiter(self._stream)) as pieces:
                async for piece in pieces:
                    for part in self._unpack(piece):
                        yield part
        except httpx.DecodingError:
            # The text of an error is never shown, so half of it does no harm.
            if not self._is_error:
                raise

    async def aclose(self) -> None:
        await self._stream.aclose()


def read_whole(response: httpx.Response, most: int, seconds: float) -> None:
    """Read a whole reply within bounds on its size and its time: httpx bounds the wait for each piece alone.

    Raises EndlessReply after so many bytes or seconds, and as `unpacking` does.
    """
    body, until, unpack = bytearray(), time.monotonic() + seconds, unpacking(response)
    stream: Any = response.stream
    with closing(stream):
        for part in chain.from_iterable(map(unpack, stream)):
            body += part
            if len(body) > most or time.monotonic() > until:
                raise EndlessReply(f"More than {most} bytes or {seconds:g} s", request=response.request)
    response.stream = httpx.ByteStream(bytes(body))


class _AsEvents(httpx.AsyncByteStream):
    """Turns a reply that came whole where a stream was asked for into events; other JSON stays as it is."""

    def __init__(self, stream: _Bounded) -> None:
        self._stream = stream

    @property
    def tail(self) -> bytes:
        return self._stream.tail

    async def __aiter__(self) -> AsyncIterator[bytes]:
        whole = b"".join([part async for part in self._stream])
        try:
            reply = json.loads(whole)
            choice = reply["choices"][0]
            delta, reason = choice["message"], choice.get("finish_reason") or "stop"
        except (ValueError, LookupError, TypeError, AttributeError):
            yield whole
            return
        head = {name: reply.get(name) for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
        events: list[dict[str, Any]] = [
            {"choices": [{"index": 0, "delta": delta}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
            {"choices": [], "usage": reply.get("usage")},
        ]
        for event in events:
            yield b"data: " + json.dumps(head | event).encode() + b"\n\n"
        yield b"data: [DONE]\n\n"

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx.Response) -> None:
    bounded = _Bounded(response.stream, unpacking(response), not response.is_success)
    response.stream = _AsEvents(bounded) if _ignores_the_stream(response) else bounded


def _ignores_the_stream(response: httpx.Response) -> bool:
    """Return whether a server answers with one JSON document where a stream was asked for, as some do."""
    is_json = response.headers.get("content-type", "").startswith("application/json")
    try:
        return is_json and response.is_success and json.loads(response.request.content).get("stream") is True
    except (ValueError, AttributeError, httpx.RequestNotRead):
        return False


def tail_of(reply: Any) -> bytes:
    """Return the last bytes of a reply that LiteLLM has read to its end; none where it does not keep the response."""
    response = getattr(getattr(reply, "completion_stream", None), "response", None)
    tail: bytes = getattr(getattr(response, "stream", None), "tail", b"")
    return tail


def _confine(owner: Any, whole_s: float) -> None:
    """Confine the client in an OpenAI client or in one of LiteLLM's own, which replaces it at times."""
    client = getattr(owner, "client", None) or getattr(owner, "_client", None)
    if isinstance(client, httpx.Client | httpx.AsyncClient):
        whole = partial(read_whole, most=MAX_BYTES, seconds=whole_s)
        bound = _bound if isinstance(client, httpx.AsyncClient) else whole
        for each in (client, owner):
            each.follow_redirects, each.event_hooks = False, {"response": [bound]}
        client.headers.update(PACKED)


@cache
def _confining() -> type[Any]:
    from litellm.caching.llm_caching_handler import LLMClientCache

    # The base is untyped where mypy does not follow LiteLLM.
    class Confining(LLMClientCache):  # type: ignore[misc, unused-ignore]
        whole_s = WHOLE_S

        def set_cache(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
            _confine(value, self.whole_s)
            return super().set_cache(key, value, *args, **kwargs)

    return Confining


def confine(litellm: Any, whole_s: float = WHOLE_S) -> None:
    """Have LiteLLM confine each client as it puts it into its cache, and confine the one that it keeps elsewhere.

    A reply that is not streamed may take `whole_s` seconds.
    """
    clients = litellm.in_memory_llm_clients_cache
    if not isinstance(clients, _confining()) or clients.whole_s != whole_s:
        litellm.in_memory_llm_clients_cache = _confining()()
        litellm.in_memory_llm_clients_cache.whole_s = whole_s
        try:
            _confine(litellm.module_level_client, whole_s)
        except ImportError as error:  # httpx, of a proxy in the environment that it cannot speak to
            raise ModelUnavailable(f"The proxy in ALL_PROXY cannot be used: {error} Or unset ALL_PROXY") from None
