"""Search by outlet, time and story, through the service; and its faces, the shell and GET /v1/search."""

import asyncio
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import WordEmbedder, WordReader
from fastapi.testclient import TestClient
from stub_model import service_of
from test_cli import fails, newsdesk
from web_server import ASK, client_of

from index.embedding.embedders import MiniLM
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.checking.grounding import Grounder
from qa.models import Hit, SearchResult
from qa.reader.reading import Reader, Reading, TermStatistics
from qa.retrieval.retriever import Retriever
from qa.service import QAService
from qa.writing.writer import ExtractiveWriter

TODAY = date(2024, 5, 15)
Search = Callable[[str], SearchResult]
NEWS = {
    "coast-old.txt": "Harbour plan\nAda Berg | Coast Times | 2024-03-02\n\nThe mayor said the harbour wall will cost "
    "four million crowns, and the harbour council agreed to the harbour plan.\n",
    "coast-new.txt": "Harbour price rises\nAda Berg | Coast Times | 2024-05-08\n\nThe mayor said the harbour wall will "
    "now cost six million crowns, more than the harbour council had agreed.\n",
    "hill.txt": "Hill farmers on the wall\nBo Lind | Hill Post | 2024-05-09\n\nFarmers said the money for the wall at "
    "the coast should mend hill roads first.\n",
    "taxes.txt": "Taxes\nBo Lind | Hill Post | 2024-05-10\n\nTaxes on fuel will rise in spring, the treasury said.\n",
}


