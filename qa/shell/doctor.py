"""`newsdesk doctor`: examines the index and what it needs; each finding has its repair."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath

from index.corpus import reading
from index.corpus.freshness import stale_articles
from index.errors import IndexingError, NoSnapshot, SnapshotBroken
from index.store.catalog import Catalog
from index.store.files import allow_group, altered_file, read_manifest
from index.store.snapshots import DataFolder, delete_snapshot
from index.sync.locking import stale_holder
from index.sync.vector_worker import VectorWorker
from qa.models import EXTRACTIVE
from qa.models.errors import QAError
from qa.process import run
from qa.settings import Settings
from qa.wiring import build_embedder, build_model, corpus_of, data_folder, index_again

_INDEX = "newsdesk index"
_MODEL_S = 20.0
_MIN_FREE = 200_000_000
"""The seconds for the reply of a model, and the fewest free bytes for a sync."""


@dataclass(frozen=True)
class Finding:
    """The result of a check; `repair` says what to do, and `act` does it where the program can."""

    what: str
    text: str
    is_well: bool = True
    repair: str = ""
    act: Callable[[], object] | None = None


def examine(settings: Settings) -> list[Finding]:
    """Return the findings of all checks, in their order; nothing is changed."""
    data = data_folder(settings)
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python,
        partial(_folder, data),
        partial(_lock, data),
        partial(_left_behind, data),
        partial(_snapshots, data, settings),
        partial(_vectors, data),
        partial(_articles, data, settings),
        partial(_model, settings),
    ]
    return list(chain.from_iterable(map(_findings, checks)))


def repair_all(settings: Settings, findings: list[Finding]) -> list[Finding]:
    """Do the repairs that the program can do, each once, and return the findings after them."""
    for act in dict.fromkeys(finding.act for finding in findings if finding.act and not finding.is_well):
        act()
    return examine(settings)


def _findings(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except (IndexingError, QAError, OSError) as error:
        name = getattr(check, "func", check).__name__.strip("_").replace("_", " ")
        yield Finding(name, str(error), False, "see what it says")


def _python() -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, distribution, version

    from packaging.requirements import Requirement

    try:
        requirements = map(Requirement, distribution("newsdesk").requires or ())
    except PackageNotFoundError:
        yield Finding("libraries", "Newsdesk is not installed here, so its libraries cannot be compared")
        return
    wrong = []
    for requirement in requirements:
        # The libraries of extras are wanted only where the extra is.
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            installed = "none"
        if installed == "none" or not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(f"{requirement.name} {installed} (wanted: {requirement.specifier})")
    python = sys.version.partition(" ")[0]
    if wrong:
        yield Finding("libraries", "; ".join(wrong), False, "make install")
    else:
        yield Finding("libraries", f"Python {python}, and all libraries are of the versions asked for")


def _folder(data: DataFolder) -> Iterator[Finding]:
    root = data.root
    if not root.exists():
        yield Finding("folder", f"{str(root)!r} is not there yet", False, _INDEX)
        return
    if not os.access(root, os.W_OK | os.X_OK):
        yield Finding("folder", f"{str(root)!r} cannot be written to", False, f"give its rights to this user: {root}")
    others = [path for path in (root, *data.snapshots.glob("*")) if path.stat().st_mode & 0o007]
    if others:
        text = f"every user of this machine may read {str(others[0])!r}"
        yield Finding("rights", text, False, f"chmod -R o= {root}", partial(_close_to_others, data))
    else:
        yield Finding("rights", "the index is for its owner and group alone")
    size = sum(file.stat().st_size for file in root.rglob("*") if file.is_file())
    # A sync copies the snapshot before it changes it.
    free, needed = shutil.disk_usage(root).free, max(_MIN_FREE, size)
    if free < needed:
        yield Finding("disk", f"{free // 10**6} MB are free; a sync may take {needed // 10**6} MB", False, "free space")
    else:
        yield Finding("disk", f"{free // 10**6} MB are free")


def _close_to_others(data: DataFolder) -> None:
    data.root.chmod(0o750)
    data.snapshots.chmod(0o750)
    for folder in data.newest_first():
        allow_group(folder)


def _lock(data: DataFolder) -> Iterator[Finding]:
    holder = stale_holder(data.root)
    if holder:
        file = data.root / "writer.json"
        text = f"{holder} was ended while it indexed; its note lies there still"
        yield Finding("lock", text, False, f"rm {file}", partial(file.unlink, missing_ok=True))
    else:
        yield Finding("lock", "no indexer was cut off")


def _left_behind(data: DataFolder) -> Iterator[Finding]:
    leftovers = sorted(data.snapshots.glob(".staging-*"))
    # With a holder's file, an indexer may be at work in that folder this moment.
    if leftovers and not (data.root / "writer.json").exists():
        names = ", ".join(folder.name for folder in leftovers)
        yield Finding("orphans", f"unfinished snapshots are left: {names}", False, _INDEX, partial(_sweep, leftovers))
    else:
        yield Finding("orphans", "no unfinished snapshot is left")


def _sweep(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _snapshots(data: DataFolder, settings: Settings) -> Iterator[Finding]:
    act = partial(_index_again, data, settings)
    embedder = build_embedder(settings)
    try:
        current = data.require_current()
    except (NoSnapshot, SnapshotBroken) as error:
        yield Finding("index", str(error), False, _INDEX, act)
        current = None
    for folder in data.newest_first():
        in_use = " (in use)" if folder == current else ""
        try:
            manifest = read_manifest(folder)
            altered = altered_file(folder, manifest.files)
        except SnapshotBroken as error:
            yield Finding(f"snapshot {folder.name}{in_use}", str(error), False, _INDEX, act)
            continue
        if altered:
            text = f"{altered!r} is not as it was written"
            yield Finding(f"snapshot {folder.name}{in_use}", text, False, _INDEX, act)
        else:
            yield Finding(f"snapshot {folder.name}{in_use}", f"{len(manifest.files)} files are as they were written")
        if folder == current and manifest.embedder != embedder.id:
            text = f"the index is that of {manifest.embedder!r}, and QA_EMBEDDER asks for {embedder.id!r}"
            yield Finding("embedder", text, False, _INDEX, act)


def _index_again(data: DataFolder, settings: Settings) -> None:
    for folder in data.newest_first():  # otherwise a damaged one that is not in use stays until a new one replaces it
        try:
            damaged = bool(altered_file(folder, read_manifest(folder).files))
        except SnapshotBroken:
            damaged = True
        if damaged and not data.is_current(folder):
            delete_snapshot(folder)
    index_again(settings)


def _vectors(data: DataFolder) -> Iterator[Finding]:
    """Check the vectors in another process. A damaged snapshot is no finding here, for `_snapshots` has it."""
    try:
        folder = data.require_current()
        manifest = read_manifest(folder)
    except (NoSnapshot, SnapshotBroken):
        return
    with closing(VectorWorker()) as worker:
        try:
            worker.verify(folder, data.server if manifest.collection else None)
        except IndexingError as error:
            # The message begins with what the check is for, which the finding says already.
            yield Finding("vectors", str(error).partition(": ")[2] or str(error), False, _INDEX)
            return
    yield Finding("vectors", f"those of all {manifest.passages} passages are there and can be found")


def _articles(data: DataFolder, settings: Settings) -> Iterator[Finding]:
    try:
        folder = data.require_current()
        read_manifest(folder)
    except (NoSnapshot, SnapshotBroken):
        return
    corpus = corpus_of(settings)
    if not corpus.is_dir():
        yield Finding("articles", f"the folder {str(corpus)!r} is not there", False, "set QA_CORPUS, or put it back")
        return
    with closing(Catalog(folder / "catalog.sqlite")) as catalog:
        articles, report = list(catalog.articles()), catalog.report()
    paths_in_index = {article.path for article in articles} | {skipped.path for skipped in report.skipped}
    # A part of a file has a path below it, which may lead through folders inside that file.
    above = {str(parent) for path in paths_in_index for parent in PurePosixPath(path).parents}
    files = {file.path for file in reading.source_files(corpus)[0]}
    counts = {"new": len(files - paths_in_index - above), "changed": 0, "gone": 0}
    for what in stale_articles(corpus, articles, settings.fields).values():
        counts[what] += 1
    if any(counts.values()):
        changes = ", ".join(f"{count} {change}" for change, count in counts.items() if count)
        act = partial(_index_again, data, settings)
        yield Finding("articles", f"not indexed as they are now: {changes}", False, _INDEX, act)
    else:
        yield Finding("articles", f"all {len(articles)} are indexed as they are now")


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.model == EXTRACTIVE or settings.replay:
        yield Finding("model", "answers are written without a model")
        return
    model = build_model(settings.model_copy(update={"record": None}))
    assert model

    async def ask() -> None:
        async with asyncio.timeout(_MODEL_S):
            async for _ in model.reply([{"role": "user", "content": "Say: ready"}]):
                pass

    try:
        run(ask())
    except TimeoutError:
        yield Finding("model", f"{model.name!r} did not answer in {_MODEL_S:g} s", False, "see whether it runs")
    except QAError as error:
        yield Finding("model", str(error), False, "see what it says")
    else:
        yield Finding("model", f"{model.name!r} answers")
