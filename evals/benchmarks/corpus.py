"""Outside articles and questions: indexed as the product does it, and asked by its own path or by one leg alone.

One setting serves every benchmark: that of the environment, with `HITS` passages a question.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.asking.baseline_reader import BaselineReader
from evals.benchmarks.ranking import FUSED, ONE_PASSAGE, found, mean, side_by_side
from evals.errors import EvalError
from index.models import Passage
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.models import EXTRACTIVE, Answer, Hit, HitsEvent, Turn
from qa.question.query import understand
from qa.reader.reading import Reader, Reading, TermStatistics
from qa.retrieval.ranking import in_turn
from qa.service import QAService
from qa.settings import Settings, load_settings
from qa.wiring import build_embedder, build_reader, build_service

HITS = 15
"""So many passages fill 1,500 words; a figure at 10 looks at the first 10 of them."""


class Row(BaseModel):
    """A line of outside data: fields that a benchmark does not read are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


_Row = TypeVar("_Row", bound=Row)


class Place(NamedTuple):
    """Characters of an article."""

    path: str
    start: int
    end: int

    def inside(self, path: str, start: int, end: int) -> bool:
        """Whether this place lies wholly in those characters."""
        return self.path == path and start <= self.start and self.end <= end

    def overlaps(self, path: str, start: int, end: int) -> bool:
        """Whether this place shares a character with those."""
        return self.path == path and start < self.end and self.start < end


class Corpus:
    """An index of outside articles, and the ways to ask it; hits come best first."""

    def __init__(self, settings: Settings) -> None:
        """Open the index in the data folder of `settings`."""
        self._settings, self.data_dir = settings, settings.data_dir
        self._embedder = build_embedder(settings)
        self._searching = build_service(settings.model_copy(update={"hits": HITS}))
        self.ways: Mapping[str, Callable[[str], list[Passage]]] = {
            FUSED: self.fused,
            "dense": self.dense,
            "lexical": self.lexical,
        }

    def fused(self, question: str, history: Sequence[Turn] = ()) -> list[Passage]:
        """Return the passages that the product finds."""
        return asyncio.run(self._found(question, history))

    def dense(self, question: str) -> list[Passage]:
        """Return the passages that the dense leg finds for the whole question."""
        vector = self._embedder.embed_questions([understand(question).question])[0]
        with self._searching.snapshots.use() as snapshot:
            return _passages(snapshot, snapshot.dense.query(vector, min(HITS, snapshot.manifest.passages)))

    def lexical(self, question: str) -> list[Passage]:
        """Return the passages that the lexical leg finds for the whole question."""
        text = understand(question).question
        with self._searching.snapshots.use() as snapshot:
            return _passages(snapshot, snapshot.lexical.search(text, HITS))

    def answer(self, question: str) -> Answer:
        """Return the answer of the service as it is set, with its own number of hits."""
        return asyncio.run(self._answering.ask(question))

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Give the index itself."""
        with self._searching.snapshots.use() as snapshot:
            yield snapshot

    @cached_property
    def readers(self) -> "Mapping[str, Overheard]":
        """The reader that ships and the plain baseline, by name."""
        readers: tuple[Reader, ...] = (build_reader(), BaselineReader(self._embedder))
        return {one.name: Overheard(one) for one in readers}

    def read(self, question: str, reader: str) -> tuple[Answer, Reading]:
        """Return the answer without a model by one of `readers`, and what that reader made of the question's parts."""
        overheard = self.readers[reader]
        overheard.readings.clear()
        answer = asyncio.run(self._by_reader[reader].ask(question))
        return answer, together(overheard.readings)

    @cached_property
    def _by_reader(self) -> Mapping[str, QAService]:
        settings = self._settings.model_copy(update={"model": EXTRACTIVE, "answer_cache": 0})
        return {name: build_service(settings, reader) for name, reader in self.readers.items()}

    def close(self) -> None:
        """Let go of the index."""
        self._searching.close()
        for service in self._by_reader.values() if "_by_reader" in self.__dict__ else ():
            service.close()
        if "_answering" in self.__dict__:
            self._answering.close()

    @cached_property
    def _answering(self) -> QAService:
        return build_service(self._settings)

    async def _found(self, question: str, history: Sequence[Turn]) -> list[Passage]:
        async with aclosing(self._searching.stream(question, history)) as events:
            async for event in events:
                if isinstance(event, HitsEvent):
                    return [hit.passage for hit in event.hits]
        return []