class Knowing(WordReader):
    """A fake reader that is sure where a sentence holds a word, and else is not."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word = word

    def rank(self, question: str, hits: Sequence[Hit], words: TermStatistics) -> Reading:
        found = super().rank(question, hits, words)
        return replace(found, probability=float(any(self._word in one.text for one in found.sentences)))


def _service(tmp_path: Path, news: dict[str, str], reader: Reader | None = None) -> QAService:
    corpus, data, embedder = tmp_path / "news", DataFolder(tmp_path / "data"), WordEmbedder()
    corpus.mkdir()
    for name, text in news.items():
        (corpus / name).write_text(text)
    sync(corpus, data, embedder)
    retriever = Retriever(embedder, 8, clock=lambda: TODAY)
    writer, grounder = ExtractiveWriter(reader or WordReader()), Grounder(embedder)
    snapshots = SnapshotReader(data, embedder.id)
    return QAService(snapshots, retriever, writer, grounder, deadline_s=60, max_concurrency=4)


@pytest.fixture
def search(tmp_path: Path) -> Iterator[Search]:
    service = _service(tmp_path, NEWS)
    yield lambda question: asyncio.run(service.search(question, explain=True))
    service.close()


def _paths(result: SearchResult) -> list[str]:
    return [hit.passage.path for hit in result.hits]


def test_outlets_that_are_named_take_turns(search: Search) -> None:
    found = search("Do Hill Post and Coast Times agree on what the harbour wall will cost?")
    assert found.understanding.outlets == ("Hill Post", "Coast Times")
    assert {_paths(found)[0][:4], _paths(found)[1][:4]} == {"coas", "hill"}
    unnamed = search("What will the harbour wall cost?")
    assert unnamed.understanding.outlets == ()
    assert [path[:5] for path in _paths(unnamed)[:2]] == ["coast", "coast"]


def test_each_of_several_outlets_that_are_named_is_quoted_or_said_to_be_silent(tmp_path: Path) -> None:
    flood = {
        "shore.txt": "Flood\nAda Berg | Shore Post | 2024-05-01\n\nThe Ostby flood destroyed forty houses.\n",
        "ledger.txt": "Ostby\nBo Lind | Ledger | 2024-05-02\n\nThe Ostby flood closed the only hospital.\n",
    }
    service = _service(tmp_path, NEWS | flood, Knowing("Ostby"))
    both, one, none = (
        asyncio.run(service.ask(f"What do {outlets} say about the flood in Ostby?"))
        for outlets in ("Shore Post and Ledger", "Hill Post and Ledger", "Hill Post and Coast Times")
    )
    service.close()
    assert [citation.path for citation in both.citations] == ["shore.txt", "ledger.txt"]
    assert both.missing is None
    assert [citation.path for citation in one.citations] == ["ledger.txt"]
    assert (
        one.missing == "Nothing found of Hill Post answers: What do Hill Post and Ledger say about the flood in Ostby?"
    )
    assert none.citations == ()


@pytest.mark.parametrize(
    ("question", "paths"),
    [
        ("What did the mayor say of the harbour wall last week?", {"coast-new.txt", "hill.txt", "taxes.txt"}),
        ("What was reported on the harbour wall before April 2024?", {"coast-old.txt"}),
    ],
)
def test_a_window_narrows_to_what_was_published_in_it(search: Search, question: str, paths: set[str]) -> None:
    found = search(question)
    assert set(_paths(found)) <= paths
    assert found.understanding.windows and found.understanding.today == TODAY
    assert found.understanding.notes == ()


def test_a_window_that_would_leave_nothing_is_dropped_and_noted(search: Search) -> None:
    found = search("What was reported on the harbour wall before April 2020?")
    assert "coast-new.txt" in _paths(found)
    assert found.understanding.notes == (
        "No article that fits was published “before April 2020”, so all were searched.",
    )


def test_the_newest_comes_first_only_when_it_is_asked_for(search: Search) -> None:
    latest = search("What is the latest on the harbour wall that the mayor said the council agreed to?")
    assert latest.understanding.latest
    assert _paths(latest)[0] == "coast-new.txt"
    assert not search("What will the harbour wall cost?").understanding.latest


def test_the_latest_is_answered_from_the_newest_of_what_answers_nearly_as_well(tmp_path: Path) -> None:
    service = _service(tmp_path, NEWS)
    try:
        asked = "on the harbour wall that the mayor said the harbour council agreed to with the harbour plan?"
        plain, latest = (
            asyncio.run(service.ask(f"What is {what} {asked}")) for what in ("the report", "the latest report")
        )
    finally:
        service.close()
    assert plain.citations[0].path == "coast-old.txt"
    assert latest.citations[0].path == "coast-new.txt"


def test_what_is_quoted_word_for_word_counts_more(search: Search) -> None:
    loose = search("Where did the mayor say that the harbour wall will cost four million crowns?")
    quoted = search('Where did the mayor say that "the harbour wall will cost four million crowns"?')
    scores = [{one.path: one.score for one in found.considered} for found in (loose, quoted)]
    ahead = [one["coast-old.txt"] - one["coast-new.txt"] for one in scores]
    assert ahead[1] > ahead[0] + 0.1


def test_each_passage_that_was_ranked_is_explained(search: Search) -> None:
    found = search("What will the harbour wall cost?")
    assert [one.id for one in found.considered if not one.dropped] == [hit.passage.id for hit in found.hits]
    for one in found.considered:
        assert NEWS[one.path][one.start : one.end].startswith(one.text) or one.text in NEWS[one.path]
        assert one.relevance <= one.score


def test_a_question_of_two_parts_has_one_note(search: Search) -> None:
    found = search("What was reported on the wall before April 2020, and who said that taxes will rise?")
    assert len(found.understanding.parts) == 2
    assert len(found.understanding.notes) == 1


def test_a_story_copied_five_hundred_times_takes_one_place_and_is_shown_by_what_the_copies_edit(tmp_path: Path) -> None:
    chance = random.Random(5)
    ships = " ".join(f"Ship {at} waited at berth {at * 7} for grain." for at in range(20))
    words = f"{' '.join(NEWS['coast-new.txt'].split(chr(10))[3:])} {ships}".split()
    news = dict(NEWS)
    for at in range(500):
        copy = list(words)
        copy[chance.randrange(len(copy))] = f"edit{at}"
        news[f"copy{at:03d}.txt"] = f"Harbour price rises\n\n{' '.join(copy)}\n"
    news["original.txt"] = f"Harbour price rises\n\n{' '.join(words)}\n"
    service = _service(tmp_path, news)
    try:
        for question in (
            "What will the harbour wall cost?",
            "What should mend hill roads?",
            "Will taxes on fuel rise?",
        ):
            found = asyncio.run(service.search(question, explain=True))
            assert sum(path.startswith("copy") for path in _paths(found)) == 0
            assert _paths(found).count("original.txt") <= 1
            if "wall" in question:
                assert [len(hit.also_in) for hit in found.hits if hit.passage.path == "original.txt"] == [500]
        assert "taxes.txt" in _paths(found)
    finally:
        service.close()


@pytest.fixture(scope="module")
def client(data_dir: Path, embedder: MiniLM) -> Iterator[TestClient]:
    with client_of(service_of(data_dir, embedder, ExtractiveWriter(WordReader())), data_dir) as client:
        yield client


def test_the_endpoint_gives_the_hits_and_explains_them_when_asked(client: TestClient) -> None:
    plain = SearchResult.model_validate_json(client.get("/v1/search", params={"q": ASK}).content)
    explained = SearchResult.model_validate_json(client.get("/v1/search", params={"q": ASK, "explain": True}).content)
    assert plain.hits == explained.hits
    assert plain.considered == () and len(explained.considered) >= len(plain.hits) > 0
    events = client.post("/v1/ask", json={"question": ASK}).json()
    assert [hit["passage"]["id"] for hit in events["hits"]] == [hit.passage.id for hit in plain.hits]


@pytest.mark.parametrize(("query", "status"), [({"q": "?"}, 422), ({}, 422), ({"q": "x", "explain": "maybe"}, 422)])
def test_the_endpoint_refuses_what_is_no_question(client: TestClient, query: dict[str, str], status: int) -> None:
    response = client.get("/v1/search", params=query)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


def test_the_shell_shows_hits_and_with_explain_what_was_dropped(data_dir: Path) -> None:
    plain = newsdesk("search", ASK, QA_DATA_DIR=data_dir)
    assert (plain.returncode, plain.stderr) == (0, "")
    assert plain.stdout.startswith("[1] ") and "score" not in plain.stdout.splitlines()[0]
    explained = newsdesk("search", ASK, "--explain", QA_DATA_DIR=data_dir)
    assert "score  sentence  passage  words   place: best sentence" in explained.stdout
    assert "[beyond the first 8]" in explained.stdout
    result = json.loads(newsdesk("search", ASK, "--json", QA_DATA_DIR=data_dir).stdout)
    assert result["understanding"]["parts"] and result["considered"]
    fails(newsdesk("search", "?", QA_DATA_DIR=data_dir), 2, "The question is empty")
