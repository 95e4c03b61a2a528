"""How long the index takes to build and to follow changes, beside the same build with other embedders.

    python -m evals.benchmarks.ingest DATA [--peers PYTHON] [--every N]

Reads `articles/*.txt`. PYTHON is that of an environment with `peers.txt` (`make bench-ingest` makes one); each build
is then done with the bundled embedder and with the peers in turn, of every Nth article. Machines are noisy: read the
ratios before the seconds.
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
from pathlib import Path
from typing import TYPE_CHECKING

from index.embedding import Embedder, MiniLM
from index.snapshots import DataFolder
from index.syncing import sync
from index.vector_worker import VectorWorker

if TYPE_CHECKING:
    from index.embedding import Vectors

_RUNS = 5
_PEERS = ("onnx", "sentence-transformers")
_READY_S = 5.0


class Peer:
    """The float32 model run by `peer.py` in another environment; an embedder like any other."""

    def __init__(self, python: str, name: str) -> None:
        """Start the process; it loads its model at the first text."""
        self.id = f"peer:{name}"
        self._command = [python, str(Path(__file__).with_name("peer.py")), name]
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
    parser.add_argument("--every", type=int, default=1, metavar="N")
    arguments = parser.parse_args()
    articles = sorted((arguments.data / "articles").glob("*.txt"))
    if not articles:
        sys.exit(f"There is no articles/*.txt in {str(arguments.data)!r}. Give the folder of a benchmark")
    with tempfile.TemporaryDirectory(prefix="newsdesk-ingest-") as folder:
        root = Path(folder)
        corpus = _copied(articles, root / "corpus")
        alone = _built(corpus, root / "data", MiniLM())
        print(f"{len(articles)} articles built, passages/s{alone:>34.1f}")
        _follow(corpus, root / "data")
        if arguments.peers:
            _beside_peers(_copied(articles[:: arguments.every], root / "sample"), root, arguments.peers)


def _copied(articles: Sequence[Path], corpus: Path) -> Path:
    corpus.mkdir()
    for article in articles:
        shutil.copyfile(article, corpus / article.name)
    return corpus


def _built(corpus: Path, data: Path, embedder: Embedder) -> float:
    """Build an index from nothing, all steps counted; return passages a second."""
    embedder.embed(["Loaded."])
    began = time.perf_counter()
    report = sync(corpus, DataFolder(data), embedder)
    return report.passages / (time.perf_counter() - began)


def _follow(corpus: Path, data: Path) -> None:
    embedder, folder = MiniLM(), DataFolder(data)
    unchanged = [sync(corpus, folder, embedder).seconds for _ in range(_RUNS)]
    print(f"nothing changed, median of {_RUNS}{statistics.median(unchanged):>37.2f} s")
    worker = VectorWorker()
    edited = []
    for _ in range(_RUNS):
        worker.start()
        time.sleep(_READY_S)  # as `index --watch` waits between changes
        _edit(corpus)
        edited.append(sync(corpus, folder, embedder, worker=worker).seconds)
    print(f"one article edited, followed, median of {_RUNS}{statistics.median(edited):>25.2f} s")
    command = [sys.executable, "-m", "qa.cli", "index", str(corpus)]
    cold = []
    for _ in range(_RUNS):
        _edit(corpus)
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"QA_DATA_DIR": str(data)})
        cold.append(time.perf_counter() - began)
    print(f"one article edited, from a cold shell, median of {_RUNS}{statistics.median(cold):>16.2f} s")


def _edit(corpus: Path) -> None:
    file = sorted(corpus.iterdir())[len(list(corpus.iterdir())) // 2]
    file.write_text(file.read_text(encoding="utf-8") + f"\nOne more sentence, added at {time.time()}.\n", "utf-8")


def _beside_peers(sample: Path, root: Path, python: str) -> None:
    ours = [_built(sample, root / "ours", MiniLM())]
    for name in _PEERS:
        peer = Peer(python, name)
        theirs = _built(sample, root / name, peer)
        peer.close()
        shutil.rmtree(root / "ours")
        ours.append(_built(sample, root / "ours", MiniLM()))
        beside = statistics.mean(ours[-2:])
        print(f"of {len(list(sample.iterdir()))} articles, float32 by {name}, passages/s: {theirs:.1f}")
        print(f"  the bundled embedder, before and after: {ours[-2]:.1f} and {ours[-1]:.1f}: {beside / theirs:.2f} x")


if __name__ == "__main__":
    main()
