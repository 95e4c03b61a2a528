"""Speed and growth of search: from thousands of passages to a million, made from real articles.

    python -m evals.benchmarks.timing.growth DATA [--sizes N ...] [--sentences N]
        [--data-dir DIR] [--built DIR] [--docs DIR]

Reads `articles/*.txt` and `questions.jsonl` (`question`). For each size a snapshot is built directly (`growth_corpus`
says from what), then opened in a process of its own, which asks some questions to warm up and then others, each once,
by the path of the product; as in a server, the garbage collector leaves alone what is there by then. The approximate
dense leg is compared with an exact search over the same vectors. With `--docs`, the figures are written there as JSON,
a table and curves; sizes that are not run anew keep theirs.
"""

import argparse
import gc
import os
import platform
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from evals.benchmarks import Figures
from evals.benchmarks.corpus import Row, articles_of, questions_of
from evals.benchmarks.timing.growth_chart import shown, written
from evals.benchmarks.timing.growth_corpus import NEAREST, Base, Nearest, base_of, built, linked
from evals.errors import EvalError
from index.embedding.embedders import Embedder, MiniLM
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.question.query import understand
from qa.retrieval.retriever import Retriever

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

_SIZES = (8_000, 100_000)
_WARM_UP = 50
_ASKED, _HITS = 300, 8
_PARTS = ("catalog.sqlite", "chroma", "lexical")


class Question(Row):
    """A question; what else a benchmark says about it is not read."""

    question: str


