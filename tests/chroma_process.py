"""A real Chroma server for tests, on a loopback port; it can be stopped, started again, and made to forget."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from conftest import WordEmbedder

from index.errors import VectorsUnavailable
from index.store.chroma_server import Server
from index.store.snapshots import DataFolder, Snapshot

NEWS = {
    "a.txt": "The harbour of Northport was closed on Tuesday after a flood damaged two piers.",
    "b.txt": "The treasury announced on Friday that taxes on fuel will rise in the spring.",
    "c.txt": "Farmers in the valley have planted a third more wheat than in the year before.",
}
LATER = {"d.txt": "The museum of the city opens its new wing for painters of the coast on Sunday."}


class ChromaProcess:
    """`chroma run` on a port of its own, with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.server = Server(f"http://127.0.0.1:{self.port}")
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        if self.process:
            return
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1"]
        command += ["--path", str(self.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < end, "the Chroma server did not start"
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.server.url}/api/v2/heartbeat", timeout=5):
                return True
        except OSError:
            return False

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def hang(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def forget(self) -> None:
        """Lose all data, as a server does whose disk was not kept."""
        self.stop()
        shutil.rmtree(self.folder)
        self.start()

    def passages(self, data: DataFolder) -> dict[str, set[str]]:
        """The ids in each collection of a data folder."""
        named = {one["name"]: self.got(one["id"]) for one in self._asked("") if f"-{data.owner()}-" in one["name"]}
        return {name: set(found["ids"]) for name, found in named.items()}

    def got(self, collection: str) -> Any:
        """All that a collection holds, by its id or name."""
        if not re.fullmatch(r"[0-9a-f-]{36}", collection):
            collection = self._asked(f"/{collection}")["id"]
        return self._asked(f"/{collection}/get", {"include": ["documents", "metadatas"]})

    def _asked(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What the server itself replies over HTTP, past any library."""
        address = f"{self.server.url}/api/v2/tenants/default_tenant/databases/default_database/collections{path}"
        request = urllib.request.Request(address, body and json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)


def free_port() -> int:
    """A loopback port that nothing listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def written(folder: Path, articles: dict[str, str]) -> Path:
    """The folder, once the articles are in it."""
    folder.mkdir(exist_ok=True)
    for name, text in articles.items():
        (folder / name).write_text(text)
    return folder


def opened(data: DataFolder, server: Server | None = None) -> Snapshot:
    """The current snapshot, searched in its own server or another, however small it is."""
    return Snapshot(data.require_current(), server or data.server, exact_limit=0)


def passages_found(snapshot: Snapshot, embedder: WordEmbedder) -> set[str]:
    """The passages that the dense leg finds when all are asked for."""
    found = snapshot.dense.query(embedder.embed([NEWS["a.txt"]])[0], snapshot.manifest.passages)
    assert found[0][1] > 0.99
    return {identity for identity, _ in found}


def soon_found(snapshot: Snapshot, embedder: WordEmbedder) -> set[str]:
    """The same, once the server answers again."""
    end = time.monotonic() + 10
    while True:
        try:
            return passages_found(snapshot, embedder)
        except VectorsUnavailable:
            assert time.monotonic() < end
            time.sleep(0.05)
