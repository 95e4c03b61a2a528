import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.embedding.embedders import MiniLM
from index.errors import EmbedderMismatch, NoSnapshot, SnapshotBroken
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder, Snapshot


@pytest.fixture
def data(data_dir: Path, tmp_path: Path) -> DataFolder:
    """A data folder of its own, so that more can be published."""
    return DataFolder(shutil.copytree(data_dir, tmp_path / "data"))


def _publish_next(data: DataFolder) -> None:
    with data.staging() as staged:
        shutil.copytree(data.require_current(), staged, dirs_exist_ok=True)
        data.publish(staged, data.next_name())


def _is_open(snapshot: Snapshot) -> bool:
    try:
        snapshot.catalog.counts()
    except sqlite3.ProgrammingError:
        return False
    return True


def test_the_snapshot_stays_open_between_uses_until_the_reader_is_closed(data: DataFolder) -> None:
    reader = SnapshotReader(data, MiniLM.id)
    with reader.use() as first:
        assert first.catalog.counts()[0] == 5
    with reader.use() as second:
        assert second is first
    assert _is_open(first)
    reader.close()
    assert not _is_open(first)


def test_a_new_snapshot_is_followed_and_the_old_one_closes_after_its_last_user(data: DataFolder) -> None:
    reader = SnapshotReader(data, MiniLM.id)
    with reader.use() as old, reader.use() as old_again:
        _publish_next(data)
        with reader.use() as new:
            assert (old.name, old_again.name, new.name) == ("000001", "000001", "000002")
        assert _is_open(old)
        assert old.vectors.count() == new.vectors.count() == 20
    assert not _is_open(old)
    assert _is_open(new)
    reader.close()


def test_a_snapshot_that_another_thread_replaces_while_it_is_checked_is_still_given(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = SnapshotReader(data, MiniLM.id)
    with reader.use() as first:
        wait = first.check.wait

    def replaced_meanwhile(part: str, *, whole: bool = False) -> None:
        wait(part, whole=whole)
        _publish_next(data)
        with reader.use() as new:
            assert new.name == "000002"

    monkeypatch.setattr(first.check, "wait", replaced_meanwhile)
    with reader.use_checked() as snapshot:
        assert snapshot is first and _is_open(first)
    assert not _is_open(first)
    reader.close()


def test_a_closed_reader_lets_its_users_finish(data: DataFolder) -> None:
    reader = SnapshotReader(data, MiniLM.id)
    with reader.use() as snapshot:
        reader.close()
        assert _is_open(snapshot)
    assert not _is_open(snapshot)


def test_the_snapshot_is_let_go_when_its_user_fails(data: DataFolder) -> None:
    reader = SnapshotReader(data, MiniLM.id)

    def fail() -> Snapshot:
        with reader.use() as snapshot:
            seen.append(snapshot)
            raise RuntimeError("stopped")

    seen: list[Snapshot] = []
    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    reader.close()
    assert not _is_open(seen[0])


def test_many_threads_read_while_snapshots_change_and_none_is_left_open(data: DataFolder) -> None:
    reader = SnapshotReader(data, MiniLM.id)
    seen: set[Snapshot] = set()
    published = threading.Event()

    def ask(_: int) -> int:
        with reader.use() as snapshot:
            seen.add(snapshot)
            published.wait(0.002)
            return snapshot.catalog.counts()[1] + snapshot.lexical.count()

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(ask, at) for at in range(200)]
        _publish_next(data)
        published.set()
        answers += [pool.submit(ask, at) for at in range(50)]
        assert {answer.result() for answer in answers} == {40}
    assert {snapshot.name for snapshot in seen} == {"000001", "000002"}
    reader.close()
    assert not any(_is_open(snapshot) for snapshot in seen)


def test_another_embedder_is_refused_with_the_command(data: DataFolder) -> None:
    reader = SnapshotReader(data, "litellm:openai/other")
    with pytest.raises(EmbedderMismatch, match=r"minilm-l6.*litellm:openai/other.*newsdesk index"), reader.use():
        pass
    reader.close()


def test_nothing_indexed_yet_is_said_and_the_first_snapshot_is_then_found(data: DataFolder, tmp_path: Path) -> None:
    late = DataFolder(tmp_path / "late")
    reader = SnapshotReader(late, MiniLM.id)
    with pytest.raises(NoSnapshot, match="newsdesk index"), reader.use():
        pass
    shutil.copytree(data.root, late.root)
    with reader.use() as snapshot:
        assert snapshot.name == "000001"
    reader.close()


