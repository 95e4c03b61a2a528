"""The server: what it refuses to start with, what it says, and how it stops."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from index.errors import NoSnapshot
from qa.models.errors import InvalidSettings, QAError
from qa.settings import Settings
from qa.web.app import serve

SERVE = "from qa.settings import load_settings; from qa.web.app import serve; serve(load_settings())"


def test_another_address_needs_a_key(data_dir: Path) -> None:
    with pytest.raises(InvalidSettings, match="Set QA_API_KEY"):
        serve(Settings(data_dir=data_dir, host="0.0.0.0"))


def test_a_port_in_use_is_said_so(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(QAError, match=f"Port {port} of '127.0.0.1'.*Set QA_PORT"):
            serve(Settings(data_dir=data_dir, port=port))


def test_nothing_is_served_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot, match="Run: newsdesk index"):
        serve(Settings(data_dir=tmp_path, port=0))


@pytest.mark.parametrize("page_is_open", [False, True])
def test_it_says_one_line_and_stops_at_a_signal(data_dir: Path, page_is_open: bool) -> None:
    environment = os.environ | {"QA_DATA_DIR": str(data_dir), "QA_PORT": "0"}
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = server.stdout.readline()
        assert line.startswith("Newsdesk is at http://127.0.0.1:")
        address = line.split()[-1]
        response = httpx2.get(f"{address}/readyz")
        assert response.json()["status"] == "ready"
        assert "server" not in response.headers
        with ExitStack() as page:
            if page_is_open:
                beats = page.enter_context(httpx2.stream("GET", f"{address}/gradio_api/heartbeat/abc", timeout=20))
                assert beats.status_code == 200
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=20)
        assert out == ""
        assert "Traceback" not in err
        assert len(err.splitlines()) <= 1
    finally:
        server.kill()
        server.wait()


def test_a_disk_that_hangs_keeps_it_neither_from_answering_nor_from_stopping(data_dir: Path, tmp_path: Path) -> None:
    current = shutil.copytree(data_dir, tmp_path / "data") / "CURRENT"
    environment = os.environ | {"QA_DATA_DIR": str(current.parent), "QA_PORT": "0", "QA_DEADLINE_S": "0.2"}
    command = [sys.executable, "-m", "qa.cli", "serve"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        with server.stdout as said:
            address = said.readline().split()[-1]
        current.unlink()
        os.mkfifo(current)  # who opens it waits for a writer
        for path in ("/readyz", "/v1/articles", "/v1/articles/a.txt", "/v1/search?q=Who"):
            response = httpx2.get(f"{address}{path}", timeout=5)
            assert (response.status_code, response.json()["type"]) == (504, "/docs#search-timeout")
        assert httpx2.get(f"{address}/healthz", timeout=5).status_code == 200
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) == 0
    finally:
        server.kill()
        server.wait()
