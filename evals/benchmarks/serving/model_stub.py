"""A model for the benchmark of load: an OpenAI-compatible endpoint on loopback that takes 50 ms and quotes.

`python -m evals.benchmarks.serving.model_stub` prints its address and serves until it is ended. Its reply is the first
three evidence sentences of the prompt, each with its marker.
"""

import asyncio
import json
import re
from collections.abc import Iterator

SECONDS = 0.05
_QUOTED = 3
_SENTENCE = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def reply_to(prompt: str) -> str:
    """Return the reply to a prompt."""
    return " ".join(f"{text} [{number}]" for number, text in _SENTENCE.findall(prompt)[:_QUOTED])


def events(text: str) -> Iterator[bytes]:
    """Yield the events of a streamed chat completion."""
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "stub"}
    for delta, reason in (({"role": "assistant", "content": text}, None), ({}, "stop")):
        chunk = head | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        yield f"data: {json.dumps(chunk)}\n\n".encode()
    yield b"data: [DONE]\n\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request, and close the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        body = await reader.readexactly(int(head.partition("content-length:")[2].split()[0]))
        text = reply_to(json.loads(body)["messages"][-1]["content"])
        await asyncio.sleep(SECONDS)
        writer.write(_HEAD + b"".join(events(text)))
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        """Who asked has gone."""
    finally:
        writer.close()


async def main() -> None:
    """Serve on any free port."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=1 << 22)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