class Overheard:
    """A reader that keeps what it said."""

    def __init__(self, reader: Reader) -> None:
        """Have `reader` read."""
        self.name, self._reader = reader.name, reader
        self.readings: list[Reading] = []

    def rank(self, question: str, hits: Sequence[Hit], words: TermStatistics) -> Reading:
        """Return what the reader says."""
        self.readings.append(self._reader.rank(question, hits, words))
        return self.readings[-1]


def together(readings: Sequence[Reading]) -> Reading:
    """Return the readings of a question's parts as one: their sentences in turn, as sure as of the surest part."""
    if len(readings) == 1:
        return readings[0]
    sentences = dict.fromkeys(in_turn([reading.sentences for reading in readings]))
    return Reading(tuple(sentences), max((reading.probability for reading in readings), default=0.0))


def _passages(snapshot: Snapshot, ranked: Sequence[tuple[str, float]]) -> list[Passage]:
    passages = snapshot.catalog.passages([identity for identity, _ in ranked])
    return [passages[identity] for identity, _ in ranked]


def one_passage(corpus: Corpus, questions: Sequence[tuple[str, Sequence[Place]]]) -> dict[str, float]:
    """Return how each way finds the one gold passage of questions, which holds one of some places whole."""
    ways = {}
    for way, search in corpus.ways.items():
        ranked = [found(search(question), [places], _holds, 1) for question, places in questions]
        ways[way] = {name: mean(metric, ranked) for name, metric in ONE_PASSAGE.items()}
    return side_by_side(ways)


def _holds(passage: Passage, places: Sequence[Place]) -> bool:
    return any(place.inside(passage.path, passage.start, passage.end) for place in places)


@contextmanager
def indexed(articles: Path, data_dir: Path | None) -> Iterator[Corpus]:
    """Bring an index in step with a folder of articles and open it; without `data_dir`, a temporary one."""
    with ExitStack() as stack:
        folder = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="newsdesk-benchmark-")))
        settings = load_settings().model_copy(update={"data_dir": folder})
        sync(articles, DataFolder(folder), build_embedder(settings))
        corpus = Corpus(settings)
        stack.callback(corpus.close)
        yield corpus


def named(texts: Iterable[str]) -> dict[str, str]:
    """Return a file name for each text, in order; the same text has one name."""
    return {text: f"{at:05d}.txt" for at, text in enumerate(dict.fromkeys(texts))}


@contextmanager
def written(names: Mapping[str, str]) -> Iterator[Path]:
    """Write texts, each into the file that it is named, in a temporary folder of articles."""
    with tempfile.TemporaryDirectory(prefix="newsdesk-articles-") as folder:
        for text, name in names.items():
            (Path(folder) / name).write_text(text, encoding="utf-8", newline="")
        yield Path(folder)


def articles_of(data: Path) -> Path:
    """Return the folder `articles` of a benchmark; raise EvalError when it holds no text."""
    if not any((data / "articles").glob("*.txt")):
        raise EvalError(f"There is no articles/*.txt in {str(data)!r}. Give the folder of the benchmark: --data DIR")
    return data / "articles"


def questions_of(data: Path, kind: type[_Row]) -> list[_Row]:
    """Return the rows of `questions.jsonl`; raise EvalError, naming the line, when one is not as it should be."""
    return rows_of(data / "questions.jsonl", kind)


def rows_of(file: Path, kind: type[_Row]) -> list[_Row]:
    """Return the rows of a JSONL file; raise EvalError as `questions_of`."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(
            f"{str(file)!r} cannot be read ({error}). Give the folder of the benchmark: --data DIR"
        ) from None
    rows = [_row(f"{file}, line {at}", line, kind) for at, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        raise EvalError(f"There is no question in {str(file)!r}. Give the folder of the benchmark: --data DIR")
    return rows


def _row(where: str, line: str, kind: type[_Row]) -> _Row:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "the line"
        raise EvalError(f"{where}: {field}: {first['msg']}. Give data in the layout of the benchmark") from None
