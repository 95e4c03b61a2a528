"""Answers that are kept: given again to whoever got them, for so long and no longer; a file that fails breaks none."""

import asyncio
import hashlib
import json
import logging
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from fastapi.testclient import TestClient
from stub_model import service_of
from web_server import ASK, EVIL, KEY, OFF_TOPIC, SURE, client_of, until

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.answer_store.database import Database, Row
from qa.answer_store.store import FILE, MOST_WAITING, AnswerStore
from qa.models import Answer, Status
from qa.models.errors import AnswerNotFound
from qa.writing.writer import ExtractiveWriter

OTHER = "another key that is long"


@pytest.fixture
def folder(data_dir: Path, tmp_path: Path) -> Path:
    """A data folder of one's own."""
    return shutil.copytree(data_dir, tmp_path / "data", ignore=shutil.ignore_patterns(f"{FILE}*"))


@pytest.fixture
def client(folder: Path, embedder: MiniLM) -> Iterator[TestClient]:
    with client_of(_service(folder, embedder), folder) as client:
        yield client


def _service(folder: Path, embedder: MiniLM) -> Any:
    return service_of(folder, embedder, ExtractiveWriter(WordReader(sure=SURE)))


def _asked(client: TestClient, question: str = ASK, **options: Any) -> dict[str, Any]:
    reply = client.post("/v1/ask", json={"question": question}, **options)
    assert reply.status_code == 200
    return dict(reply.json())


def _abstention(identity: str, question: str = "q") -> Answer:
    return Answer(
        id=identity, question=question, status=Status.NOT_IN_ARTICLES, text="No.", model="m", snapshot="000001"
    )


@pytest.mark.parametrize("question", [ASK, OFF_TOPIC, "How many articles are there?"])
def test_an_answer_is_given_again_whole(client: TestClient, question: str) -> None:
    answer = _asked(client, question)
    kept = client.get(f"/v1/answers/{answer['id']}").json()
    assert kept["answer"] == answer
    times = [datetime.fromisoformat(kept[name]) for name in ("answered_at", "kept_until")]
    assert times[1] - times[0] == timedelta(hours=24)
    assert abs(times[0] - datetime.now(UTC)) < timedelta(minutes=5)


def test_streamed_answers_and_those_of_other_clients_are_kept_too(client: TestClient) -> None:
    stream = client.post("/v1/ask/stream", json={"question": ASK}).text
    done = json.loads(stream.split("event: done\ndata: ")[1].partition("\n")[0])["answer"]
    assert client.get(f"/v1/answers/{done['id']}").json()["answer"] == done
    message = {"messages": [{"role": "user", "content": ASK}]}
    said = client.post("/v1/chat/completions", json=message).json()
    assert client.get(f"/v1/answers/{said['answer_id']}").json()["answer"]["citations"] == said["citations"]
    chunks = client.post("/v1/chat/completions", json=message | {"stream": True}).text
    named = re.search('"answer_id": "([0-9a-f]+)"', chunks)
    assert named and client.get(f"/v1/answers/{named[1]}").status_code == 200


@pytest.mark.parametrize("path", ["/v1/answers/0123", "/v1/answers/%27%20OR%201=1", "/v1/answers/%F0%9F%8C%8A%00"])
def test_an_unknown_id_is_told_with_what_to_do(client: TestClient, path: str) -> None:
    refused = client.get(path)
    assert (refused.status_code, refused.json()["type"]) == (404, "/docs#answer-not-found")
    assert "older than 24 hours. Ask the question again." in refused.json()["detail"]
    page = client.get(path.removeprefix("/v1"))
    assert page.status_code == 404
    assert "Ask the question again." in page.text


