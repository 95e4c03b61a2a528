"""What who runs the index relies on at the shell: doctor, archives, keys, rights, and a full disk."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from altered_files import altered, copied, outcome
from conftest import WordEmbedder
from format_files import FLOOD, FUEL, zipped
from test_damage import NOW, QUESTION, two_snapshots

from index.errors import DiskFull, IndexingError, SnapshotBroken
from index.store.catalog import Catalog
from index.store.damage.disk import full_disk_told
from index.store.files import read_manifest, write_manifest
from index.store.snapshots import DataFolder
from index.sync.archive import export, import_
from index.sync.syncing import sync
from qa.cli import main
from qa.settings import Settings
from qa.shell.doctor import Finding, examine, repair_all

SIZES_MB = [1.5] if not os.environ.get("DAMAGE_FLIPS") else [0.5 * number for number in range(1, 21)]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, word_embedder: WordEmbedder) -> DataFolder:
    """Two small snapshots; only to be copied."""
    return two_snapshots(tmp_path_factory.mktemp("operating"), word_embedder)


@pytest.fixture
def data(indexed: DataFolder, tmp_path: Path) -> DataFolder:
    return copied(indexed, tmp_path / "data")


@pytest.fixture
def seeded(data_dir: Path, tmp_path: Path, seed_folder: Path) -> Settings:
    """The settings of an index of the seeds, with a corpus of its own."""
    corpus = shutil.copytree(seed_folder, tmp_path / "corpus", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return Settings(data_dir=shutil.copytree(data_dir, tmp_path / "data"), corpus=corpus)


def _wrong(findings: list[Finding]) -> set[str]:
    return {finding.what.partition(" ")[0] for finding in findings if not finding.is_well}


def _damage_catalog(settings: Settings) -> None:
    altered(DataFolder(settings.data_dir).require_current() / "catalog.sqlite", b"")


def _forget_pointer(settings: Settings) -> None:
    (settings.data_dir / "CURRENT").unlink()


def _edit(settings: Settings) -> None:
    assert settings.corpus
    (settings.corpus / "new.txt").write_text("The bridge at Ostby was closed on Monday for a week.")
    first = next(file for file in sorted(settings.corpus.glob("0*.txt")))
    first.write_text(first.read_text() + "\nOne more sentence stands here now.\n")


def _open_to_all(settings: Settings) -> None:
    settings.data_dir.chmod(0o755)


def _leave_a_note(settings: Settings) -> None:
    (settings.data_dir / "writer.json").write_text('{"pid": 1, "host": "here", "since": "2024"}')


def _leave_half(settings: Settings) -> None:
    (settings.data_dir / "snapshots" / ".staging-x").mkdir(mode=0o700)


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (_damage_catalog, "snapshot"),
        (_forget_pointer, "index"),
        (_edit, "articles"),
        (_open_to_all, "rights"),
        (_leave_a_note, "lock"),
        (_leave_half, "orphans"),
    ],
)
def test_doctor_finds_what_is_amiss_and_repairs_it(
    seeded: Settings, harm: Callable[[Settings], None], what: str
) -> None:
    harm(seeded)
    found = examine(seeded)
    assert what in _wrong(found)
    assert all(finding.repair for finding in found if not finding.is_well)
    assert _wrong(repair_all(seeded, found)) == set()


def test_doctor_reads_records_by_the_names_of_their_fields_when_it_indexes_again(seeded: Settings) -> None:
    assert seeded.corpus
    record = {"body_nitf": "The bridge at Ostby was closed on Monday for a week, the council said."}
    (seeded.corpus / "wire.json").write_text(json.dumps([record]))
    settings = seeded.model_copy(update={"fields": {"text": "body_nitf"}})
    assert _wrong(repair_all(settings, examine(settings))) == set()
    with closing(Catalog(DataFolder(settings.data_dir).require_current() / "catalog.sqlite")) as catalog:
        assert any(path.startswith("wire.json") for path in catalog.paths())


def test_doctor_finds_nothing_new_in_an_archive_with_folders_that_is_indexed(
    tmp_path: Path, word_embedder: WordEmbedder
) -> None:
    settings = Settings(data_dir=tmp_path / "data", corpus=tmp_path / "corpus")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.zip").write_bytes(zipped({"folder/one.txt": FLOOD, "folder/deep/two.txt": FUEL}))
    sync(tmp_path / "corpus", DataFolder(tmp_path / "data"), word_embedder)
    assert "articles" not in _wrong(examine(settings))


def test_doctor_names_another_embedder_and_a_model_that_does_not_answer(seeded: Settings) -> None:
    other = seeded.model_copy(
        update={"model": "openai/none", "api_base": "http://127.0.0.1:9/v1", "embedder": "openai/other"}
    )
    assert {"embedder", "model"} <= _wrong(examine(other))


def test_doctor_finds_vectors_that_are_lost_a_full_disk_and_other_libraries(
    seeded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataFolder(seeded.data_dir).require_current()
    write_manifest(folder, read_manifest(folder).model_copy(update={"canaries": ("f" * 16,)}))
    monkeypatch.setattr("qa.shell.doctor._MIN_FREE", 1 << 60)
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0.0.1")
    found = examine(seeded)
    assert {"vectors", "disk", "libraries"} <= _wrong(found)
    assert all(finding.repair for finding in found if not finding.is_well)


def test_doctor_ends_with_1_where_something_is_amiss_and_prints_json(
    seeded: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_DATA_DIR", str(seeded.data_dir))
    monkeypatch.setenv("QA_CORPUS", str(seeded.corpus))
    _leave_half(seeded)
    assert _ran(monkeypatch, "doctor", "--json") == 1
    rows = json.loads(capsys.readouterr().out)
    assert [row["what"] for row in rows if not row["is_well"]] == ["orphans"]
    assert _ran(monkeypatch, "doctor", "--repair") == 0
    assert "WRONG" not in capsys.readouterr().out


def _ran(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["newsdesk", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_where_no_snapshot_is_whole_the_exit_code_is_4(
    seeded: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_DATA_DIR", str(seeded.data_dir))
    _damage_catalog(seeded)
    for command in (["ask", "What is asked?"], ["status"], ["serve"]):
        assert _ran(monkeypatch, *command) == 4
        assert "Run: newsdesk index" in capsys.readouterr().err


def test_a_key_is_made_with_the_digest_that_the_setting_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _ran(monkeypatch, "key", "new", "desk") == 0
    key, pair = (line.split()[1] for line in capsys.readouterr().out.splitlines())
    monkeypatch.setenv("QA_API_KEYS", pair)
    assert set(Settings().api_keys or {}) == {"desk"} and len(key) >= 40 and key not in pair
    assert _ran(monkeypatch, "key", "new", "a b") == 2


def test_an_archive_of_a_snapshot_becomes_the_snapshot_in_use_elsewhere(data: DataFolder, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.tar"
    assert export(data, file) == "000002"
    elsewhere = DataFolder(tmp_path / "elsewhere")
    assert import_(elsewhere, file) == "000001"
    assert outcome(elsewhere, QUESTION)["quotes"] == [NOW]
    with pytest.raises(IndexingError, match="there already"):
        export(data, file)


def _with(file: Path, member: tarfile.TarInfo, *, first: bool = False) -> None:
    """Put one more member into an archive."""
    with tarfile.open(file) as old:
        kept = [(one, _content(old, one)) for one in old]
    with tarfile.open(file, "w") as new:
        members = [(member, b"")] if first else []
        for one, content in [*members, *kept, *([] if first else [(member, b"")])]:
            new.addfile(one, BytesIO(content))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    return content.read() if content else b""


def _link(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return member


@pytest.mark.parametrize("name", ["../out", "/out", "lexical/../../out", "lexical/other", "catalog.sqlite"])
@pytest.mark.parametrize("make", [tarfile.TarInfo, _link])
def test_an_archive_with_what_its_manifest_does_not_name_is_refused(
    data: DataFolder, tmp_path: Path, name: str, make: Callable[[str], tarfile.TarInfo]
) -> None:
    file = tmp_path / "snapshot.tar"
    export(data, file)
    _with(file, make(name))
    with pytest.raises(IndexingError, match="does not name"):
        import_(data, file)
    assert data.require_current().name == "000002"
    assert not (tmp_path / "out").exists() and not list(data.snapshots.glob(".staging-*"))


def test_an_archive_that_was_altered_or_is_none_is_refused(data: DataFolder, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.tar"
    export(data, file)
    content = bytearray(file.read_bytes())
    for at in range(600, len(content), len(content) // 4):
        altered(file, bytes(content[:at]) + bytes([content[at] ^ 0x01]) + bytes(content[at + 1 :]))
        try:
            import_(data, file)
        except (IndexingError, SnapshotBroken):
            continue
        assert outcome(data, QUESTION)["quotes"] == [NOW]  # it was a byte that fills a block
    for odd in (b"", b"no archive", bytes(content[: len(content) // 2])):
        altered(file, odd)
        with pytest.raises(IndexingError):
            import_(data, file)


def test_the_group_may_read_an_index_and_others_may_not(indexed: DataFolder) -> None:
    modes = {path.stat().st_mode & 0o777 for path in indexed.snapshots.rglob("*") if path.is_file()}
    assert modes == {0o640}
    assert indexed.root.stat().st_mode & 0o777 == 0o750
    assert {path.stat().st_mode & 0o777 for path in indexed.snapshots.rglob("*") if path.is_dir()} == {0o750}


def test_an_error_on_a_disk_without_room_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match=r"is full.*newsdesk index"), full_disk_told(tmp_path):
        raise OSError(28, "No space left on device")
    with pytest.raises(ValueError, match="other"), full_disk_told(tmp_path):
        raise ValueError("other")


ON_A_SMALL_DISK = """
mount -t tmpfs -o size={size}k none {disk} || exit 99
cp -r {data} {disk}/data || exit 0
cd {root}
QA_DATA_DIR={disk}/data {python} -m qa.cli index {corpus} >{out} 2>&1
echo "index $?" >>{out}
QA_DATA_DIR={disk}/data {python} -m qa.cli ask "{question}" >>{out} 2>&1
echo "ask $?" >>{out}
"""


def test_a_full_disk_costs_the_sync_and_no_question(seeded: Settings, tmp_path: Path, embedder: WordEmbedder) -> None:
    assert seeded.corpus
    (seeded.corpus / "dam.txt").write_text(NOW)
    sync(seeded.corpus, DataFolder(seeded.data_dir), embedder)
    held = sum(file.stat().st_size for file in seeded.data_dir.rglob("*")) // 1024
    for number in range(150):
        (seeded.corpus / f"more{number}.txt").write_text(f"Bridge {number} over the Tarn was opened. " * 40)
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    root, full = Path(__file__).parent.parent, 0
    for size in SIZES_MB:
        script = ON_A_SMALL_DISK.format(
            size=held + int(1024 * size) // 2,
            disk=disk,
            data=seeded.data_dir,
            corpus=seeded.corpus,
            python=sys.executable,
            question=QUESTION,
            out=out,
            root=root,
        )
        out.write_text("")
        done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True)
        if done.returncode in (1, 99):
            why = "A small disk cannot be mounted here, so a full one was not tried: run the tests as root"
            raise pytest.skip.Exception(why)
        said = out.read_text()
        assert "Traceback" not in said, said
        assert ("index 74" in said and "is full" in said) or "index 0" in said, (size, said)
        assert "ask 0" in said and "52 million" in said, (size, said)
        full += "index 74" in said
    assert full
