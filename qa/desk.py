"""Newsdesk for Python programs: the service that the shell and the server use, opened with one call.

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
from index.models import Article, IngestReport
from index.sync.syncing import Progress
from qa.errors import ArticleNotFound, InvalidSettings, QAError
from qa.models import Answer, Event, SearchResult, Turn, history_of
from qa.process import run
from qa.service import QAService
from qa.settings import Settings, load_settings, unknown_setting
from qa.wiring import build_service, data_folder, index_again

_T = TypeVar("_T")
_FOLDERS = ("corpus", "data_dir", "record", "replay")
_CLOSED = "This Newsdesk is closed. Open another one"


def _unheard(_step: str, _done: int, _total: int) -> None:
    """Let the progress of a sync go by."""


class _Desk:
    """What both classes hold: the settings, the service, and the way from the folder to the index."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.report: IngestReport | None = None
        self.closed = False
        self._service = build_service(settings)

    @classmethod
    def opened(
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
            desk._begin(index, progress)
        except BaseException:
            desk.close()
            raise
        return desk

    def _begin(self, index: bool, progress: Progress) -> None:
        self._refuse_the_index_of_another_folder()
        try:
            if index:
                self.sync(progress)
        except IndexLocked:
            if not self._is_readable():
                raise
        with self._service.snapshots.use():
            """A missing or broken index is told now, not at the first question."""

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
        wanted, indexed = self.settings.corpus, self._indexed()
        if wanted and indexed and wanted.resolve() != indexed:
            raise InvalidSettings(
                f"The index in {str(self.settings.data_dir)!r} is that of {str(indexed)!r}, not of "
                f"{str(wanted.resolve())!r}. Give this folder an index of its own with data_dir"
            )

    def _indexed(self) -> Path | None:
        """Return the folder that the index is of; None when there is no index, or none that can be read."""
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
        found = await self.service.read(lambda snapshot: snapshot.catalog.article(path))
        if found is None:
            raise ArticleNotFound(f"No article has the path {path!r}. articles() returns those there are")
        return found

    def close(self) -> None:
        self.closed = True
        self._service.close()


class _Face:
    """What is the same with and without `async`."""

    def __init__(self, opened: _Desk) -> None:
        """Take what `open` has opened; use `open`."""
        self._desk = opened

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._desk.settings

    @property
    def report(self) -> IngestReport | None:
        """What the last sync of this desk did, and which files it skipped; None when there was none."""
        return self._desk.report


class Newsdesk(_Face):
    """Answers from a folder of articles, for plain code and notebooks.

        with Newsdesk.open(articles="~/articles") as desk:
            answer = desk.ask("Who commands CENTCOM?")

    Several threads may use one desk. Its errors are NewsdeskErrors, and OSErrors of the disk.
    """

    def __init__(self, opened: _Desk) -> None:
        super().__init__(opened)
        self._loop = _LoopBeside()

    @classmethod
    def open(
        cls,
        articles: str | PathLike[str] | None = None,
        *,
        settings: Settings | None = None,
        index: bool = True,
        progress: Progress = _unheard,
        **overrides: Any,
    ) -> Self:
        """Open the folder `articles`, and bring its index in step: all is indexed the first time, then what changed.

        With `index=False` the index is used as it is. So it is while another process is at work on it. Without
        `articles` the folder is that of the settings, else the last one indexed, else the articles that ship with
        Newsdesk. The settings are `settings`, else those of the environment; each keyword of `overrides` sets one of
        them by its name in `Settings`. One `data_dir` holds the index of one folder. `progress` is told of a step, how
        much of it is done, and how much there is.

        Raises InvalidSettings, also when `data_dir` holds the index of another folder; CorpusMissing or CorpusEmpty;
        IndexLocked when another process makes the first index; NoSnapshot when there is no index and none is made;
        SnapshotBroken, EmbedderMismatch, EmbedderFailed, VectorsUnavailable, MissingKey or ModelUnavailable.
        """
        return cls(_Desk.opened(articles, settings, index, progress, overrides))

    def ask(self, question: str, history: Sequence[Answer | Turn] = ()) -> Answer:
        """Return the answer to a question; `history` holds the answers before it, the oldest first.

        Raises InvalidQuestion, Overloaded, SearchTimeout, the errors of the model, or those of the index.
        """
        return self._loop.run(self._desk.service.ask(question, _turns(history)))

    def stream(self, question: str, history: Sequence[Answer | Turn] = ()) -> Generator[Event, None, None]:
        """Yield what happens on the way to the answer, as it happens; the last event holds the answer. Raises as `ask`.

        The events are a SearchEvent, a HitsEvent, a StatementEvent for each statement once it is checked, a RepairEvent
        when statements are written again, and a DoneEvent. Who leaves the loop ends the work.
        """
        yield from self._loop.each(self._desk.service.stream(question, _turns(history)))

    def search(self, question: str, history: Sequence[Answer | Turn] = (), *, explain: bool = False) -> SearchResult:
        """Return the passages for a question as `hits`, without an answer; with `explain`, all that was ranked.

        Raises InvalidQuestion, Overloaded, SearchTimeout, or the errors of the index.
        """
        return self._loop.run(self._desk.service.search(question, _turns(history), explain=explain))

    def index(self, progress: Progress = _unheard) -> IngestReport:
        """Bring the index in step with the folder, and return what that did; files that cannot be read are skipped.

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
        """Let go of the index; what is under way is broken off. Closing twice does no harm."""
        self._loop.close()
        self._desk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncNewsdesk(_Face):
    """The same for code with `async`.

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
        progress: Progress = _unheard,
        **overrides: Any,
    ) -> AsyncGenerator[Self, None]:
        """Open the folder for the length of the block; what it takes and raises is that of `Newsdesk.open`.

        It is indexed in a thread, which calls `progress`, and which ends by itself when nobody waits for it any more.
        """
        desk = await asyncio.to_thread(_Desk.opened, articles, settings, index, progress, overrides)
        try:
            yield cls(desk)
        finally:
            desk.close()

    async def ask(self, question: str, history: Sequence[Answer | Turn] = ()) -> Answer:
        """Return the answer to a question, as `Newsdesk.ask` does."""
        return await self._desk.service.ask(question, _turns(history))

    async def stream(self, question: str, history: Sequence[Answer | Turn] = ()) -> AsyncGenerator[Event, None]:
        """Yield what happens on the way to the answer, as `Newsdesk.stream` does."""
        async with aclosing(self._desk.service.stream(question, _turns(history))) as events:
            async for event in events:
                yield event

    async def search(
        self, question: str, history: Sequence[Answer | Turn] = (), *, explain: bool = False
    ) -> SearchResult:
        """Return the passages for a question, as `Newsdesk.search` does."""
        return await self._desk.service.search(question, _turns(history), explain=explain)

    async def index(self, progress: Progress = _unheard) -> IngestReport:
        """Bring the index in step with the folder in a thread, as `Newsdesk.index` does."""
        return await asyncio.to_thread(self._desk.sync, progress)

    async def articles(self) -> tuple[Article, ...]:
        """Return the indexed articles, as `Newsdesk.articles` does."""
        return await self._desk.articles()

    async def article(self, path: str) -> Article:
        """Return one article, as `Newsdesk.article` does."""
        return await self._desk.article(path)


