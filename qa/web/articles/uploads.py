"""POST /uploads and /uploads/index: files that readers add, and their way into the index; there with QA_UPLOADS=1.

Files lie in `uploads` in the folder of articles, where `newsdesk index` and `newsdesk index --watch` find them as well.
They are read and indexed in a process of its own, so that a file that breaks its reader breaks no answer.
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
"""Most bytes of a file's name."""
MAX_FILES = 1000
"""So many files are indexed in one request."""
Index = Callable[[], Awaitable[IngestReport]]


class Refused(Exception):
    """A file that is not taken; the message says why."""


class Uploads:
    """The folder of files that readers add; nothing is read, written or deleted outside it."""

    def __init__(self, corpus: Path) -> None:
        """Keep files in `uploads` in a folder of articles; it is made with the first file."""
        self._corpus = corpus
        self._lock = threading.Lock()

    def keep(self, name: str, data: bytes) -> None:
        """Keep a file whole or not at all; raises Refused, also for a name that other content has."""
        check_name(name)
        if not data:
            raise Refused("it is empty")
        with self._lock, self._opened() as folder:
            if (kept := _content(folder, name)) is not None:
                if kept != data:
                    raise Refused("a file of this name and other content is there already; rename yours")
                return
            part = f".{secrets.token_hex(8)}.part"  # hidden files are not indexed
            try:
                descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640, dir_fd=folder)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
            except OSError as error:
                raise Refused(f"it cannot be kept ({error.strerror})") from None
            finally:
                with suppress(OSError):
                    os.unlink(part, dir_fd=folder)

    def drop(self, name: str) -> None:
        """Delete a file that turned out not to be readable."""
        check_name(name)
        with self._lock, self._opened() as folder, suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Give a descriptor of the folder: what is done by it is done there, whatever a path comes to lead to."""
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
    """Raise Refused unless a name is that of one file in one folder, of a type that is read."""
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


def _content(folder: int, name: str) -> bytes | None:
    """Return what a file holds that is there; None when there is none. Raises Refused when it is no regular file."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError:
        raise Refused("something else has this name there already; rename yours") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused("something else has this name there already; rename yours")
        return file.read()


async def indexed(settings: Settings) -> IngestReport:
    """Bring the index in step with the folder of articles, in another process; raises as `sync` does."""
    from qa.wiring import index_again

    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, index_again, settings)
    finally:
        pool.shutdown(wait=False)


def outcome(report: IngestReport, name: str) -> tuple[bool, str]:
    """Return whether a file was read, and what became of it in words."""
    path = f"{FOLDER}/{name}"
    if whole := next((one for one in report.skipped if one.path == printable(path)), None):
        return False, f"Refused: {printable(name)}: {whole.reason}."
    parts = sum(one.startswith(f"{path}/") for one in (*report.added, *report.changed))
    said = [f"Read: {printable(name)}" + (f", {parts:,} {'article' if parts == 1 else 'articles'}" if parts else "")]
    said += [
        f"a part of it was skipped: {one.reason}" for one in report.skipped if _is_part(one.path, printable(path))
    ][:3]
    said += [f"it may have been read wrongly: {one.reason}" for one in report.doubtful if _is_part(one.path, path)][:3]
    flags = sum(_is_part(one.path, path) for one in report.suspicious)
    if flags:
        said.append(f"{flags} {'sentence talks' if flags == 1 else 'sentences talk'} to a model instead of a reader")
    return True, "; ".join(said) + "."


def _is_part(path: str, of: str) -> bool:
    return path == of or path.startswith(f"{of}/")


def uploads_router(corpus: Path, index: Index) -> APIRouter:
    """Return the routes that take files into `corpus`, and have `index` index them."""
    router, uploads, one_at_a_time = APIRouter(), Uploads(corpus), asyncio.Lock()

    @router.post("/uploads", include_in_schema=False)
    async def add(request: Request, name: str = "") -> JSONResponse:
        """Keep the body as a file of this name."""
        try:
            await asyncio.to_thread(uploads.keep, name, await request.body())
        except Refused as error:
            return problem(request.url.path, INVALID, str(error))
        return JSONResponse({"name": name}, 201)

    @router.post("/uploads/index", include_in_schema=False)
    async def take_in(request: Request, name: Annotated[list[str], Query(max_length=MAX_FILES)]) -> JSONResponse:
        """Index what was added, and say what became of each of some files; those that cannot be read are deleted."""
        try:
            for one in name:
                check_name(one)
            async with one_at_a_time:
                report = await index()
            return JSONResponse(await asyncio.to_thread(_told, uploads, report, name))
        except Refused as error:
            return problem(request.url.path, INVALID, str(error))
        except IndexLocked:
            said = "The files are kept. Another indexer is at work: it takes them in if it follows the folder"
            return problem(request.url.path, INDEX_LOCKED, f"{said}; else run: newsdesk index")
        except (IndexingError, BrokenProcessPool):
            said = "The files are kept, but could not be indexed. To see why, run: newsdesk index"
            return problem(request.url.path, NOT_INDEXED, said)

    return router


def _told(uploads: Uploads, report: IngestReport, names: Sequence[str]) -> dict[str, Any]:
    files = []
    for name in dict.fromkeys(names):
        read, said = outcome(report, name)
        if not read:
            uploads.drop(name)
        files.append({"name": name, "read": read, "said": said})
    return {"folder": FOLDER, "files": files}
