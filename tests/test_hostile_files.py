"""Rows F21 to F23 of the fault table: each file that someone may leave in a corpus has a named outcome."""

import gzip
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import WordEmbedder
from format_files import FLOOD, MAIL, RSS, zipped
from hostile_files import BYTES, EXPECTED, IGNORED, INDEXED, NAMES, OVER, SPECIAL, sparse

from index.corpus import reading
from index.corpus.reading import SourceFile
from index.errors import UnreadableFile
from index.models import IngestReport
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from index.text.file_names import printable

SECRET = "The secret of the house is kept in the cellar behind the second barrel of old red wine."
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file of the tables, and secrets beside it."""
    root = tmp_path_factory.mktemp("hostile")
    folder = root / "corpus"
    (folder / "folder.txt").mkdir(parents=True)
    (root / "closet").mkdir()
    for secret in (root / "secret.txt", root / "closet" / "secret.txt"):
        secret.write_text(SECRET)
    for name, (data, _) in BYTES.items():
        (folder / name).write_bytes(data)
    for name in NAMES:
        (folder / name).write_text(FLOOD)
    for name, (make, _) in SPECIAL.items():
        make(folder / name)
    return folder


@pytest.fixture(scope="module")
def synced(corpus: Path, word_embedder: WordEmbedder) -> tuple[IngestReport, set[str]]:
    """The report of a sync of that folder, and the names of the files that it opened."""
    opened: set[str] = set()
    syncing = True

    def watch(event: str, arguments: tuple) -> None:
        if syncing and event == "open" and isinstance(arguments[0], str):
            opened.add(Path(arguments[0]).name)

    sys.addaudithook(watch)
    report = sync(corpus, DataFolder(corpus.parent / "data"), word_embedder)
    syncing = False
    return report, opened


@pytest.fixture(scope="module")
def report(synced: tuple[IngestReport, set[str]]) -> IngestReport:
    return synced[0]


@pytest.mark.parametrize("name", EXPECTED, ids=[ascii(name)[1:-1][:40] for name in EXPECTED])
def test_each_file_has_its_named_outcome(report: IngestReport, name: str) -> None:
    reasons = [skipped.reason for skipped in report.skipped if skipped.path == printable(name)]
    if EXPECTED[name] in (INDEXED, IGNORED):
        assert reasons == []
        assert (name in report.added) == (EXPECTED[name] == INDEXED)
    else:
        assert name not in report.added
        assert len(reasons) == 1
        assert EXPECTED[name] in reasons[0]


def test_the_outcomes_are_all_there_are(report: IngestReport) -> None:
    assert len(EXPECTED) >= 45
    assert set(report.added) == {name for name, outcome in EXPECTED.items() if outcome == INDEXED}
    assert sum(report.ignored.values()) == sum(
        outcome == IGNORED and name[0] != "." for name, outcome in EXPECTED.items()
    )
    assert len(report.added) + len(report.skipped) + sum(report.ignored.values()) == len(EXPECTED) - 1


def test_no_name_or_reason_can_steer_a_terminal(report: IngestReport) -> None:
    for skipped in report.skipped:
        assert (skipped.path + skipped.reason).isprintable()
        assert (skipped.path + skipped.reason).encode()
    assert all(printable(path).isprintable() for path in report.added)


def test_nothing_outside_the_corpus_and_no_special_file_is_opened(synced: tuple[IngestReport, set[str]]) -> None:
    assert "no-newline.txt" in synced[1]
    assert synced[1].isdisjoint(("secret.txt", "closet", "passwd", "zero", "pipe.txt", "socket.txt", "device.txt"))


def test_no_file_over_the_limit_is_opened(synced: tuple[IngestReport, set[str]]) -> None:
    over = {name for name in SPECIAL if name.startswith(("sparse", "over."))}
    assert len(over) == 8 and synced[1].isdisjoint(over)


def test_nothing_outside_the_corpus_is_in_the_index(corpus: Path, report: IngestReport) -> None:
    catalog = (corpus.parent / "data" / "snapshots" / report.snapshot / "catalog.sqlite").read_bytes()
    assert b"flood damaged" in catalog
    assert b"second barrel" not in catalog
    assert b"root:" not in catalog


def _try(name: str, root: Path) -> str:
    try:
        reading.read_bytes(SourceFile(name, root / name), root)
    except UnreadableFile as error:
        return str(error)
    return INDEXED


@pytest.mark.parametrize("name", SPECIAL)
def test_no_special_file_makes_the_reader_wait(corpus: Path, name: str) -> None:
    """Nobody ever writes to the pipe or ends the device: who waits for them waits for ever."""
    assert SPECIAL[name][1] in _try(name, corpus)


def test_the_command_shows_names_escaped_and_exits_3(tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for name in ("escape\x1b[2J\x9b31m.txt", "bad\udcff.txt", "right-to-left\u202etxt.txt", "blank\x1b.txt"):
        (few / name).write_text("" if "blank" in name else FLOOD)
    command = [sys.executable, "-m", "qa.cli", "index", str(few)]
    environment = os.environ | {"QA_DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, env=environment, cwd=ROOT)
    assert done.returncode == 3, done.stderr
    out = done.stdout.decode()
    assert all(line.isprintable() for line in out.splitlines())
    assert ["escape\\x1b[2J\\x9b31m.txt" in out, "bad\\udcff.txt" in out, "\\u202e" in out] == [True] * 3


def test_a_file_deleted_after_listing_is_skipped(tmp_path: Path, word_embedder: WordEmbedder) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / "corpus").mkdir(exist_ok=True)
        (tmp_path / "corpus" / name).write_text(FLOOD)

    def progress(step: str, done: int, _: int) -> None:
        if (step, done) == ("Reading", 1):
            (tmp_path / "corpus" / "b.txt").unlink()

    report = sync(tmp_path / "corpus", DataFolder(tmp_path / "data"), word_embedder, progress)
    assert report.added == ("a.txt", "c.txt")
    assert [(one.path, one.reason) for one in report.skipped] == [
        ("b.txt", "it was deleted or renamed while the folder was read")
    ]


def test_a_file_swapped_for_a_link_after_listing_is_never_followed(tmp_path: Path) -> None:
    """Two threads race: one swaps a folder and a file for links that lead out, the other reads."""
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    for folder in (corpus / "sub", out):
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text(SECRET if folder == out else FLOOD)
    ended = threading.Event()

    def swap() -> None:
        while not ended.is_set():
            (corpus / "sub").rename(corpus / "kept")
            (corpus / "sub").symlink_to(out)
            (corpus / "sub").unlink()
            (corpus / "kept").rename(corpus / "sub")

    swapping = threading.Thread(target=swap)
    swapping.start()
    file, seen = SourceFile("sub/a.txt", corpus / "sub" / "a.txt"), set()
    try:
        for _ in range(2000):
            try:
                seen.add(reading.read_bytes(file, corpus))
            except UnreadableFile as error:
                seen.add(type(error))
    finally:
        ended.set()
        swapping.join()
    assert seen <= {FLOOD.encode(), UnreadableFile}


def test_a_file_that_grows_while_it_is_read_is_skipped(tmp_path: Path) -> None:
    path, ended, reasons = tmp_path / "a.txt", threading.Event(), set()
    path.write_text("x" * 4_000_000)

    def grow() -> None:
        with path.open("a") as file:
            while not ended.is_set():
                file.write("more ")
                file.flush()

    growing = threading.Thread(target=grow)
    growing.start()
    try:
        deadline = time.monotonic() + 20
        while "it changed while it was read; index again" not in reasons and time.monotonic() < deadline:
            reasons.add(_try("a.txt", tmp_path))
            path.write_text("x" * 4_000_000)
    finally:
        ended.set()
        growing.join()
    assert "it changed while it was read; index again" in reasons


MEASURED = """
import resource, sys
from pathlib import Path
from index.corpus import reading
from index.errors import UnreadableFile
root = Path(sys.argv[1])
def outcome(file):
    try:
        contents = reading.read(file.path, reading.read_bytes(file, root))
    except UnreadableFile as error:
        return str(error)
    return f"holds {len(contents.documents)} articles. " + " ".join(contents.problems)
