"""Newsdesk for Python programs: the service of the shell and the server, opened with one call.

`Newsdesk` is for plain code and notebooks, `AsyncNewsdesk` for code with `async`. They have the same methods.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import aclosing, asynccontextmanager
from os import PathLike
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import ValidationError

from index.errors import IndexingError, IndexLocked, SnapshotBroken
from index.models import EVERYTHING, Article, IngestReport, Scope
from index.sync.syncing import Progress
from qa.models import Answer, Event, SearchResult, Turn, history_of
from qa.models.errors import ArticleNotFound, InvalidSettings, QAError
from qa.process import run
from qa.service import QAService
from qa.settings import Settings, load_settings, unknown_setting
from qa.wiring import build_service, data_folder, index_again

_T = TypeVar("_T")
_FOLDERS = ("corpus", "data_dir", "record", "replay")
_CLOSED = "This Newsdesk is closed. Open another one"


def _ignore(_step: str, _done: int, _total: int) -> None:
    """Ignore the progress of a sync."""


class _Desk:
    """The settings, the service and the sync, which both classes share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.report: IngestReport | None = None
        self.closed = False
        self._service = build_service(settings)

    @classmethod
    def open(
        cls,
        articles: str | PathLike[str] | None,
        settings: Settings | None,
        index: bool,
        progress: Progress,
        overrides: Mapping[str, Any],
    ) -> Self:
        """Return a desk whose index can be read; raises as `Newsdesk.open` does."""
        desk = cls(_settings(settings, overrides if articles is None else {**overrides, "corpus": articles}))
        try:
            desk._prepare(index, progress)
        # On Ctrl-C too: the service has threads and open files.
        except BaseException:
            desk.close()
            raise
        return desk

    def _prepare(self, index: bool, progress: Progress) -> None:
        self._refuse_the_index_of_another_folder()
        try:
            if index:
                self.sync(progress)
        # Another process is bringing it up to date: what is there already can be asked.
        except IndexLocked:
            if not self._is_readable():
                raise
        with self._service.snapshots.use():
            """Raise now, not at the first question, where the index is missing or broken."""

    @property
    def service(self) -> QAService:
        """The service; raises QAError once the desk is closed."""
        if self.closed:
            raise QAError(_CLOSED)
        return self._service

    def sync(self, progress: Progress) -> IngestReport:
        """Bring the index in step with the folder."""
        if self.closed:
            raise QAError(_CLOSED)
        self._refuse_the_index_of_another_folder()
        self.report = index_again(self.settings, progress)
        return self.report

    def _refuse_the_index_of_another_folder(self) -> None:
        corpus, indexed_corpus = self.settings.corpus, self._indexed_corpus()
        if corpus and indexed_corpus and corpus.resolve() != indexed_corpus:
            raise InvalidSettings(
                f"The index in {str(self.settings.data_dir)!r} is that of {str(indexed_corpus)!r}, not of "
                f"{str(corpus.resolve())!r}. Give this folder an index of its own with data_dir"
            )

    def _indexed_corpus(self) -> Path | None:
        """Return the folder that is indexed; None when there is no index, or none that can be read."""
        try:
            return data_folder(self.settings).corpus()
        except SnapshotBroken:
            return None

    def _is_readable(self) -> bool:
        try:
            with self._service.snapshots.use():
                return True
        except IndexingError:
            return False

    async def articles(self) -> tuple[Article, ...]:
        return await self.service.read(lambda snapshot: tuple(snapshot.catalog.articles()))

    async def article(self, path: str) -> Article:
        article = await self.service.read(lambda snapshot: snapshot.catalog.article(path))
        if article is None:
            raise ArticleNotFound(f"No article has the path {path!r}. articles() returns those there are")
        return article

    def close(self) -> None:
        self.closed = True
        self._service.close()


class _Interface:
    """The part that is the same with and without `async`."""

    def __init__(self, desk: _Desk) -> None:
        """Use `open` instead."""
        self._desk = desk

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._desk.settings

    @property
    def report(self) -> IngestReport | None:
        """The report of the last sync of this desk; None when there was none."""
        return self._desk.report


