"""Try the installed command from end to end, in the environment whose Python runs this: `python -I tests/smoke.py`.

It needs nothing but the standard library and the installed wheel, reaches nothing but loopback, leaves nothing behind,
and prints a line for each step that went well.
"""

import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import qa
import seeds

COMMAND = Path(sys.executable).with_name("newsdesk")
SEEDS = Path(seeds.__file__).parent
ANSWERABLE = "Where did General Kurilla travel?"
UNANSWERABLE = "What is the temperature in Karachi?"
CITED = re.compile(r"^\[1\] (\S+\.txt) (\d+)-(\d+)", re.MULTILINE)
PATIENCE_S = 120


def main() -> None:
    """Take all steps; the first that fails ends it."""
    for module in (qa, seeds):
        assert Path(module.__file__ or "").is_relative_to(sys.prefix), f"{module.__file__} is not the installed one"
    _passed(f"newsdesk {version('newsdesk')} on Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("QA_", "PYTHON"))}
        environment |= {"QA_DATA_DIR": f"{folder}/data", "QA_PORT": "0"}
        _shell(folder, environment)
        _web(folder, environment)


def _shell(folder: str, environment: dict[str, str]) -> None:
    def said(*arguments: str) -> str:
        command = [str(COMMAND), *arguments]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=PATIENCE_S
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    help_text = said("--help")
    for name in ("index", "ask", "search", "serve"):
        assert re.search(rf"^ +{name} ", help_text, re.MULTILINE), f"{name} is not in {help_text}"
    _passed("newsdesk --help")
    number = len(list(SEEDS.glob("*.txt")))
    report = said("index")
    assert number and f": {number} articles, " in report, report
    _passed(f"newsdesk index: the {number} articles of the wheel")
    hits = said("search", ANSWERABLE)
    assert "Peshawar" in hits, hits
    _passed("newsdesk search")
    answer = said("ask", ANSWERABLE)
    cited = CITED.search(answer)
    assert cited and "Peshawar" in answer, answer
    assert "Peshawar" in _characters(cited[1], int(cited[2]), int(cited[3])), cited[0]
    _passed(f"newsdesk ask: answered, citing {cited[0]}")
    answer = said("ask", UNANSWERABLE)
    assert answer.startswith("The articles do not say.") and not CITED.search(answer), answer
    _passed("newsdesk ask: the articles do not say")


def _web(folder: str, environment: dict[str, str]) -> None:
    with _server(folder, environment) as (server, address):
        ready = _reply(f"{address}/readyz")
        assert ready["status"] == "ready" and ready["articles"] == len(list(SEEDS.glob("*.txt"))), ready
        _passed("newsdesk serve: GET /readyz")
        answer = _reply(f"{address}/v1/ask", {"question": ANSWERABLE})
        assert answer["status"] == "answered" and "Peshawar" in answer["text"], answer
        for citation in answer["citations"]:
            assert citation["quote"] == _characters(citation["path"], citation["start"], citation["end"]), citation
        answer = _reply(f"{address}/v1/ask", {"question": UNANSWERABLE})
        assert answer["status"] == "not_in_articles" and not answer["citations"], answer
        _passed("newsdesk serve: POST /v1/ask")
        server.send_signal(signal.SIGTERM)
        code = server.wait(timeout=PATIENCE_S)
        assert code == 0, f"the server ended with {code}"
        _passed("newsdesk serve: stopped by SIGTERM")


@contextmanager
def _server(folder: str, environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve on a free loopback port; give the process, and the address that it prints once it listens."""
    errors = Path(folder) / "stderr"
    with errors.open("wb") as stderr:
        server = subprocess.Popen(
            [COMMAND, "serve"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=stderr, encoding="utf-8"
        )
    watchdog = threading.Timer(PATIENCE_S, server.kill)
    watchdog.start()
    try:
        line = server.stdout.readline() if server.stdout else ""
        found = re.fullmatch(r"Newsdesk is at (http://127\.0\.0\.1:\d+)\n", line)
        assert found, f"the server said {line!r}, and {errors.read_text(encoding='utf-8')}"
        yield server, found[1]
        assert "Traceback" not in errors.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8")
    finally:
        watchdog.cancel()
        server.kill()
        server.communicate()


def _reply(address: str, body: object = None) -> dict[str, Any]:
    """Return the JSON that the server replies to a GET, or to a POST of `body`; no proxy is asked."""
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE_S) as response:
        reply: dict[str, Any] = json.load(response)
    return reply


def _characters(path: str, start: int, end: int) -> str:
    return (SEEDS / path).read_text(encoding="utf-8")[start:end]


def _passed(step: str) -> None:
    print(f"  ok: {step}", flush=True)


if __name__ == "__main__":
    main()
