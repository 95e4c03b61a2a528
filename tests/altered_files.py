"""Every alteration of every file of a snapshot, and what is answered after each: for `test_damage.py`, and by itself.

`python tests/altered_files.py DATA FILE QUESTION PASSAGES-AT-ONCE FLIPS` alters one file of the snapshot in use in many
ways, asks after each, and prints one JSON object a line. It is a process of its own, for a damaged file may end it.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from conftest import WordEmbedder, WordReader

from index.errors import NewsdeskError
from index.store.files import lasting_files
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from qa.checking.grounding import Grounder
from qa.models import Answer
from qa.retrieval.retriever import Retriever
from qa.service import QAService
from qa.writing.writer import ExtractiveWriter

Alteration = tuple[str, bytes | None]
"""What is done to a file, and what it holds then; None: it is removed."""


def files_of(data: DataFolder) -> list[Path]:
    """All files that a question may depend on: those of the snapshot in use, its manifest, and the pointer to it."""
    folder = data.require_current()
    return [data.root / "CURRENT", folder / "manifest.json", *lasting_files(folder).values()]


def alterations(content: bytes, older: bytes | None, flips: int) -> Iterator[Alteration]:
    """Bytes flipped in `flips` places, cut in half, cut by one byte, emptied, replaced by an older one, removed."""
    for at in range(flips if content else 0):
        place = len(content) * at // flips
        yield f"flipped at {place}", content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
    yield "cut in half", content[: len(content) // 2]
    yield "cut by a byte", content[:-1]
    yield "emptied", b""
    if older is not None:
        yield "replaced by the older one", older
    yield "removed", None


def altered(file: Path, alteration: bytes | None) -> None:
    """Alter a file; hard links to it are left alone."""
    file.unlink(missing_ok=True)
    if alteration is not None:
        file.write_bytes(alteration)


def asked(data: DataFolder, question: str) -> Answer:
    """Ask a service that is built anew, as `newsdesk ask` is."""
    embedder = WordEmbedder()
    service = QAService(
        SnapshotReader(data, embedder.id),
        Retriever(embedder, 8),
        ExtractiveWriter(WordReader()),
        Grounder(embedder),
        deadline_s=60,
        max_concurrency=4,
    )
    try:
        return asyncio.run(service.ask(question))
    finally:
        service.close()


def outcome(data: DataFolder, question: str) -> dict[str, object]:
    """What comes of a question: an answer with the quotes that it rests on, or one sentence."""
    try:
        answer = asked(data, question)
    except NewsdeskError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    quotes = [citation.quote for citation in answer.citations]
    return {"text": answer.text, "quotes": quotes, "notes": list(answer.notes)}


def older_of(data: DataFolder, file: Path) -> bytes | None:
    """The file of the same name in the snapshot before, if there is one."""
    folder = data.require_current()
    if file.parent == data.root:
        return b"000001\n"
    before = data.newest_first()[-1] / file.relative_to(folder)
    same_kind = sorted(data.newest_first()[-1].rglob(f"*{file.suffix}")) if not before.exists() else [before]
    return next((one.read_bytes() for one in same_kind if one.is_file()), None)


def main(root: str, name: str, question: str, exact: str, flips: str) -> None:
    """Alter one file in every way, and put it back after each."""
    data, file = DataFolder(Path(root), exact_limit=int(exact)), Path(root) / name
    content = file.read_bytes()
    for what, alteration in alterations(content, older_of(data, file), int(flips)):
        altered(file, alteration)
        print(json.dumps({"file": name, "what": what, **outcome(data, question)}), flush=True)
        altered(file, content)


def copied(data: DataFolder, target: Path) -> DataFolder:
    """A copy of a data folder."""
    return DataFolder(shutil.copytree(data.root, target), exact_limit=data.exact_limit)


if __name__ == "__main__":
    main(*sys.argv[1:])