class Newsdesk(_Interface):
    """Answers from a folder of articles, for plain code and notebooks.

        with Newsdesk.open(articles="~/articles") as desk:
            answer = desk.ask("Who commands CENTCOM?")

    Several threads may use one desk. Its errors are NewsdeskErrors, and OSErrors of the disk.
    """

    def __init__(self, desk: _Desk) -> None:
        super().__init__(desk)
        self._loop = _LoopThread()

    @classmethod
    def open(
        cls,
        articles: str | PathLike[str] | None = None,
        *,
        settings: Settings | None = None,
        index: bool = True,
        progress: Progress = _ignore,
        **overrides: Any,
    ) -> Self:
        """Open the folder `articles`, and bring its index in step: all is indexed the first time, then what changed.

        With `index=False`, or while another process indexes, the index is used as it is. Without `articles` the folder
        is that of the settings, else the last one indexed, else the articles that ship with Newsdesk. The settings are
        `settings`, else those of the environment; each keyword of `overrides` sets one of them by its name in
        `Settings`. One `data_dir` holds the index of one folder. `progress` is called with the name of a step, how much
        of it is done, and how much there is.

        Raises InvalidSettings, also when `data_dir` holds the index of another folder; CorpusMissing or CorpusEmpty;
        IndexLocked when another process makes the first index; NoSnapshot when there is no index and none is made;
        SnapshotBroken, EmbedderMismatch, EmbedderFailed, VectorsUnavailable, MissingKey or ModelUnavailable.
        """
        return cls(_Desk.open(articles, settings, index, progress, overrides))

    def ask(self, question: str, history: Sequence[Answer | Turn] = (), *, scope: Scope = EVERYTHING) -> Answer:
        """Return the answer to a question; `history` holds the answers before it, the oldest first.

        Only the articles within `scope` are searched, counted and shown. Raises InvalidQuestion, InvalidScope,
        Overloaded, SearchTimeout, the errors of the model, or those of the index.
        """
        return self._loop.run(self._desk.service.ask(question, _turns(history), scope=scope))

    def stream(
        self, question: str, history: Sequence[Answer | Turn] = (), *, scope: Scope = EVERYTHING
    ) -> Generator[Event, None, None]:
        """Yield what happens on the way to the answer, as it happens; the last event holds the answer. Raises as `ask`.

        The events are a SearchEvent, a HitsEvent, a StatementEvent for each statement once it is checked, a RepairEvent
        when statements are written again, and a DoneEvent. To leave the loop ends the work.
        """
        yield from self._loop.each(self._desk.service.stream(question, _turns(history), scope=scope))

    def search(
        self, question: str, history: Sequence[Answer | Turn] = (), *, scope: Scope = EVERYTHING, explain: bool = False
    ) -> SearchResult:
        """Return the passages for a question as `hits`, without an answer; with `explain`, all that were ranked.

        Raises InvalidQuestion, InvalidScope, Overloaded, SearchTimeout, or the errors of the index.
        """
        return self._loop.run(self._desk.service.search(question, _turns(history), scope, explain=explain))

    def index(self, progress: Progress = _ignore) -> IngestReport:
        """Bring the index in step with the folder, and return the report; files that cannot be read are skipped.

        Raises IndexLocked while another process does so, and as `open` does.
        """
        return self._desk.sync(progress)

    def articles(self) -> tuple[Article, ...]:
        """Return the indexed articles in the order of their paths, each with its whole text."""
        return self._loop.run(self._desk.articles())

    def article(self, path: str) -> Article:
        """Return one article; a citation of it quotes `text[start:end]`. Raises ArticleNotFound."""
        return self._loop.run(self._desk.article(path))

    def close(self) -> None:
        """Close the index, and stop what is under way. To close twice does no harm."""
        self._loop.close()
        self._desk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncNewsdesk(_Interface):
    """Answers from a folder of articles, for code with `async`; the methods are those of `Newsdesk`.

        async with AsyncNewsdesk.open(articles="~/articles") as desk:
            answer = await desk.ask("Who commands CENTCOM?")

    A desk is used in the event loop that opened it, by many tasks at once.
    """

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        articles: str | PathLike[str] | None = None,
        *,
        settings: Settings | None = None,
        index: bool = True,
        progress: Progress = _ignore,
        **overrides: Any,
    ) -> AsyncGenerator[Self, None]:
        """Open the folder for the length of the block, with the arguments and errors of `Newsdesk.open`.

        A thread indexes it and calls `progress`. It runs to its end when the task that waits for it is cancelled.
        """
        desk = await asyncio.to_thread(_Desk.open, articles, settings, index, progress, overrides)
        try:
            yield cls(desk)
        finally:
            desk.close()

    async def ask(self, question: str, history: Sequence[Answer | Turn] = (), *, scope: Scope = EVERYTHING) -> Answer:
        """Return the answer to a question, as `Newsdesk.ask` does."""
        return await self._desk.service.ask(question, _turns(history), scope=scope)

    async def stream(
        self, question: str, history: Sequence[Answer | Turn] = (), *, scope: Scope = EVERYTHING
    ) -> AsyncGenerator[Event, None]:
        """Yield what happens on the way to the answer, as `Newsdesk.stream` does."""
        async with aclosing(self._desk.service.stream(question, _turns(history), scope=scope)) as events:
            async for event in events:
                yield event

    async def search(
        self, question: str, history: Sequence[Answer | Turn] = (), *, scope: Scope = EVERYTHING, explain: bool = False
    ) -> SearchResult:
        """Return the passages for a question, as `Newsdesk.search` does."""
        return await self._desk.service.search(question, _turns(history), scope, explain=explain)

    async def index(self, progress: Progress = _ignore) -> IngestReport:
        """Bring the index in step with the folder in a thread, as `Newsdesk.index` does."""
        return await asyncio.to_thread(self._desk.sync, progress)

    async def articles(self) -> tuple[Article, ...]:
        """Return the indexed articles, as `Newsdesk.articles` does."""
        return await self._desk.articles()

    async def article(self, path: str) -> Article:
        """Return one article, as `Newsdesk.article` does."""
        return await self._desk.article(path)


