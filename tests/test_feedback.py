"""What readers say of answers: kept with the answer for longer than it, and written out as drafts of cases."""

import asyncio
import hashlib
import json
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from fastapi.testclient import TestClient
from stub_model import service_of
from test_cli import newsdesk
from web_server import ASK, KEY, OFF_TOPIC, SURE, client_of

from evals.feedback import candidates
from evals.known.accepting import shown
from evals.known.articles import articles_in
from evals.known.cases import Case, Kind
from evals.known.checking import problems
from evals.known.files import read_cases
from index.embedding.embedders import MiniLM
from qa.answer_store.database import MOST_FEEDBACK, Database
from qa.answer_store.records import Feedback
from qa.answer_store.store import FILE, AnswerStore
from qa.collection.kinds import KindClassifier
from qa.collection.listing import Collection
from qa.models import Answer, Status
from qa.models.errors import AnswerNotFound, AnswersUnavailable
from qa.process import Exit
from qa.writing.writer import ExtractiveWriter

POLICE = "How much will go into new police stations?"
NAMED = "a named key that is long"


@pytest.fixture
def folder(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of one's own, which the command uses too."""
    folder = shutil.copytree(data_dir, tmp_path / "data", ignore=shutil.ignore_patterns(f"{FILE}*"))
    monkeypatch.setenv("QA_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def client(folder: Path, embedder: MiniLM) -> Iterator[TestClient]:
    with client_of(service_of(folder, embedder, ExtractiveWriter(WordReader(sure=SURE))), folder) as client:
        yield client


def _asked(client: TestClient, question: str = ASK, **options: Any) -> str:
    return str(client.post("/v1/ask", json={"question": question}, **options).json()["id"])


def _say(client: TestClient, identity: str, kind: str, **said: Any) -> int:
    return client.post(f"/v1/answers/{identity}/feedback", json={"kind": kind} | said).status_code


def _kept(folder: Path) -> list[Feedback]:
    return [Feedback.model_validate_json(row) for row in Database(folder / FILE).feedback()]


def _run(*arguments: str) -> tuple[int, str, str]:
    done = newsdesk("feedback", *arguments)
    return done.returncode, done.stdout, done.stderr


def test_what_is_said_is_kept_with_the_answer_and_its_citations(client: TestClient, folder: Path) -> None:
    identity = _asked(client)
    answer = Answer.model_validate(client.get(f"/v1/answers/{identity}").json()["answer"])
    assert _say(client, identity, "wrong_fact", text=" It was 5. ", earlier=["Who is it about?"]) == 204
    assert _say(client, identity, "good") == 204
    assert _say(client, identity, "wrong_fact", text="It was 6.") == 204  # in place of the first
    kept = {one.kind: one for one in _kept(folder)}
    assert {kind: (one.text, one.earlier) for kind, one in kept.items()} == {
        "good": ("", ()),
        "wrong_fact": ("It was 6.", ()),
    }
    for one in kept.values():
        assert one.answer == answer.model_copy(update={"hits": (), "articles": ()})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "bad"}, 422),
        ({}, 422),
        ({"kind": "good", "text": "x" * 2001}, 422),
        ({"kind": "good", "text": "\ud800"}, 422),
        ({"kind": "good", "earlier": ["q"] * 21}, 422),
        ({"kind": "good", "earlier": [" "]}, 422),
        ({"kind": "good", "stars": 5}, 422),
        ({"kind": "good", "text": "x" * 2000}, 204),
    ],
)
def test_only_what_is_asked_for_is_taken(client: TestClient, folder: Path, body: dict[str, Any], status: int) -> None:
    content, head = json.dumps(body).encode(), {"Content-Type": "application/json"}
    reply = client.post(f"/v1/answers/{_asked(client)}/feedback", content=content, headers=head)
    assert reply.status_code == status
    assert len(_kept(folder)) == (status == 204)


def test_only_who_got_an_answer_can_say_something_of_it(folder: Path, embedder: MiniLM) -> None:
    service = service_of(folder, embedder, ExtractiveWriter(WordReader()))
    named = f"desk:{hashlib.sha256(NAMED.encode()).hexdigest()}"
    mine, other = ({"X-API-Key": key} for key in (KEY, NAMED))
    with client_of(service, folder, api_key=KEY, api_keys=named) as client:
        identity = _asked(client, headers=mine)
        place = f"/v1/answers/{identity}/feedback"
        statuses = [client.post(place, json={"kind": "good"}, headers=head).status_code for head in ({}, other, mine)]
        assert statuses == [401, 404, 204]
        refused = client.post("/v1/answers/nothing/feedback", json={"kind": "good"}, headers=mine)
        assert refused.json()["type"] == "/docs#answer-not-found"