def test_where_the_new_snapshot_is_broken_the_one_before_serves_with_a_note_until_it_is_whole_again(
    data: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    reader = SnapshotReader(data, MiniLM.id)
    with reader.use() as good:
        assert good.notes == ()
    _publish_next(data)
    manifest = data.require_current() / "manifest.json"
    content = manifest.read_bytes()
    manifest.write_bytes(b"{")
    for _ in range(2):
        with reader.use() as before:
            assert (before.name, len(before.notes)) == ("000001", 1)
            assert "newsdesk doctor --repair" in before.notes[0] and "000001" in before.notes[0]
    assert len([record for record in caplog.records if "000001 is used in its place" in record.message]) == 1
    manifest.write_bytes(content)
    with reader.use() as next_one:
        assert (next_one.name, next_one.notes) == ("000002", ())
    reader.close()


def test_without_a_whole_snapshot_the_damage_is_reported(data: DataFolder) -> None:
    (data.require_current() / "lexical" / "meta.json").write_bytes(b"{}")
    reader = SnapshotReader(data, MiniLM.id)
    for _ in range(2):
        with pytest.raises(SnapshotBroken, match=r"lexical/meta\.json.*newsdesk index"), reader.use():
            pass
    reader.close()


def test_a_snapshot_whose_reader_finds_it_damaged_is_used_no_more(data: DataFolder) -> None:
    _publish_next(data)
    reader = SnapshotReader(data, MiniLM.id)
    with pytest.raises(SnapshotBroken, match="a row"), reader.use() as damaged:
        raise SnapshotBroken("a row is not as it was written")
    assert damaged.name == "000002"
    with reader.use() as before:
        assert before.name == "000001"
    reader.close()


def test_a_file_that_is_altered_while_it_is_in_use_is_noticed_at_the_next_use(data: DataFolder) -> None:
    _publish_next(data)
    reader = SnapshotReader(data, MiniLM.id)
    with reader.use() as new:
        assert new.name == "000002"
    file = data.require_current() / "catalog.sqlite"
    altered = bytearray(file.read_bytes())
    altered[-100] ^= 1
    file.write_bytes(altered)
    with reader.use() as before:
        assert before.name == "000001"
    reader.close()


@pytest.mark.parametrize("content", [None, b"", b"\xff\x00", b"../other", b"000009"])
def test_where_it_is_not_known_which_snapshot_is_in_use_the_newest_whole_one_is(
    data: DataFolder, content: bytes | None
) -> None:
    current = data.root / "CURRENT"
    current.unlink() if content is None else current.write_bytes(content)
    reader = SnapshotReader(data, MiniLM.id)
    with reader.use() as snapshot:
        assert snapshot.name == "000001" and snapshot.notes
    reader.close()


class SlowToOpen(DataFolder):
    """A data folder whose next snapshot opens only once it is let go."""

    let_go: threading.Event
    opening: threading.Event
    gave_up = False

    def open(self, folder: Path) -> Snapshot:
        self.opening.set()
        self.gave_up = not self.let_go.wait(60)
        return super().open(folder)


def test_who_leaves_does_not_wait_for_a_snapshot_that_is_slow_to_open(data: DataFolder) -> None:
    slow = SlowToOpen(data.root)
    slow.let_go, slow.opening = threading.Event(), threading.Event()
    slow.let_go.set()
    reader = SnapshotReader(slow, MiniLM.id)

    def opens() -> None:
        with reader.use():
            pass

    with reader.use() as old:
        slow.let_go.clear()
        slow.opening.clear()
        _publish_next(data)
        opening = threading.Thread(target=opens)
        opening.start()
        assert slow.opening.wait(60)
        with reader.use(old):
            pass
    slow.let_go.set()
    opening.join()
    assert not slow.gave_up
    assert not _is_open(old)
    reader.close()


def test_a_reader_closed_while_a_snapshot_opens_leaves_none_open(data: DataFolder) -> None:
    class ClosedMeanwhile(DataFolder):
        def open(self, folder: Path) -> Snapshot:
            reader.close()
            return super().open(folder)

    reader = SnapshotReader(ClosedMeanwhile(data.root), MiniLM.id)
    seen: list[Snapshot] = []
    with reader.use() as snapshot:
        seen.append(snapshot)
    assert not _is_open(seen[0])