class _LoopBeside:
    """An event loop in a thread of its own, so that plain code can wait for it, in a notebook too."""

    def __init__(self) -> None:
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
        """Return what `work` returns; it is broken off when nobody waits for it any more."""
        begun = self._begun(work)
        try:
            return _result(begun)
        finally:
            begun.cancel()

    def each(self, events: AsyncGenerator[_T, None]) -> Generator[_T, None, None]:
        """Yield each of `events`, all of which are made in one task; they are broken off as `run` does."""
        made: SimpleQueue[tuple[_T, ...]] = SimpleQueue()

        async def make() -> None:
            async with aclosing(events):
                async for event in events:
                    made.put((event,))

        begun = self._begun(make())
        begun.add_done_callback(lambda _: made.put(()))
        try:
            while event := made.get():
                yield event[0]
            _result(begun)
        finally:
            begun.cancel()

    def _begun(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        with self._lock:
            if self._open:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        raise QAError(_CLOSED)

    def close(self) -> None:
        """Break off what is under way, and end the thread."""
        with self._lock:
            if self._open:
                self._open = False
                self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()


def _result(begun: Future[_T]) -> _T:
    try:
        return begun.result()
    except CancelledError:
        raise QAError(_CLOSED) from None


def _turns(history: Sequence[Answer | Turn]) -> tuple[Turn, ...]:
    return tuple(turn for one in history for turn in (history_of([one]) if isinstance(one, Answer) else [one]))


def _settings(base: Settings | None, overrides: Mapping[str, Any]) -> Settings:
    """Return the settings with some set by name; a folder may begin with `~`. Raises InvalidSettings."""
    for name in overrides:
        if name not in Settings.model_fields:
            raise unknown_setting(name, list(Settings.model_fields))
    given = {name: _folder(value) if name in _FOLDERS else value for name, value in overrides.items()}
    try:
        return Settings(**((base or load_settings()).model_dump() | given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidSettings(f"{first['loc'][0]} is not valid: {first['msg']}. Change it or leave it out") from None


def _folder(value: Any) -> Any:
    """Return a name of a folder as an absolute path; anything else as it is."""
    if not isinstance(value, str | PathLike):
        return value
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError:  # there is no such user
        return Path(value).absolute()
