"""The web face for tests: in memory for its answers, and on a loopback port for real clients and browsers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi.testclient import TestClient

from qa.service import QAService
from qa.settings import Settings
from qa.web.app import create_app

KEY = "correct horse battery"
ASK = "What did Ambassador Masood Khan say that Pakistan needs?"
OFF_TOPIC = "Who won the cricket match?"
UNSURE = "Which weapons does the Balochistan police lack?"
SURE = {"cricket": 0.0, "lack": 0.3}
"""How sure the fake reader is of the last two; of others it is sure."""

BROWSER_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
EVIL = (
    "<img src='http://evil.example/a.png' onerror='window.pwned=1'><script>window.pwned=2</script> "
    "![x](http://evil.example/b.png) [click](javascript:window.pwned=3) ${window.pwned=4} {{window.pwned}} "
    "<style>@import 'http://evil.example/c.css';</style><form action='http://evil.example'><input></form> "
    "<iframe src='http://evil.example'></iframe> http://evil.example/d &lt;b&gt; $x$ `tick`"
)
CONTRASTS = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const names = ['#brand h1', '#brand p', '#new', '#chat .question', '#chat .answer p', '#chat a.cite', '#hint .hint',
    '#sources .title', '#sources .meta', '#sources .n', '#sources blockquote', '#sources mark', '.answer .missing',
    '.answer .nearest', '.answer blockquote', '.answer blockquote span', '.answer .pending', '.answer .unchecked',
    '.answer .step', '.answer .doubts'];
  return names.flatMap((name) => [...document.querySelectorAll(name)].map((node) => {
    const [one, two] = [light(parts(getComputedStyle(node).color)), light(behind(node))];
    return [name, (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)];
  }));
}"""
"""A page's script that returns the contrast of each text that matters with what is behind it."""


def settings_of(data_dir: Path, **options: Any) -> Settings:
    """Return settings for an index that is there."""
    return Settings(data_dir=data_dir, **options)


@contextmanager
def client_of(service: QAService, data_dir: Path, *, page: bool = False, **options: Any) -> Iterator[TestClient]:
    """Give a client of the app, without a socket; errors come as responses, as they do over a network.

    Without `page` the chat page is left out, which takes longer to build than all the rest.
    """
    app = create_app(service, settings_of(data_dir, **options), with_page=page)
    with TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as client:
        yield client


@contextmanager
def served(service: QAService, data_dir: Path, *, port: int = 0, **options: Any) -> Iterator[str]:
    """Serve on a loopback port, any free one by default, and give the address."""
    app = create_app(service, settings_of(data_dir, **options))
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1, proxy_headers=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def until(true: Any, seconds: float = 5.0) -> bool:
    """Wait until a call returns something true, at most so long; return whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return bool(true())
