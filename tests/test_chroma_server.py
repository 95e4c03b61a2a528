"""Searching in a real Chroma server: it stops, hangs, starts again, and is shared with other snapshots."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from chroma_process import NEWS, ChromaProcess, opened, passages_found, soon_found
from conftest import WordEmbedder
from pydantic import SecretStr

from index.embedding.embedders import MiniLM
from index.errors import VectorsUnavailable
from index.store.chroma import StoredVectors
from index.store.chroma_server import Server, ServerCollection, ServerVectors
from index.store.dense import ExactVectors, OwnPassages
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.cli import status
from qa.settings import Settings
from qa.wiring import build_service, data_folder

pytest_plugins = ["chroma_fixtures"]


def test_a_small_snapshot_is_searched_without_a_server(data: DataFolder, word_embedder: WordEmbedder) -> None:
    snapshot = Snapshot(data.require_current())
    assert isinstance(snapshot.dense, ExactVectors)
    assert passages_found(snapshot, word_embedder) == set(snapshot.catalog.passage_ids())
    snapshot.close()


def test_the_server_finds_what_a_folder_finds(
    data: DataFolder, corpus: Path, tmp_path: Path, word_embedder: WordEmbedder
) -> None:
    local = DataFolder(tmp_path / "local")
    sync(corpus, local, word_embedder)
    snapshots = [opened(data), opened(local)]
    for text in NEWS.values():
        there, here = (dict(one.dense.query(word_embedder.embed([text])[0], 3)) for one in snapshots)
        assert there == pytest.approx(here, abs=1e-5)
        assert list(there) == list(here)
    for snapshot in snapshots:
        snapshot.close()


def test_a_server_that_stops_or_hangs_is_one_error_and_soon_asked_again(
    chroma: ChromaProcess, data: DataFolder, word_embedder: WordEmbedder
) -> None:
    server = Server(chroma.server.url, patience_s=0.5, pause_s=0.1)
    snapshot = opened(data, server)
    everything = passages_found(snapshot, word_embedder)
    for stop, start in ((chroma.stop, chroma.start), (chroma.hang, chroma.go_on)):
        stop()
        for _ in range(3):
            with pytest.raises(VectorsUnavailable, match=rf"The Chroma server at {server.url} .*Start it"):
                passages_found(snapshot, word_embedder)
        start()
        assert soon_found(snapshot, word_embedder) == everything
    snapshot.close()


def test_a_snapshot_is_opened_while_the_server_is_down(
    chroma: ChromaProcess, data: DataFolder, word_embedder: WordEmbedder
) -> None:
    chroma.stop()
    snapshot = opened(data)
    with pytest.raises(VectorsUnavailable):
        passages_found(snapshot, word_embedder)
    chroma.start()
    assert len(soon_found(snapshot, word_embedder)) == 3
    snapshot.close()


ASK_AGAIN_AND_AGAIN = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from conftest import WordEmbedder
from index.sync.syncing import sync
from index.store.chroma_server import Server
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
data, embedder, seen = DataFolder(Path(sys.argv[1]), Server(sys.argv[2]), exact_limit=0), WordEmbedder(), set()
reader = SnapshotReader(data, embedder.id)
while "000004" not in seen:
    with reader.use() as snapshot:
        own = set(snapshot.catalog.passage_ids())
        found = snapshot.dense.query(embedder.embed(["harbour of Northport"])[0], len(own))
        assert {identity for identity, _ in found} == own, (snapshot.name, found, own)
        seen.add(snapshot.name)
    print(snapshot.name, flush=True)
    time.sleep(0.02)
reader.close()
"""


def test_two_processes_ask_while_a_third_publishes(data: DataFolder, corpus: Path, word_embedder: WordEmbedder) -> None:
    assert data.server
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", ASK_AGAIN_AND_AGAIN, str(data.root), data.server.url, here]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert all(reader.stdout and reader.stdout.readline() == "000001\n" for reader in readers)
    for number in range(3):
        (corpus / f"{number}.txt").write_text(f"Report {number} on the weather came out late on Monday evening.")
        (corpus / sorted(NEWS)[number]).unlink()
        sync(corpus, data, word_embedder)
    assert [(reader.communicate(timeout=30)[1], reader.returncode) for reader in readers] == [("", 0)] * 2


def test_a_reader_follows_the_snapshots_in_the_server(data: DataFolder, word_embedder: WordEmbedder) -> None:
    reader = SnapshotReader(data, word_embedder.id)
    with reader.use() as snapshot:
        assert snapshot.vectors.count() == 3
    reader.close()


