"""What comes of answers on their way when the server is told to stop: QA_DRAIN_S, and the exit code."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from stub_model import StubOpenAI, stub_openai
from web_server import ASK, until


class Stopping:
    """A server with an answer on its way: the model replies once `gate` is set."""

    def __init__(self, process: subprocess.Popen[str], address: str, gate: threading.Event) -> None:
        self.process, self.address, self.gate = process, address, gate

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def refuses(self) -> bool:
        host, _, port = self.address.removeprefix("http://").partition(":")
        try:
            socket.create_connection((host, int(port)), 5).close()
        except ConnectionRefusedError:
            return True
        return False

    @contextmanager
    def asked(self) -> Iterator[Iterator[str]]:
        """Ask, and give the rest of the stream once the passages are found."""
        with httpx2.stream("POST", f"{self.address}/v1/ask/stream", json={"question": ASK}, timeout=60) as reply:
            lines = reply.iter_lines()
            next(line for line in lines if line == "event: hits")
            yield lines


@contextmanager
def serving(data_dir: Path, stub: StubOpenAI, drain_s: str) -> Iterator[Stopping]:
    """Serve in a process of its own, with the stub as its model."""
    gate = threading.Event()
    stub.reply = lambda _: "It rained." if gate.wait(30) else ""
    settings = {"QA_MODEL": "openai/stub", "QA_API_BASE": stub.base, "OPENAI_API_KEY": "none", "QA_DRAIN_S": drain_s}
    environment = os.environ | settings | {"QA_DATA_DIR": str(data_dir), "QA_PORT": "0"}
    command = [sys.executable, "-m", "qa.cli", "serve"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        with process.stdout as said:
            address = said.readline().split()[-1]
        yield Stopping(process, address, gate)
    finally:
        gate.set()
        process.kill()
        process.wait()


def test_no_connection_is_taken_any_more_and_the_answer_on_its_way_is_finished(data_dir: Path) -> None:
    with stub_openai() as stub, serving(data_dir, stub, "60") as server:
        open_page = httpx2.stream("GET", f"{server.address}/gradio_api/heartbeat/abc", timeout=60)
        with open_page as beats, server.asked() as rest:
            assert beats.status_code == 200
            server.stop()
            assert until(server.refuses, 20)
            assert server.process.poll() is None
            server.gate.set()
            assert "event: done" in list(rest)
            assert server.process.wait(timeout=20) == 0, "it waits for the page"


@pytest.mark.parametrize(("drain_s", "signals"), [("0", 1), ("60", 2)], ids=["no time", "a second signal"])
def test_an_answer_that_is_cut_off_says_so_and_so_does_the_exit_code(
    data_dir: Path, drain_s: str, signals: int
) -> None:
    with stub_openai() as stub, serving(data_dir, stub, drain_s) as server, server.asked() as rest:
        server.stop()
        assert until(server.refuses, 20)
        if signals == 2:
            server.stop()
        else:
            assert "event: error" in list(rest)
        assert server.process.wait(timeout=20) == 143