class Timed:
    """Stands in for an object, and adds up the milliseconds that calls of its methods take."""

    def __init__(self, timed: object, name: str, taken: dict[str, float]) -> None:
        """Add to `taken`, under `name` and the method."""
        self._timed, self._name, self._taken = timed, name, taken

    def __getattr__(self, name: str) -> Any:
        """Return the attribute, timed where it is a method."""
        found = getattr(self._timed, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return found(*arguments, **options)
            finally:
                self._taken[f"{self._name}.{name}"] += (time.perf_counter() - began) * 1000

        return call


def main() -> None:
    """Measure each size, and print and write the figures as they come."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, metavar="N", help="passages")
    parser.add_argument("--sentences", type=int, metavar="N", help="keep the first N sentences of a passage")
    parser.add_argument("--data-dir", type=Path, help="keep the index of the real articles there; use one that is")
    parser.add_argument("--built", type=Path, help="keep the snapshots of all sizes there; use those that are")
    parser.add_argument("--docs", type=Path, help="write growth.json, growth.md and growth.svg there")
    arguments = parser.parse_args()
    try:
        articles, asked = articles_of(arguments.data), questions_of(arguments.data, Question)
    except EvalError as error:
        parser.error(str(error))
    questions = [one.question for one in asked][: _WARM_UP + _ASKED]
    embedder = MiniLM()
    base = _base(articles, embedder, arguments.data_dir, arguments.sentences)
    vectors = embedder.embed([understand(one).question for one in questions])
    for size in arguments.sizes:
        with _place(arguments.built, size) as root:
            figures = _figures(base, size, root, articles, questions, vectors)
        figures |= {"data": arguments.data.name, "sentences kept a passage": arguments.sentences or "all"}
        print(shown(figures), flush=True)
        if arguments.docs:
            written(figures, arguments.docs)


def _base(articles: Path, embedder: Embedder, data_dir: Path | None, sentences: int | None) -> Base:
    with tempfile.TemporaryDirectory(prefix="newsdesk-growth-") as temporary:
        data = DataFolder(data_dir or Path(temporary))
        if not data.current():
            sync(articles, data, embedder)
        return base_of(data.require_current(), sentences)


@contextmanager
def _place(built: Path | None, size: int) -> Iterator[Path]:
    """Give the folder for one size: a place under `built`, else one that is gone afterwards."""
    if built:
        yield built / str(size)
        return
    with tempfile.TemporaryDirectory(prefix="newsdesk-growth-") as temporary:
        yield Path(temporary)


class Building(BaseModel):
    """What is known of a snapshot from its building; the last to be written, as `built.json`."""

    articles: int
    seconds: float
    chroma_s: float
    exact: list[list[str]]


def _building(base: Base, size: int, root: Path, articles: Path, vectors: "Vectors") -> Building:
    """Build a snapshot in `root`, or say what is known of the one that is there."""
    known = root / "built.json"
    if known.exists():
        return Building.model_validate_json(known.read_text(encoding="utf-8"))
    root.mkdir(parents=True, exist_ok=True)
    exact, began = Nearest(vectors), time.perf_counter()
    paths, chroma_s = built(base, size, root, MiniLM.id, exact)
    seconds = time.perf_counter() - began
    linked(articles, paths, root / "corpus")
    building = Building(articles=len(paths), seconds=seconds, chroma_s=chroma_s, exact=exact.ids())
    known.write_text(building.model_dump_json(), encoding="utf-8")
    return building


def _figures(
    base: Base, size: int, root: Path, articles: Path, questions: Sequence[str], vectors: "Vectors"
) -> Figures:
    building = _building(base, size, root, articles, vectors)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        measured = pool.submit(_measured, root / "snapshot", questions, vectors, building.exact).result()
    return {
        "passages": size,
        "articles": building.articles,
        "measured": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "build s": building.seconds,
        "  of it Chroma s": building.chroma_s,
        **measured,
        **{f"{part} MB": _bytes(root / "snapshot" / part) / 1e6 for part in _PARTS},
    }


def _measured(folder: Path, questions: Sequence[str], vectors: "Vectors", exact: Sequence[Sequence[str]]) -> Figures:
    """Ask all questions of a snapshot; meant for a process that does nothing else, whose memory is looked at."""
    taken: dict[str, float] = defaultdict(float)
    embedder: Any = Timed(MiniLM(), "embedder", taken)
    retriever = Retriever(embedder, _HITS)
    embedder.embed(questions[:1])
    before = _memory()
    began = time.perf_counter()
    with closing(Snapshot(folder)) as snapshot:
        retriever.retrieve(snapshot, understand(questions[0]))
        first = time.perf_counter() - began
        _time_parts(snapshot, taken)
        for question in questions[:_WARM_UP]:
            retriever.retrieve(snapshot, understand(question))
        warm = _memory()
        gc.collect()
        gc.freeze()
        searches = [_searched(retriever, snapshot, question, taken) for question in questions[_WARM_UP:]]
        after = _memory()
        recall = _recall(snapshot, vectors, exact)
        load = os.getloadavg()[0]
    wholes = [one["whole"] for one in searches]
    return {
        "questions": len(searches),
        "p50 ms": statistics.median(wholes),
        "p99 ms": statistics.quantiles(wholes, n=100)[98],
        "p50 of processor ms": statistics.median(one.pop("processor") for one in searches),
        "load": load,
        **_shares(searches),
        **recall,
        "opened and first answer s": first,
        "memory MB": float((after - before)[0]),
        "  of it after the warm-up MB": float((after - warm)[0]),
        "mapped files MB": float((after - before)[1]),
    }


def _time_parts(snapshot: Snapshot, taken: dict[str, float]) -> None:
    for name in ("dense", "lexical", "catalog"):
        setattr(snapshot, name, Timed(getattr(snapshot, name), name, taken))


def _searched(retriever: Retriever, snapshot: Snapshot, question: str, taken: dict[str, float]) -> dict[str, float]:
    """Search once; return the milliseconds of the whole, of each part, and of the ranking.

    The ranking is what is left of the time of this thread; the embedder and the dense leg have another, beside it.
    """
    taken.clear()
    began, processor, thread = time.perf_counter(), time.process_time(), time.thread_time()
    retriever.retrieve(snapshot, understand(question))
    clocks = time.perf_counter() - began, time.process_time() - processor, time.thread_time() - thread
    whole, processor, thread = (seconds * 1000 for seconds in clocks)
    asked = sum(one for name, one in taken.items() if name.startswith(("lexical", "catalog")))
    return {"whole": whole, "processor": processor, **taken, "rank": thread - asked}


def _shares(searches: Sequence[dict[str, float]]) -> Figures:
    """Return the mean milliseconds of each part."""
    names = sorted({name for one in searches for name in one if name != "whole"})
    return {f"mean {name} ms": statistics.fmean(one.get(name, 0.0) for one in searches) for name in names}


def _recall(snapshot: Snapshot, vectors: "Vectors", exact: Sequence[Sequence[str]]) -> Figures:
    """Return the share of the exactly nearest passages that the approximate dense leg finds."""
    found = [[identity for identity, _ in snapshot.vectors.query(vector, NEAREST)] for vector in vectors]
    return {
        f"recall@{k}": statistics.fmean(
            len({*one[:k]} & {*best[:k]}) / k for one, best in zip(found, exact, strict=True)
        )
        for k in (10, NEAREST)
    }


def _memory() -> "Vectors":
    """Return the megabytes of this process that are in memory: its own, and those of files that it maps (Linux)."""
    import numpy as np

    resident, shared = map(int, Path("/proc/self/statm").read_text().split()[1:3])
    return np.array([resident - shared, shared], np.float32) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _bytes(part: Path) -> int:
    return sum(file.stat().st_size for file in (part, *part.rglob("*")) if file.is_file())


if __name__ == "__main__":
    main()