def test_status_says_where_the_vectors_are(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert data.server
    monkeypatch.setenv("QA_DATA_DIR", str(data.root))
    status()
    monkeypatch.setenv("QA_CHROMA_URL", data.server.url)
    status()
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("vectors   newsdesk-")]
    assert [line.split(" in ")[1] for line in said] == ["a Chroma server: set QA_CHROMA_URL", data.server.url]


class StubServer(BaseHTTPRequestHandler):
    """Another server at the address: it notes the requests, and has nothing that is asked for."""

    asked: ClassVar[list[tuple[str, str | None]]] = []
    reply = b"<html>Not here</html>"

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        self.send_response(404)
        self.send_header("Content-Length", str(len(self.reply)))
        self.end_headers()
        self.wfile.write(self.reply)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def stub() -> Iterator[str]:
    StubServer.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), StubServer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_settings_say_where_and_how_the_server_is_asked(stub: str, tmp_path: Path) -> None:
    header = SecretStr("Authorization: Bearer very-secret")
    there = {"chroma_url": f"{stub}/vectors", "chroma_tenant": "press", "chroma_database": "news"}
    data = data_folder(Settings(data_dir=tmp_path, chroma_header=header, **there))
    assert data.server and data_folder(Settings(data_dir=tmp_path)).server is None
    said = r"tenant 'press', database 'news'.*Not here"
    with (
        closing(ServerVectors(ServerCollection(data.server, "some"))) as vectors,
        pytest.raises(VectorsUnavailable, match=said) as caught,
    ):
        vectors.count()
    assert StubServer.asked == [("/vectors/api/v2/tenants/press/databases/news/collections/some", "Bearer very-secret")]
    assert "secret" not in f"{caught.value} {data.server!r}"


@pytest.mark.parametrize(("pause_s", "asked"), [(60.0, 1), (0.0, 3)])
def test_a_server_that_never_replies_is_given_up_and_left_alone_for_a_while(pause_s: float, asked: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server(f"http://127.0.0.1:{silent.getsockname()[1]}", patience_s=0.2, pause_s=pause_s)
        with closing(ServerVectors(ServerCollection(server, "some"))) as vectors:
            for _ in range(3):
                with pytest.raises(VectorsUnavailable, match="Timeout"):
                    vectors.count()
        assert _connections(silent) == asked


def _connections(listening: socket.socket) -> int:
    """How many connections wait to be taken."""
    listening.setblocking(False)
    for number in count():
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return number
    raise AssertionError


class Crowded(StoredVectors):
    """A collection in which a snapshot's own passages come after many of other snapshots."""

    def __init__(self, own: list[str], others: int) -> None:
        self.ids_there = [f"{number:016x}" for number in range(others)] + own
        self.limits: list[int] = []

    def _ask(self, what: str, **arguments: Any) -> Any:
        assert what == "query"
        self.limits.append(arguments["n_results"])
        ids = self.ids_there[: arguments["n_results"]]
        return {"ids": [ids], "distances": [[0.01 * at for at in range(len(ids))]]}

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(("others", "limits"), [(0, [4]), (2, [4]), (3, [4, 32]), (29, [4, 32])])
def test_passages_of_other_snapshots_take_no_places(
    data: DataFolder, others: int, limits: list[int], word_embedder: WordEmbedder
) -> None:
    snapshot = Snapshot(data.require_current())
    own = snapshot.catalog.passage_ids()
    crowded = Crowded(own, others)
    found = OwnPassages(snapshot.catalog, lambda: crowded).query(word_embedder.embed(["x"])[0], 2)
    assert [identity for identity, _ in found] == own[:2]
    assert crowded.limits == limits
    snapshot.close()


def test_an_answer_without_the_server_comes_from_the_words_and_says_so(
    chroma: ChromaProcess, seed_folder: Path, tmp_path: Path, embedder: MiniLM
) -> None:
    data = DataFolder(tmp_path / "seeds", Server(chroma.server.url, pause_s=0.0), exact_limit=0)
    sync(seed_folder, data, embedder)
    service, notes = build_service(Settings(data_dir=data.root)), []
    service.snapshots = SnapshotReader(data, embedder.id)
    for change in (None, chroma.stop, chroma.start):
        if change:
            change()
        found = asyncio.run(service.search("Which jail did Ambassador Blome reportedly visit?"))
        assert found.hits
        notes.append(len(found.understanding.notes))
    service.close()
    assert notes == [0, 1, 0]