def test_it_outlives_the_answer_and_is_never_logged(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    now = 1_000_000.0
    database = Database(tmp_path / FILE)

    async def said() -> None:
        nonlocal now
        store = AnswerStore(database, hours=1, clock=lambda: now)
        store.keep(_abstention("who asked this"), "")
        await store.add_feedback("a", "", "missing", "what I said")
        now += 3600
        async with store.running():
            with pytest.raises(AnswerNotFound):
                await store.add_feedback("a", "", "good")

    with caplog.at_level(logging.DEBUG):
        asyncio.run(said())
    assert [Feedback.model_validate_json(row).text for row in database.feedback()] == ["what I said"]
    assert "what I said" not in caplog.text and "who asked this" not in caplog.text


def test_no_more_is_taken_than_there_is_room_for(tmp_path: Path) -> None:
    database = Database(tmp_path / FILE)

    async def said() -> None:
        store = AnswerStore(database, hours=1)
        store.keep(_abstention("q"), "")
        await store.add_feedback("a", "", "good")
        with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
            rows = ((str(number), "good", 0.0, "{}") for number in range(MOST_FEEDBACK - 1))
            connection.executemany("INSERT INTO feedback VALUES (?, ?, ?, ?)", rows)
        await store.add_feedback("a", "", "good", "again")
        with pytest.raises(AnswersUnavailable, match="newsdesk feedback export"):
            await store.add_feedback("a", "", "missing")

    asyncio.run(said())
    assert database.clear_feedback() == MOST_FEEDBACK


def test_feedback_becomes_sound_drafts(client: TestClient, seed_folder: Path, tmp_path: Path) -> None:
    for question, kind in ((ASK, "good"), (POLICE, "wrong_source"), (OFF_TOPIC, "good")):
        assert _say(client, _asked(client, question), kind, text="as I read it") == 204
    output = tmp_path / "drafts.jsonl"
    code, out, _ = _run("export", "--output", str(output))
    assert (code, out.split()[:3]) == (0, ["Wrote", "3", "drafts"])
    written = read_cases(output)
    assert problems(written, articles_in(seed_folder)) == []
    cases = {one.case.question: one.case for one in written}
    assert all(case.draft and "as I read it" in (case.note or "") for case in cases.values())
    assert cases[OFF_TOPIC].kind is Kind.NEAR_MISS
    assert cases[POLICE].kind is Kind.NUMBER and cases[POLICE].evidence
    assert "wrong_source" in shown(cases[POLICE])
    code, out, _ = _run("export")
    assert [json.loads(line)["id"] for line in out.splitlines()] == [one.case.id for one in written]
    code, _, err = _run("export", "--output", str(output))
    assert code == Exit.FAILED and "is there already" in err


def test_a_question_makes_one_draft_whose_evidence_is_that_of_a_good_answer(client: TestClient, folder: Path) -> None:
    good = _asked(client, POLICE)
    _say(client, good, "good")
    _say(client, _asked(client, f"  {POLICE.lower()}"), "missing", text="by when?")
    _say(client, _asked(client, POLICE), "good", earlier=["Who pays for it?"])
    drafts = candidates(_kept(folder))
    assert [(draft.kind, draft.earlier) for draft in drafts] == [
        (Kind.NUMBER, ()),
        (Kind.FOLLOW_UP, ("Who pays for it?",)),
    ]
    assert drafts[0].id == f"feedback-{good[:12]}"
    assert "missing" in (drafts[0].note or "") and "“by when?”" in (drafts[0].note or "")


def test_what_answers_about_the_collection_is_a_draft_of_that_kind(folder: Path, embedder: MiniLM) -> None:
    writer = ExtractiveWriter(WordReader())
    service = service_of(folder, embedder, writer, collection=Collection(KindClassifier(embedder)))
    with client_of(service, folder) as client:
        _say(client, _asked(client, "What is the newest article?"), "good")
    (draft,) = candidates(_kept(folder))
    assert (draft.kind, len(draft.evidence)) == (Kind.COLLECTION, 1)
    assert Case.model_validate(draft.model_dump()) == draft


def test_there_may_be_none_and_it_can_be_deleted(client: TestClient, folder: Path) -> None:
    assert _run("export") == (0, "", "There is no feedback.\n")
    assert _run("clear")[:2] == (0, "Deleted 0 verdicts.\n")
    _say(client, _asked(client), "good")
    with Database(folder / FILE)._transaction() as connection:
        connection.execute("""INSERT INTO feedback VALUES ('x', 'good', 0, '{"of": "a later version"}')""")
    code, out, err = _run("export")
    assert (code, len(out.splitlines())) == (0, 1)
    assert "1 verdicts are left out" in err
    assert _run("clear")[1] == "Deleted 2 verdicts.\n"
    assert ASK.encode() not in b"".join(json.dumps(one).encode() for one in Database(folder / FILE).feedback())
    (folder / FILE).write_text("no database " * 1000)
    code, _, err = _run("export")
    assert code == Exit.FAILED and "file is not a database" in err


def _abstention(question: str) -> Answer:
    said = {"id": "a", "question": question, "text": "No.", "model": "m", "snapshot": "000001"}
    return Answer(status=Status.NOT_IN_ARTICLES, **said)


def test_feedback_is_dated(client: TestClient, folder: Path) -> None:
    _say(client, _asked(client), "good")
    assert abs((datetime.now(UTC) - _kept(folder)[0].given_at).total_seconds()) < 300
