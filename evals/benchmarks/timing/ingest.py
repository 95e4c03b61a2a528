"""How long the index takes to build and to follow changes, beside one pass of the encoder, and beside others.

    python -m evals.benchmarks.timing.ingest DATA [--peers PYTHON] [--every N]

Reads `articles/*.txt`. One pass is the least that a build can take: the same session encodes the same passages once,
on all cores, and nothing else is done. PYTHON is that of an environment with `peers.txt` (`make bench-ingest` makes
one): of every Nth article (3), the same index is then built with the float32 model as others run it, each sentence by
itself, and LlamaIndex builds its own; each stands between two builds with the bundled embedder. Machines are noisy:
read the ratios before the seconds.
"""

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from index.embedding.embedders import Embedder, MiniLM
from index.passages.chunking import embedded_text
from index.store.catalog import Catalog
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from index.sync.vector_worker import VectorWorker

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

_RUNS = 5
_READY_S = 5.0
_PEER = Path(__file__).with_name("peer.py")
_EMBEDDERS = {"onnx": "ONNX Runtime", "sentence-transformers": "sentence-transformers"}


class Peer(Embedder):
    """The float32 model run by `peer.py` in another environment; an embedder like any other."""

    def __init__(self, python: str, name: str) -> None:
        """Start the process; it loads its model at the first text."""
        self.id = f"peer:{name}"
        self._command = [python, str(_PEER), name]
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Ask the process."""
        import numpy as np

        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(list(texts)).encode() + b"\n")
        self._process.stdin.flush()
        length = int.from_bytes(self._process.stdout.read(8), "big")
        if not length:
            raise SystemExit(f"The embedder {self.id} ended. Run by hand: {shlex.join(self._command)}")
        return np.frombuffer(self._process.stdout.read(length), np.float32).reshape(len(texts), -1)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def main() -> None:
    """Measure and print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", metavar="PYTHON")
    parser.add_argument("--every", type=int, default=3, metavar="N")
    arguments = parser.parse_args()
    articles = sorted((arguments.data / "articles").glob("*.txt"))
    if not articles:
        sys.exit(f"There is no articles/*.txt in {str(arguments.data)!r}. Give the folder of a benchmark")
    with tempfile.TemporaryDirectory(prefix="newsdesk-ingest-") as folder:
        root = Path(folder)
        corpus = _copied(articles, root / "corpus")
        _beside_one_pass(corpus, root)
        _follow(corpus, root / "after")
        if arguments.peers:
            _beside_peers(_copied(articles[:: arguments.every], root / "sample"), root, arguments.peers)


def _copied(articles: Sequence[Path], corpus: Path) -> Path:
    corpus.mkdir()
    for article in articles:
        shutil.copyfile(article, corpus / article.name)
    return corpus


def _built(corpus: Path, data: Path, embedder: Embedder | None = None) -> float:
    """Build an index from nothing; return the seconds of all steps but the loading of the model."""
    embedder = embedder or MiniLM()
    embedder.embed(["Loaded."])
    began = time.perf_counter()
    sync(corpus, DataFolder(data), embedder)
    return time.perf_counter() - began


def _beside_one_pass(corpus: Path, root: Path) -> None:
    before = _built(corpus, root / "before")
    texts = embedded_texts(root / "before")
    embedder = MiniLM()
    embedder.embed(["Loaded."])
    began = time.perf_counter()
    embedder.embed(texts)
    once = time.perf_counter() - began
    after = _built(corpus, root / "after")
    print(f"{len(list(corpus.iterdir()))} articles, {len(texts)} passages")
    print(f"built from nothing, before and after one pass{before:>29.1f} and {after:.1f} s")
    print(f"one pass of the encoder over the passages{once:>33.1f} s")
    print(f"  a build takes{statistics.mean([before, after]) / once:>59.2f} x", flush=True)


def embedded_texts(data: Path) -> list[str]:
    """Return what a build has embedded, passage by passage."""
    with closing(Catalog(DataFolder(data).require_current() / "catalog.sqlite")) as catalog:
        return [
            embedded_text(article.headline, passage)
            for article in catalog.articles()
            for passage in catalog.passages_of(article.path)
        ]


def _follow(corpus: Path, data: Path) -> None:
    embedder, folder = MiniLM(), DataFolder(data)
    unchanged = [sync(corpus, folder, embedder).seconds for _ in range(_RUNS)]
    print(f"nothing changed, median of {_RUNS}{statistics.median(unchanged):>46.2f} s")
    worker = VectorWorker()
    edited = []
    for _ in range(_RUNS):
        worker.start()
        time.sleep(_READY_S)  # as `index --watch` waits between changes
        _edit(corpus)
        edited.append(sync(corpus, folder, embedder, worker=worker).seconds)
    print(f"one article edited, followed, median of {_RUNS}{statistics.median(edited):>33.2f} s")
    command = [sys.executable, "-m", "qa.cli", "index", str(corpus)]
    cold = []
    for _ in range(_RUNS):
        _edit(corpus)
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"QA_DATA_DIR": str(data)})
        cold.append(time.perf_counter() - began)
    print(f"one article edited, from a cold shell, median of {_RUNS}{statistics.median(cold):>24.2f} s", flush=True)


def _edit(corpus: Path) -> None:
    file = sorted(corpus.iterdir())[len(list(corpus.iterdir())) // 2]
    file.write_text(file.read_text(encoding="utf-8") + f"\nOne more sentence, added at {time.time()}.\n", "utf-8")


def _beside_peers(sample: Path, root: Path, python: str) -> None:
    print(f"of {len(list(sample.iterdir()))} articles, beside the builds before and after")
    ours = [_built(sample, root / "ours-0")]

    def beside(title: str, theirs: float) -> None:
        ours.append(_built(sample, root / f"ours-{len(ours)}"))
        ratio = theirs / statistics.mean(ours[-2:])
        print(f"  {title:<60}{theirs:>8.1f} s: {ratio:.2f} x ({ours[-2]:.1f} and {ours[-1]:.1f} s)", flush=True)

    for name, title in _EMBEDDERS.items():
        peer = Peer(python, name)
        theirs = _built(sample, root / name, peer)
        peer.close()
        beside(f"float32 by {title}, each sentence by itself", theirs)
    command = [python, str(_PEER), "llama-index", str(sample)]
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode:
        raise SystemExit(f"LlamaIndex ended. Run by hand: {shlex.join(command)}")
    told = json.loads(done.stdout)
    beside(f"LlamaIndex, the first 256 tokens of {told['chunks']} chunks", told["seconds"])


if __name__ == "__main__":
    main()
