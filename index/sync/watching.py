"""Follow the folder of articles: sync when files in it change, until an interrupt."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from index.corpus import reading
from index.corpus.formats.records.record import NO_NAMES, FieldNames
from index.embedding.embedders import Embedder
from index.errors import CorpusMissing, IndexingError
from index.models import IngestReport
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from index.sync.vector_worker import VectorWorker

if TYPE_CHECKING:
    from watchfiles.main import FileChange

# As watchfiles takes them: changes are reported once 300 ms pass without another, at the latest after 2 s.
_BURST_MS = 2000
_QUIET_MS = 300
_TICK_MS = 500
_RETRY_SECONDS = 10.0
_ENDING = (signal.SIGINT, signal.SIGTERM)


def follow(
    corpus: Path,
    data: DataFolder,
    embedder: Embedder,
    say: Callable[[str], None],
    *,
    field_names: FieldNames = NO_NAMES,
    publish_every: int | None = None,
) -> None:
    """Sync now and after each burst of changes under `corpus`; `say` gets one line for each sync.

    Returns on KeyboardInterrupt. The reason of a failure is said once, and the sync is repeated after the next change
    or some seconds. Raises CorpusMissing when there is no such folder at first, and IndexingError when the system
    cannot watch it.
    """
    if not corpus.is_dir():
        raise CorpusMissing(f"{str(corpus)!r} is no folder to follow. Give one: newsdesk index --watch FOLDER")
    worker = VectorWorker()
    try:
        with _interrupts() as interrupted:
            sync_again = partial(
                sync, corpus, data, embedder, worker=worker, field_names=field_names, publish_every=publish_every
            )
            _sync_when_changed(corpus, data.root, sync_again, worker, say, interrupted)
    except KeyboardInterrupt:
        pass
    finally:
        worker.close()
    say("Stopped.")


def _sync_when_changed(
    corpus: Path,
    root: Path,
    sync_again: Callable[[], IngestReport],
    worker: VectorWorker,
    say: Callable[[str], None],
    interrupted: threading.Event,
) -> None:
    retry_at, message = 0.0, ""
    for has_changed in _ticks(corpus, root):
        if interrupted.is_set():
            return
        if not has_changed and time.monotonic() < retry_at:
            continue
        try:
            # Nothing has to be tried again until something changes.
            message, retry_at = line(sync_again()), float("inf")
            say(f"{time.strftime('%H:%M:%S')}  {message}")
            worker.start()  # ahead of the next change: it takes a second
        except (IndexingError, OSError) as error:
            previous, message, retry_at = message, str(error), time.monotonic() + _RETRY_SECONDS
            if message != previous:
                say(f"{time.strftime('%H:%M:%S')}  {message}")


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Note each interrupt as well as raise it: Python drops an exception that a signal raises inside a destructor."""
    interrupted = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        interrupted.set()
        signal.default_int_handler(number, frame)

    # A handler of somebody else stays.
    ending = [number for number in _ENDING if signal.getsignal(number) is signal.default_int_handler]
    if threading.current_thread() is not threading.main_thread():
        ending = []  # signals never reach another thread, nor may it set a handler
    for number in ending:
        signal.signal(number, note)
    try:
        yield interrupted
    finally:
        for number in ending:
            signal.signal(number, signal.default_int_handler)


def line(report: IngestReport) -> str:
    """Return the report of a sync in one line."""
    counts = ((len(report.added), "added"), (len(report.changed), "changed"), (len(report.removed), "removed"))
    summary = ", ".join(f"{count} {what}" for count, what in counts if count) or "nothing changed"
    if report.skipped:
        first = report.skipped[0]
        summary += f"; {len(report.skipped)} skipped, the first {first.path}: {first.reason}"
    return f"{summary}; {report.articles} articles, {report.passages} passages, {report.seconds:.1f} s"


def _ticks(corpus: Path, data: Path) -> Iterator[bool]:
    """Yield several times a second whether something changed: True at first, and when the folder is another.

    The system watches a folder, not a name: one that is deleted and made again has to be watched anew.
    """
    while True:
        if (watched := _identity(corpus)) is None:
            yield True
            while _identity(corpus) is None:
                yield False
                time.sleep(_TICK_MS / 1000)
            continue
        try:
            for number, changes in enumerate(_changes(corpus.resolve(), data.resolve())):
                # Whatever changed before the system began to watch is in no report: the first tick counts as a change.
                yield bool(changes) or number == 0
                if _identity(corpus) != watched:
                    break
        except RuntimeError as error:
            raise IndexingError(
                f"The folder {str(corpus)!r} cannot be watched ({error}). Run: newsdesk index"
            ) from None


def _changes(corpus: Path, data: Path) -> "Iterator[set[FileChange]]":
    from watchfiles import watch

    return watch(
        corpus,
        watch_filter=lambda _, path: _matters(Path(path), corpus, data),
        debounce=_BURST_MS,
        step=_QUIET_MS,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    )


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _matters(path: Path, corpus: Path, data: Path) -> bool:
    """Whether a change can change the index: no hidden file, none of a type that is not read, none of our own."""
    if path.is_relative_to(data) or not path.is_relative_to(corpus):
        return False
    steps = path.relative_to(corpus).parts
    if any(step.startswith(".") or step == "__pycache__" for step in steps):
        return False
    # What is gone, or is a folder that was moved here, does not show by its name what it holds.
    return reading.is_read(path) or not path.is_file()
