"""POST /uploads and /uploads/index: take files from readers, and index them; served with QA_UPLOADS=1.

The files are in `uploads` in the folder of articles, where `newsdesk index` finds them too. They are indexed in another
process, so that a file that breaks its reader breaks no answer.
"""

import asyncio
import errno
import os
import secrets
import stat
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from index.corpus.reading import is_read, suffix_of
from index.corpus.unsupported_types import remedies
from index.errors import IndexingError, IndexLocked
from index.models import IngestReport
from index.text.file_names import printable
from qa.settings import Settings
from qa.web.problems import INDEX_LOCKED, INVALID, NOT_INDEXED, problem

FOLDER = "uploads"
MAX_NAME = 150
"""The most bytes of the name of a file."""
MAX_FILES = 1000
"""The most files that one request indexes."""
Index = Callable[[], Awaitable[IngestReport]]


class Refused(Exception):
    """A file is refused; the message says why."""


class Uploads:
    """The folder of uploaded files; nothing is read, written or deleted outside it."""

    def __init__(self, corpus: Path) -> None:
        """Store files in `uploads` in a folder of articles; it is made with the first file."""
        self._corpus = corpus
        self._lock = threading.Lock()

    def keep(self, name: str, data: bytes) -> None:
        """Store a file whole or not at all; raises Refused, also where a file of this name has other content."""
        check_name(name)
        if not data:
            raise Refused("it is empty")
        # One at a time: two files of one name must not both find that there is none.
        with self._lock, self._folder() as folder:
            if _is_there(folder, name, data):
                return
            part = f".{secrets.token_hex(8)}.part"  # hidden files are not indexed
            try:
                # Whole beside its place first, then linked: an indexer never sees half a file, and a link, unlike a
                # rename, takes no name that another process has given to a file meanwhile.
                descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640, dir_fd=folder)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                os.link(part, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            except OSError as error:
                if isinstance(error, FileExistsError) and _is_there(folder, name, data):
                    return
                raise Refused(f"it cannot be kept ({error.strerror})") from None
            finally:
                with suppress(OSError):
                    os.unlink(part, dir_fd=folder)

    def drop(self, name: str) -> None:
        """Delete a file that cannot be read."""
        check_name(name)
        with self._lock, self._folder() as folder, suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)

    @contextmanager
    def _folder(self) -> Iterator[int]:
        """Open the folder as a descriptor, so that no link or renamed folder can lead elsewhere."""
        try:
            (self._corpus / FOLDER).mkdir(exist_ok=True)
            folder = os.open(self._corpus / FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            why = "is a link" if error.errno in (errno.ELOOP, errno.ENOTDIR) else f"cannot be used ({error.strerror})"
            raise Refused(f"the folder for uploads {why}; ask whoever runs Newsdesk") from None
        try:
            yield folder
        finally:
            os.close(folder)


def check_name(name: str) -> None:
    """Raise Refused unless the name is that of a file in this folder, of a type that is read."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise Refused("its name is not valid text; rename it") from None
    if not name.isprintable() or any(char in name for char in "/\\") or name.startswith("."):
        raise Refused("its name begins with a dot, or holds a slash or a control character; rename it")
    if not name or size > MAX_NAME:
        raise Refused(f"its name is {size} bytes long; give one of 1 to {MAX_NAME}")
    if not is_read(name):
        _, kind, advice = remedies({suffix_of(name): 1})[0]
        raise Refused(f"files of type {printable(kind)} are not read; {advice}")


def _is_there(folder: int, name: str, data: bytes) -> bool:
    """Whether a file with this name and content is there; raises Refused when its content is another."""
    stored = _content(folder, name)
    if stored not in (None, data):
        raise Refused("a file of this name and other content is there already; rename yours")
    return stored is not None


def _content(folder: int, name: str) -> bytes | None:
    """Return the content of a file, None when there is none; raises Refused when it is no regular file."""
    try:
        # Without waiting: a pipe of this name would never give its end.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError:
        raise Refused("something else has this name there already; rename yours") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused("something else has this name there already; rename yours")
        return file.read()


async def index_in_process(settings: Settings) -> IngestReport:
    """Bring the index in step with the folder of articles, in another process; raises as `sync` does."""
    from qa.wiring import index_again

    # A fresh interpreter: a fork would take over locks and threads of the server in whatever state they are.
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, index_again, settings)
    finally:
        # Whoever waits may be cancelled; the process ends by itself.
        pool.shutdown(wait=False)


def outcome(report: IngestReport, name: str) -> tuple[bool, str]:
    """Return whether a file was read, and a sentence for the reader on what became of it."""
    path = f"{FOLDER}/{name}"
    if skipped := next((file for file in report.skipped if file.path == printable(path)), None):
        return False, f"Refused: {printable(name)}: {skipped.reason}."
    articles = sum(other.startswith(f"{path}/") for other in (*report.added, *report.changed))
    number = f", {articles:,} {'article' if articles == 1 else 'articles'}" if articles else ""
    skipped_parts = [part.reason for part in report.skipped if _is_part(part.path, printable(path))]
    doubtful_parts = [part.reason for part in report.doubtful if _is_part(part.path, path)]
    clauses = [f"Read: {printable(name)}{number}"]
    clauses += [f"a part of it was skipped: {reason}" for reason in skipped_parts[:3]]
    clauses += [f"it may have been read wrongly: {reason}" for reason in doubtful_parts[:3]]
    if flags := sum(_is_part(flag.path, path) for flag in report.suspicious):
        clauses.append(f"{flags} {'sentence talks' if flags == 1 else 'sentences talk'} to a model instead of a reader")
    return True, "; ".join(clauses) + "."


def _is_part(path: str, whole: str) -> bool:
    return path == whole or path.startswith(f"{whole}/")


def uploads_router(corpus: Path, index: Index) -> APIRouter:
    """Return the routes that store files in the folder `corpus`, and call `index` to index them."""
    router, uploads, one_at_a_time = APIRouter(), Uploads(corpus), asyncio.Lock()

    @router.post("/uploads", include_in_schema=False)
    async def add(request: Request, name: str = "") -> JSONResponse:
        """Store the body as a file of this name."""
        try:
            await asyncio.to_thread(uploads.keep, name, await request.body())
        except Refused as error:
            return problem(request.url.path, INVALID, str(error))
        return JSONResponse({"name": name}, 201)

    @router.post("/uploads/index", include_in_schema=False)
    async def take_in(request: Request, name: Annotated[list[str], Query(max_length=MAX_FILES)]) -> JSONResponse:
        """Index the folder, and return what became of the named files; those that cannot be read are deleted."""
        try:
            for file_name in name:
                check_name(file_name)
            async with one_at_a_time:
                report = await index()
            return JSONResponse(await asyncio.to_thread(_outcomes, uploads, report, name))
        except Refused as error:
            return problem(request.url.path, INVALID, str(error))
        except IndexLocked:
            detail = "The files are kept. Another indexer is at work: it takes them in if it follows the folder"
            return problem(request.url.path, INDEX_LOCKED, f"{detail}; else run: newsdesk index")
        except (IndexingError, BrokenProcessPool):
            detail = "The files are kept, but could not be indexed. To see why, run: newsdesk index"
            return problem(request.url.path, NOT_INDEXED, detail)

    return router


def _outcomes(uploads: Uploads, report: IngestReport, names: Sequence[str]) -> dict[str, Any]:
    files = []
    for name in dict.fromkeys(names):
        was_read, text = outcome(report, name)
        # It cannot be read now, nor later, and would be reported at each indexing.
        if not was_read:
            uploads.drop(name)
        files.append({"name": name, "read": was_read, "said": text})
    return {"folder": FOLDER, "files": files}