def test_of_several_keys_each_reads_its_own_answers(folder: Path, embedder: MiniLM) -> None:
    named = f"desk:{hashlib.sha256(OTHER.encode()).hexdigest()}"
    heads = [{"Authorization": f"Bearer {key}"} for key in (KEY, OTHER)]
    with client_of(_service(folder, embedder), folder, api_key=KEY, api_keys=named) as client:
        ids = [_asked(client, headers=head)["id"] for head in heads]
        for place in ("/v1/answers", "/answers"):
            read = [[client.get(f"{place}/{one}", headers=head).status_code for one in ids] for head in heads]
            assert read == [[200, 404], [404, 200]]
            assert client.get(f"{place}/{ids[0]}").status_code == 401


def test_none_is_kept_where_that_is_said(folder: Path, embedder: MiniLM) -> None:
    with client_of(_service(folder, embedder), folder, keep_answers_h=0) as client:
        refused = client.get(f"/v1/answers/{_asked(client)['id']}")
    assert refused.status_code == 404
    assert "QA_KEEP_ANSWERS_H is 0" in refused.json()["detail"]
    assert not (folder / FILE).exists()


def test_what_was_kept_goes_once_none_is_to_be_kept(folder: Path, embedder: MiniLM) -> None:
    with client_of(_service(folder, embedder), folder) as client:
        identity = _asked(client)["id"]
        assert client.get(f"/v1/answers/{identity}").status_code == 200
    assert ASK.encode() in (folder / FILE).read_bytes()
    with client_of(_service(folder, embedder), folder, keep_answers_h=0):
        assert until(lambda: ASK.encode() not in (folder / FILE).read_bytes())


def test_the_file_is_for_its_owner_alone(client: TestClient, folder: Path) -> None:
    (folder / FILE).touch(0o644)
    client.get(f"/v1/answers/{_asked(client)['id']}")
    assert {path.stat().st_mode & 0o777 for path in folder.glob(f"{FILE}*")} == {0o600}


@pytest.mark.parametrize("fault", ["a folder is in its place", "it is no database"])
def test_a_file_that_fails_costs_a_line_and_no_answer(
    fault: str, folder: Path, embedder: MiniLM, caplog: pytest.LogCaptureFixture
) -> None:
    if fault == "a folder is in its place":
        (folder / FILE).mkdir()
    else:
        (folder / FILE).write_text("no database " * 1000)
    with client_of(_service(folder, embedder), folder) as client:
        answer = _asked(client)
        refused = client.get(f"/v1/answers/{answer['id']}")
        assert (refused.status_code, refused.json()["type"]) == (503, "/docs#answers-unavailable")
        assert client.get(f"/answers/{answer['id']}").status_code == 503
        _asked(client)
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 1 and str(folder / FILE) in said[0]
    assert ASK not in caplog.text


def test_a_lock_that_another_holds_costs_a_line_and_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = Database(tmp_path / FILE, busy_s=0.05)
    database.keep("other", "", Row(0.0, "{}"))

    async def kept() -> None:
        store = AnswerStore(database, hours=1)
        async with store.running():
            with closing(sqlite3.connect(tmp_path / FILE)) as other:
                other.execute("BEGIN IMMEDIATE")
                for identity in "ab":
                    store.keep(_abstention(identity), "")
                with pytest.raises(AnswerNotFound):
                    await store.answer("b", "")
            store.keep(_abstention("c"), "")
            assert (await store.answer("c", "")).answer.id == "c"

    asyncio.run(kept())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "database is locked" in caplog.text


