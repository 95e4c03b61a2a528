"""A rerank endpoint on loopback, for all shapes of request."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def results_of(scores: Sequence[float]) -> dict[str, Any]:
    """Return scores as the providers do: the best first."""
    rows = [{"index": at, "relevance_score": score} for at, score in enumerate(scores)]
    return {"id": "r1", "results": sorted(rows, key=lambda row: -row["relevance_score"])}


def growing(asked: dict[str, Any]) -> dict[str, Any]:
    return results_of([at / 100 for at in range(len(asked["documents"]))])


@dataclass
class StubReranker:
    """A rerank endpoint on loopback; `reply` gives its JSON, or its bytes as they are."""

    base: str = ""
    status: int = 200
    reply: Callable[[dict[str, Any]], dict[str, Any] | bytes] = growing
    drip_s: float = 0.0
    encoding: str = ""
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    stub: StubReranker

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.stub.requests.append((self.path, self.headers["authorization"], asked))
        reply = self.stub.reply(asked)
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(self.stub.status)
        self.send_header("content-type", "application/json")
        if self.stub.encoding:
            self.send_header("content-encoding", self.stub.encoding)
        self.end_headers()
        try:
            for piece in [body[at : at + 1] for at in range(len(body))] if self.stub.drip_s else [body]:
                self.wfile.write(piece)
                if self.stub.drip_s and self.stub.done.wait(self.stub.drip_s):
                    return
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def stub_reranker() -> Iterator[StubReranker]:
    """Serve a stub on a free loopback port for the length of the block."""
    stub = StubReranker()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stub": stub}))
    stub.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.done.set()
        server.shutdown()
        server.server_close()
