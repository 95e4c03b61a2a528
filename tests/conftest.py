"""What all tests share: no network, no settings of the user's, the bundled embedder, an index of the seeds."""

import asyncio
import gc
import ipaddress
import os
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from kept_worker import KeptWorker
from playwright.sync_api import Browser, expect, sync_playwright
from stub_model import service_of
from web_server import BROWSER_ARGUMENTS

import seeds
from index.embedding.embedders import Embedder, MiniLM
from index.models import Article
from index.store.snapshots import DataFolder
from index.sync.ingesting import read_article
from index.sync.syncing import sync
from qa.models import Answer, Hit, Turn
from qa.reader.late_interaction import may_answer
from qa.reader.reading import RankedSentence, Reader, Reading, TermStatistics
from qa.wiring import build_reader
from qa.writing.writer import ExtractiveWriter

_dialled: list[str] = []


def _is_loopback(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            _dialled.append(f"{event} {address}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_loopback(arguments[0]):
        _dialled.append(f"{event} {arguments[0]}")


sys.addaudithook(_watch)


class WordEmbedder(Embedder):
    """A fake embedder: each word falls into one of 64 dimensions by its checksum."""

    id = "words-64"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, zlib.crc32(word.encode()) % 64] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class PlainWords:
    """The words of no index: each is what it is, and as rare as any other."""

    def terms(self, text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(re.findall(r"\w+", text.lower())))

    def rarity(self, _: str) -> float:
        return 1.0

    def count(self) -> int:
        return 1


class WordReader:
    """A fake reader: the more of a question's words a sentence holds, by rarity, the likelier it is its answer.

    It is as sure as it is told: `probability`, but for questions with one of the words of `sure`, which say their own.
    """

    name = "words"

    def __init__(self, probability: float = 1.0, sure: Mapping[str, float] = {}) -> None:
        self._probability, self._sure = probability, sure

    def rank(self, question: str, hits: Sequence[Hit], words: TermStatistics) -> Reading:
        asked = {term: 0.5 + words.rarity(term) for term in words.terms(question)}
        found = [
            RankedSentence(
                hit, span, sum(asked.get(term, 0.0) for term in words.terms(hit.passage.sentence(span))) ** 4
            )
            for hit in hits
            for span in hit.passage.sentences
            if may_answer(hit.passage.sentence(span), hit.headline)
        ]
        likely = sorted((one for one in found if one.answer_share), key=lambda one: -one.answer_share)
        known = [probability for word, probability in self._sure.items() if word in question.lower()]
        return Reading(tuple(likely), [*known, self._probability][0] if likely else 0.0)


def pytest_collection_finish() -> None:
    """Have no collection look through the modules again: with Gradio and LiteLLM it takes a third of a second."""
    gc.collect()
    gc.freeze()


def cases(name: str, here: int, in_ci: int) -> int:
    """Return how many cases a test tries: what the variable `name` says, or so many in CI, or fewer `here`."""
    return int(os.environ.get(name) or (in_ci if os.environ.get("CI") == "true" else here))


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    yield
    dialled = _dialled[:]
    _dialled.clear()
    assert not dialled, f"the test reached out of this machine: {dialled}"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in [name for name in os.environ if name.startswith("QA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "xdg-data"))


@pytest.fixture(scope="session", autouse=True)
def kept_worker() -> Iterator[KeptWorker]:
    """Have every sync of this process use one worker, where it is free."""
    worker = KeptWorker()
    with pytest.MonkeyPatch.context() as patch:
        for module in ("index.sync.syncing", "index.sync.watching", "index.sync.archive", "qa.shell.doctor"):
            patch.setattr(f"{module}.VectorWorker", worker.taken)
        yield worker
    worker.end()


@pytest.fixture(scope="session")
def embedder() -> MiniLM:
    return MiniLM()


@pytest.fixture(scope="session")
def word_embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture(scope="session")
def reader() -> Reader:
    """The reader that ships with the project."""
    return build_reader()


@pytest.fixture(scope="session")
def seed_folder() -> Path:
    return Path(seeds.__file__).parent


@pytest.fixture(scope="session")
def seed_articles(seed_folder: Path) -> dict[str, Article]:
    return {file.name[:3]: read_article(file.name, file.read_bytes()) for file in sorted(seed_folder.glob("*.txt"))}


@pytest.fixture(scope="session")
def data_dir(embedder: MiniLM, seed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an index of the seeds; shared, so only to be read."""
    folder = tmp_path_factory.mktemp("seeds-index")
    sync(seed_folder, DataFolder(folder), embedder)
    return folder


@pytest.fixture(scope="module")
def ask(data_dir: Path, embedder: MiniLM, reader: Reader) -> Iterator[Callable[..., Answer]]:
    """Ask the extractive writer about the seeds, after earlier questions."""
    service = service_of(data_dir, embedder, ExtractiveWriter(reader))

    def asked(question: str, *earlier: str) -> Answer:
        return asyncio.run(service.ask(question, [Turn(question=one) for one in earlier]))

    yield asked
    service.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into, which pytest's own are not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)


@pytest.fixture(scope="module")  # while Playwright runs, its event loop is the thread's
def browser() -> Iterator[Browser]:
    # The first has no window to draw, and takes a third of the processor time of the others.
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        missing = "No Chromium is here, so the page was not looked at: apt-get install chromium-headless-shell"
        assert os.environ.get("CI") != "true", missing
        raise pytest.skip.Exception(missing)
    expect.set_options(timeout=30_000)  # how long to wait before a test fails; one that passes waits no longer for it
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS.split())
        yield browser
        browser.close()