def test_a_full_disk_costs_a_line_and_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Full(Database):
        def keep(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    async def kept() -> None:
        store = AnswerStore(Full(tmp_path / FILE), hours=1)
        async with store.running():
            for number in range(3):
                store.keep(_abstention(str(number)), "")
            with pytest.raises(AnswerNotFound):
                await store.answer("1", "")

    asyncio.run(kept())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "No space left on device" in caplog.text


def test_answers_are_gone_after_their_hours(tmp_path: Path) -> None:
    now = 1_000_000.0

    async def kept() -> None:
        nonlocal now
        store = AnswerStore(Database(tmp_path / FILE), hours=2, clock=lambda: now)
        async with store.running():
            store.keep(_abstention("a"), "")
            now += 7199
            assert (await store.answer("a", "")).answer.id == "a"
            now += 1
            with pytest.raises(AnswerNotFound, match="2 hours"):
                await store.answer("a", "")
        async with AnswerStore(Database(tmp_path / FILE), hours=2, clock=lambda: now).running():
            await asyncio.sleep(0)

    asyncio.run(kept())
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM answers").fetchone() == (0,)


def test_the_oldest_make_room(tmp_path: Path) -> None:
    database = Database(tmp_path / FILE, most_answers=3, most_bytes=100)
    for at in range(5):
        database.keep(str(at), "", Row(at, "x" * 20))
    assert [at for at in range(5) if database.read(str(at), "", -1.0)] == [2, 3, 4]
    database.keep("5", "", Row(5.0, "x" * 70))
    assert [at for at in range(6) if database.read(str(at), "", -1.0)] == [4, 5]


def test_no_more_wait_to_be_written_than_memory_has_room_for(tmp_path: Path) -> None:
    async def kept() -> None:
        released = asyncio.Event()
        loop = asyncio.get_running_loop()

        class Slow(Database):
            def keep(self, identity: str, asker: str, row: Row) -> None:
                asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
                super().keep(identity, asker, row)

        store = AnswerStore(Slow(tmp_path / FILE), hours=1)
        async with store.running():
            for number in range(MOST_WAITING + 1):
                store.keep(_abstention(str(number)), "")
            released.set()
            assert (await store.answer(str(MOST_WAITING - 1), "")).answer.text == "No."
            with pytest.raises(AnswerNotFound):
                await store.answer(str(MOST_WAITING), "")

    asyncio.run(kept())


def test_an_answer_has_a_page_whose_sources_lead_into_the_articles(client: TestClient) -> None:
    answer = _asked(client)
    page = client.get(f"/answers/{answer['id']}")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for citation in answer["citations"]:
        link = f'../articles/{citation["path"]}#{citation["start"]}-{citation["end"]}"'
        assert link in page.text
        assert client.get(f"/articles/{citation['path']}").status_code == 200
        assert f'<a class="cite" href="#cite-{citation["marker"]}">[{citation["marker"]}]</a>' in page.text
    assert "has changed since" not in page.text
    nothing = client.get(f"/answers/{_asked(client, OFF_TOPIC)['id']}").text
    assert "Nothing in the articles answers" in nothing and "<h2>" not in nothing


def test_the_page_shows_all_text_as_text_and_says_what_has_changed(embedder: MiniLM, tmp_path: Path) -> None:
    corpus, folder = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    name = "<b>dam #1.txt"
    (corpus / name).write_text(f"The dam {EVIL}\n\nThe dam at Millbrook cost $4 million, {EVIL} officials said.\n")
    sync(corpus, DataFolder(folder), embedder)
    with client_of(service_of(folder, embedder, ExtractiveWriter(WordReader())), folder) as client:
        answer = _asked(client, f"What did the dam at Millbrook cost? {EVIL}"[:400])
        assert answer["citations"]
        page = client.get(f"/answers/{answer['id']}").text
        assert "%3Cb%3Edam%20%231.txt#" in page
        for tag in ("<img", "<iframe", "<form", "<input", "<b>"):
            assert tag not in page
        assert len(re.findall("<script", page)) == len(re.findall("<style", page)) == 1  # its own
        (corpus / name).write_text("The dam\n\nAll of it is other text now, and has nothing of what stood here.\n")
        sync(corpus, DataFolder(folder), embedder)
        assert "The article has changed since" in client.get(f"/answers/{answer['id']}").text
        (corpus / name).rename(corpus / "other.txt")
        sync(corpus, DataFolder(folder), embedder)
        assert "The article has been taken out since" in client.get(f"/answers/{answer['id']}").text