files, _ = reading.source_files(root)
for file in files:  # small ones, for what the libraries take once
    if file.location.stem == "a":
        outcome(file)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for file in files:
    if file.location.stem != "a":
        print(file.path, outcome(file))
print("grown", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def _grown_mb(root: Path) -> tuple[float, str]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(root)], capture_output=True, text=True, timeout=170, check=True, cwd=ROOT
    )
    *lines, last = done.stdout.splitlines()
    return int(last.removeprefix("grown ")) / 1024, "\n".join(lines)


def test_files_over_the_limit_cost_no_memory(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(FLOOD)
    sparse(tmp_path / "sparse-200-mb.txt", 200 * 1024**2)
    sparse(tmp_path / "sparse-10-gb.txt", 10 * 1024**3)
    with (tmp_path / "real-200-mb.txt").open("wb") as file:
        for _ in range(200):
            file.write(FLOOD.encode().ljust(1024, b".") * 1024)
    grown, outcomes = _grown_mb(tmp_path)
    (tmp_path / "real-200-mb.txt").unlink()
    assert outcomes.count(OVER) == 3
    assert grown < 10


def _filled(start: bytes, unit: bytes, end: bytes = b"", size: int = reading.MAX_BYTES) -> bytes:
    return start + unit * ((size - len(start) - len(end)) // len(unit)) + end


def test_files_under_the_limit_that_would_take_many_times_their_size_are_refused(tmp_path: Path) -> None:
    small = {"a.html": f"<p>{FLOOD * 5}</p>", "a.json": '{"text": "x"}', "a.eml": MAIL, "a.rss": RSS}
    for name, text in small.items():
        (tmp_path / name).write_text(text)
    header, mib = b"Subject: x\r\n\r\n", 1024**2
    dense = {
        "tags.html": (_filled(b"<p>", b"<b>a</b>", size=5 * mib), "tags, over the limit of 50,000"),
        "attributes.html": (_filled(b"<p ", b"a=b ", b">", size=5 * mib), "1,310,719 attributes"),
        "lists.json": (_filled(b"[[]", b",[]", b"]"), "more than 1,000,000 values"),
        "keys.json": (_filled(b'{"a":1', b',"aaaaa":1', b"}"), "more than 1,000,000 values"),
        "lists.jsonl": (_filled(b"[[]", b",[]", b"]"), "line 1 may hold more than 1,000,000 values"),
        "field.rss": (_filled(b"<rss><channel><item><title>", b"<b>a</b>"), "more than 50,000 tags"),
        "escaped.rss": (_filled(b"<rss><channel><item><title><![CDATA[", b"<b>a", b"]]></title>"), "fields has 5,2"),
        "cells.csv": (_filled(b"text\n", b","), "more than 1,000,000 cells"),
        "names.json": (b'{"%s": {"b": {%s}}}' % (b"a" * mib, b",".join(b'"%d":1' % n for n in range(900))), "no text"),
        "bomb.zip": (zipped({f"{n}.txt": b"a " * 9 * mib for n in range(4)}), "unpacks to more than"),
        "headers.warc": (_filled(b"WARC/1.0\r\n", b"a: b\r\n"), "headers of a record are longer than"),
        "full.zip": (zipped({f"{n}.txt": b"a " * 450_000 for n in range(60)}), "holds 60 articles"),
        "blanks.warc": (gzip.compress(b" " * 70 * mib), "headers of a record are longer than"),
        "lines.mhtml": (_filled(header, b"a\r\n", size=10 * mib), "more than 200,000 lines"),
        "lines.eml": (_filled(header, b"a\r\n", size=10 * mib), "more than 200,000 lines"),
        "parts.eml": (b'Content-Type: multipart/mixed; boundary="x"\n\n' + b"--x\n\na\n" * 2_001, "2,000 parts"),
        "body.eml": (
            _filled(b"Content-Type: text/html\n" + header, b"<b>a</b>", size=mib),
            "tags, over the limit of 50,000",
        ),
    }
    for name, (data, _) in dense.items():
        (tmp_path / name).write_bytes(data)
    grown, outcomes = _grown_mb(tmp_path)
    for name in dense:
        (tmp_path / name).unlink()
    found = dict(line.split(" ", 1) for line in outcomes.splitlines())
    assert {name: reason for name, (_, reason) in dense.items() if reason not in found[name]} == {}
    assert grown < 100