class _LoopThread:
    """An event loop in a thread, for which plain code can wait, in a notebook too."""

    def __init__(self) -> None:
        # Hands the loop over once it runs; nothing can be submitted before.
        started: Future[asyncio.AbstractEventLoop] = Future()
        self._lock = threading.Lock()
        self._open = True
        self._thread = threading.Thread(target=lambda: run(self._stay(started)), name="newsdesk-loop", daemon=True)
        self._thread.start()
        self._loop = started.result()

    async def _stay(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        self._ended = asyncio.Event()
        started.set_result(asyncio.get_running_loop())
        await self._ended.wait()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what `work` returns; cancel it when the wait is interrupted."""
        future = self._submit(work)
        try:
            return _result(future)
        finally:
            future.cancel()

    def each(self, events: AsyncGenerator[_T, None]) -> Generator[_T, None, None]:
        """Yield each of `events`, which one task makes; cancel it as `run` does."""
        queue: SimpleQueue[tuple[_T, ...]] = SimpleQueue()

        async def make() -> None:
            async with aclosing(events):
                async for event in events:
                    queue.put((event,))

        future = self._submit(make())
        # An empty tuple ends the queue, however the task ended.
        future.add_done_callback(lambda _: queue.put(()))
        try:
            while event := queue.get():
                yield event[0]
            _result(future)
        finally:
            future.cancel()

    def _submit(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        # Under the lock, so that the loop cannot be ended between the look and the call.
        with self._lock:
            if self._open:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        # A coroutine that nobody awaits would warn.
        work.close()
        raise QAError(_CLOSED)

    def close(self) -> None:
        """Cancel what is under way, and end the thread."""
        with self._lock:
            if self._open:
                self._open = False
                self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()


def _result(future: Future[_T]) -> _T:
    try:
        return future.result()
    except CancelledError:
        raise QAError(_CLOSED) from None


def _turns(history: Sequence[Answer | Turn]) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for entry in history:
        turns += history_of([entry]) if isinstance(entry, Answer) else [entry]
    return tuple(turns)


def _settings(base: Settings | None, overrides: Mapping[str, Any]) -> Settings:
    """Return the settings with the overrides; a folder may begin with `~`. Raises InvalidSettings."""
    for name in overrides:
        if name not in Settings.model_fields:
            raise unknown_setting(name, list(Settings.model_fields))
    values = {name: _folder(value) if name in _FOLDERS else value for name, value in overrides.items()}
    try:
        return Settings(**((base or load_settings()).model_dump() | values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidSettings(f"{first['loc'][0]} is not valid: {first['msg']}. Change it or leave it out") from None


def _folder(value: Any) -> Any:
    """Return the name of a folder as an absolute path, and any other value as it is."""
    if not isinstance(value, str | PathLike):
        return value
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError:  # there is no such user
        return Path(value).absolute()
