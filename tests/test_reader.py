import shutil
import sqlite3
import threading
import time
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


def test_a_broken_new_snapshot_is_reported_and_the_next_good_one_is_used(data: DataFolder) -> None:
    reader = SnapshotReader(data, MiniLM.id)
    with reader.use() as good:
        _publish_next(data)
        manifest = data.require_current() / "manifest.json"
        content = manifest.read_bytes()
        manifest.write_bytes(b"{")
        with pytest.raises(SnapshotBroken, match="newsdesk index"), reader.use():
            pass
        assert _is_open(good)
    manifest.write_bytes(content)
    with reader.use() as next_one:
        assert next_one.name == "000002"
    reader.close()


class SlowToOpen(DataFolder):
    """A data folder that answers so often, and then only once it is let go."""

    answers: int
    let_go: threading.Event
    gave_up = False

    def require_current(self) -> Path:
        self.answers -= 1
        if self.answers < 0:
            self.gave_up = not self.let_go.wait(60)
        return super().require_current()


def test_who_leaves_does_not_wait_for_a_snapshot_that_is_slow_to_open(data: DataFolder) -> None:
    slow = SlowToOpen(data.root)
    slow.answers, slow.let_go = 10, threading.Event()
    reader = SnapshotReader(slow, MiniLM.id)

    def opens() -> None:
        with reader.use():
            pass

    with reader.use() as old:
        _publish_next(data)
        slow.answers = 1
        opening = threading.Thread(target=opens)
        opening.start()
        while slow.answers >= 0:
            time.sleep(0.01)
        with reader.use(old):
            pass
    slow.let_go.set()
    opening.join()
    assert not slow.gave_up
    assert not _is_open(old)
    reader.close()


def test_a_reader_closed_while_a_snapshot_opens_leaves_none_open(data: DataFolder) -> None:
    class ClosedMeanwhile(DataFolder):
        asked = 0

        def require_current(self) -> Path:
            self.asked += 1
            if self.asked == 3:
                reader.close()
            return super().require_current()

    reader = SnapshotReader(ClosedMeanwhile(data.root), MiniLM.id)
    seen: list[Snapshot] = []
    with reader.use() as snapshot:
        seen.append(snapshot)
    assert not _is_open(seen[0])
