"""A question is asked of the articles within its scope alone: no other is searched, shown, counted or compared."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import WordReader
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from stub_model import service_of
from web_server import client_of

from index.embedding.embedders import MiniLM
from index.models import EVERYTHING, Scope
from index.store.dense import ExactVectors, OwnPassages
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.answer_cache import CachingService
from qa.checking.grounding import Grounder
from qa.collection.kinds import KindClassifier
from qa.collection.listing import CATALOG, Collection
from qa.models import Answer, Status, Turn
from qa.models.errors import InvalidScope
from qa.question.scopes import folders, scope_of, scope_words
from qa.retrieval.retriever import Retriever
from qa.service import QAService
from qa.settings import Settings
from qa.shell.chat import answer_text
from qa.wiring import build_service
from qa.writing.writer import ExtractiveWriter

WIRE = (
    "A freight train left the rails near Oxbury on Tuesday night and blocked the line to the coast. Nobody was hurt, "
    "the railway said. Two wagons lay across both tracks, and a crane was on its way from the depot in Merrow. "
    "Passengers were told to take buses for at least three days. The cause is not known yet; an inspector looks at "
    "the points, which were renewed last spring for 4 million crowns. The mayor of Oxbury thanked the crews."
)
PRICE = "The new bridge in Elmport will cost {} million euros, the council said on Monday.\n"
ARTICLES = {
    "local/2024/bridge.txt": f"Bridge to cost more\n\nPort Times, March 4, 2024\n\n{PRICE.format(52)}",
    "local/2024/bridge_again.txt": f"Price of the bridge rises\n\nPort Times, March 18, 2024\n\n{PRICE.format(67)}",
    "local/2025/ferry.txt": "Ferry fares fall\n\nHill Courier, May 2, 2025\n\nA ticket of the Elmport ferry costs six "
    "euros from Friday. The bridge is not open.\n",
    "wire/one.txt": f"Train off the rails\n\nPort Times, June 3, 2024\n\n{WIRE}\n",
    "wire/two.txt": f"Derailment near Oxbury\n\nHill Courier, June 4, 2024\n\n{WIRE}\n",
    "wire/three.txt": f"Line to the coast is blocked\n\nBay Herald, June 5, 2024\n\n{WIRE}\n",
    "wire-old/odd.txt": "A note\n\nThe lighthouse of Elmport was painted red.\n",
    "flat.txt": "Market day\n\nBay Herald, June 5, 2024\n\nThe market of Merrow opens at six on Saturdays.\n",
}
COST = "How much will the new bridge in Elmport cost?"
CRANE = "Where was the crane on its way from?"
Asking = Callable[..., Answer]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, embedder: MiniLM) -> Path:
    folder = tmp_path_factory.mktemp("scoped")
    for name, text in ARTICLES.items():
        (folder / "corpus" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "corpus" / name).write_text(text, encoding="utf-8")
    sync(folder / "corpus", DataFolder(folder / "data"), embedder)
    return folder / "data"


@pytest.fixture(scope="module")
def snapshot(data: Path) -> Iterator[Snapshot]:
    with closing(Snapshot(DataFolder(data).require_current())) as opened:
        yield opened


@pytest.fixture(scope="module")
def service(data: Path, embedder: MiniLM) -> Iterator[QAService]:
    collection = Collection(KindClassifier(embedder))
    with closing(service_of(data, embedder, ExtractiveWriter(WordReader()), collection=collection)) as made:
        yield made


@pytest.fixture(scope="module")
def asking(service: QAService) -> Asking:
    def ask(question: str, *earlier: str, **scope: Any) -> Answer:
        return asyncio.run(service.ask(question, [Turn(question=one) for one in earlier], scope=Scope(**scope)))

    return ask


@pytest.fixture(scope="module")
def client(service: QAService, data: Path) -> Iterator[TestClient]:
    with client_of(service, data) as opened:
        yield opened


def paths_within(snapshot: Snapshot, **scope: Any) -> list[str]:
    with snapshot.within(Scope(**scope)) as part:
        return part.catalog.paths()


@pytest.mark.parametrize(
    ("scope", "paths"),
    [
        ({}, set(ARTICLES)),
        ({"outlets": ("Bay Herald",)}, {"wire/three.txt", "flat.txt"}),
        (
            {"outlets": ("Bay Herald", "Hill Courier")},
            {"wire/two.txt", "wire/three.txt", "local/2025/ferry.txt", "flat.txt"},
        ),
        ({"first": "2024-06-04", "last": "2024-06-05"}, {"wire/two.txt", "wire/three.txt", "flat.txt"}),
        ({"first": "2025-01-01"}, {"local/2025/ferry.txt"}),
        ({"last": "2024-03-04"}, {"local/2024/bridge.txt"}),
        ({"folder": "wire"}, {"wire/one.txt", "wire/two.txt", "wire/three.txt"}),
        ({"folder": "local/2024/"}, {"local/2024/bridge.txt", "local/2024/bridge_again.txt"}),
        ({"folder": "wire", "outlets": ("Port Times",), "last": "2024-12-31"}, {"wire/one.txt"}),
        ({"outlets": ("port times",)}, set()),
        ({"folder": "wir"}, set()),
        ({"folder": "flat.txt"}, set()),
    ],
)
def test_an_article_is_within_when_it_meets_every_condition(
    snapshot: Snapshot, scope: dict[str, Any], paths: set[str]
) -> None:
    assert set(paths_within(snapshot, **scope)) == paths


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"first": "2024-05-02", "last": "2024-05-01"}, "The first day, 2024-05-02, is after the last, 2024-05-01"),
        ({"first": "May 2024"}, "'May 2024' is not a day: write it as 2024-05-03"),
        ({"first": 1714694400}, "is not a day"),
        ({"first": "20240503"}, "is not a day"),
        ({"folder": "/local"}, "is not below that of the articles"),
        ({"folder": "local/../wire"}, "is not below that of the articles"),
        ({"folder": "local//2024"}, "is not below that of the articles"),
        ({"outlets": ("\ud800",)}, "a lone surrogate"),
        ({"outlets": [3]}, "The field 'outlets' of the scope is not valid"),
        ({"topic": "bridges"}, "The field 'topic' of the scope is not valid"),
    ],
)
def test_a_scope_that_cannot_be_is_refused_with_a_sentence(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidScope, match=said.replace("(", r"\(")) as refused:
        scope_of(**fields)
    assert not str(refused.value)[0].islower()
    with pytest.raises(ValidationError):
        Scope(**fields)


def test_what_is_left_empty_asks_for_nothing() -> None:
    assert scope_of(outlets=None, first="", last=None, folder="") == EVERYTHING
    assert scope_words(EVERYTHING) == ()


def test_an_outlet_or_folder_that_no_article_has_is_named_with_the_nearest_that_there_are(service: QAService) -> None:
    for scope, said in (
        (Scope(outlets=("Port Times", "Bay Harold")), r"'Bay Harold'.* nearest names are 'Bay Herald'.*Which outlets"),
        (Scope(folder="locale/2024"), r"'locale/2024'.* nearest names are 'local/2024'.*list of articles"),
    ):
        with pytest.raises(InvalidScope, match=said):
            asyncio.run(service.ask(COST, scope=scope))
        with pytest.raises(InvalidScope, match=said):
            asyncio.run(service.search(COST, scope=scope))


def test_only_articles_within_are_found_cited_and_named_as_neighbours(asking: Asking) -> None:
    everywhere = asking(CRANE)
    assert {everywhere.hits[0].passage.path, *everywhere.hits[0].also_in} == {
        f"wire/{one}.txt" for one in ("one", "two", "three")
    }
    for path, outlet in (("one", "Port Times"), ("two", "Hill Courier"), ("three", "Bay Herald")):
        answer = asking(CRANE, outlets=(outlet,), folder="wire")
        assert answer.status is Status.ANSWERED
        assert {citation.path for citation in answer.citations} == {f"wire/{path}.txt"}
        assert {hit.story for hit in answer.hits} == {f"wire/{path}.txt"}
        assert not any(hit.also_in for hit in answer.hits)
    two = asking(CRANE, outlets=("Hill Courier", "Bay Herald"), folder="wire")
    assert {answer_path for hit in two.hits for answer_path in (hit.passage.path, *hit.also_in)} == {
        "wire/two.txt",
        "wire/three.txt",
    }


def test_a_scope_is_never_dropped_where_it_leaves_no_answer(asking: Asking) -> None:
    answer = asking(COST, outlets=("Bay Herald",))
    assert {hit.passage.path for hit in answer.hits} <= {"wire/three.txt", "flat.txt"}
    assert "Elmport" not in answer.text


@pytest.mark.parametrize("question", [COST, "How many articles are there?"])
def test_where_nothing_is_within_the_answer_says_so(asking: Asking, service: QAService, question: str) -> None:
    scope = Scope(outlets=("Port Times",), first=date(2030, 1, 1), folder="local/2024")
    answer = asking(question, **scope.model_dump())
    assert (answer.status, answer.model, answer.hits) == (Status.NOT_IN_ARTICLES, CATALOG, ())
    said = "No article is within the scope: from Port Times, published since 1 January 2030, in the folder local/2024."
    assert answer.missing == said
    assert answer.scope == scope
    found = asyncio.run(service.search(question, scope=scope))
    assert not found.hits and said in found.understanding.notes


def test_questions_about_the_collection_count_and_list_what_is_within(asking: Asking) -> None:
    answer = asking("How many articles are there?", folder="local")
    assert answer.text.startswith("There are 3 articles within the scope.")
    assert {article.path for article in answer.articles} == {path for path in ARTICLES if path.startswith("local/")}
    answer = asking("Which outlets are there?", folder="wire", last=date(2024, 6, 4))
    assert {article.outlet for article in answer.articles} == {"Port Times", "Hill Courier"}
    answer = asking("What does flat.txt say?", folder="wire")
    assert answer.missing == "No file here within the scope is named flat.txt."


def test_what_differs_and_later_versions_are_within(data: Path) -> None:
    with closing(build_service(Settings(data_dir=data))) as service:
        both, older = (asyncio.run(service.ask(COST, scope=scope)) for scope in (EVERYTHING, Scope(last="2024-03-10")))
        assert [side.value for side in both.differs[0].sides] == ["67 million", "52 million"]
        assert not older.differs and "67" not in older.model_dump_json(include={"text", "hits", "notes"})


def test_a_follow_up_is_asked_of_its_own_scope(asking: Asking) -> None:
    answer = asking("And how much is it?", COST, last="2024-03-10")
    assert {hit.passage.path for hit in answer.hits} == {"local/2024/bridge.txt"}


@given(
    st.sets(st.sampled_from(sorted(ARTICLES)), min_size=1),
    st.sampled_from(["bridge cost Elmport", "crane", "the Oxbury market red"]),
)
def test_few_passages_and_many_are_searched_alike(snapshot: Snapshot, paths: set[str], text: str) -> None:
    """Of few the ids are given, of many the whole index is searched deeper: both find what an exact search finds."""
    scope = Scope(
        outlets=tuple(sorted({outlet for path in paths if (outlet := snapshot.catalog.about([path])[path].outlet)}))
    )
    with closing(snapshot.catalog.within(scope)) as catalog:
        few, many = snapshot.lexical.within(catalog.passage_ids()), snapshot.lexical.within(catalog)
        whole = [hit for hit in snapshot.lexical.search(text, 100) if catalog.present_ids([hit[0]])]
        for limit in (1, 2, 100):
            assert sorted(few.search(text, limit)) == sorted(many.search(text, limit)) or limit < len(whole)
            assert {score for _, score in few.search(text, limit)} == {score for _, score in whole[:limit]}
        vector = np.ones(snapshot.manifest.dimension, np.float32) / np.sqrt(snapshot.manifest.dimension)
        exact, deep = ExactVectors(catalog, len(vector)), OwnPassages(catalog, lambda: snapshot.dense)
        assert [score for _, score in exact.query(vector, 3)] == pytest.approx(
            [score for _, score in deep.query(vector, 3)]
        )


def test_an_answer_is_kept_for_its_scope(data: Path, embedder: MiniLM) -> None:
    parts = SnapshotReader(DataFolder(data)), Retriever(embedder, 8), ExtractiveWriter(WordReader()), Grounder(embedder)
    with closing(CachingService(*parts, answers=9, deadline_s=30.0, max_concurrency=4)) as service:
        asked = [
            asyncio.run(service.ask(CRANE, scope=Scope(outlets=(outlet,))))
            for outlet in ("Port Times", "Bay Herald", "Port Times")
        ]
    assert [answer.cached for answer in asked] == [False, False, True]
    assert asked[0].citations == asked[2].citations != asked[1].citations


def test_folders_of_two_levels_are_offered_and_of_too_many_the_first_level() -> None:
    assert folders(ARTICLES) == ("local", "local/2024", "local/2025", "wire", "wire-old")
    many = [f"{first}/{second}/a.txt" for first in range(10) for second in range(30)]
    assert folders(many) == tuple(map(str, range(10)))
    assert len(folders(f"{number}/a.txt" for number in range(1000))) == 200


def test_http_takes_the_scope_and_the_answer_says_it(client: TestClient) -> None:
    scope = {"outlets": ["Hill Courier"], "first": "2024-06-01", "last": "2024-06-30", "folder": "wire"}
    body = {"question": CRANE, "scope": scope}
    answer = client.post("/v1/ask", json=body).json()
    assert answer["scope"] == scope and {citation["path"] for citation in answer["citations"]} == {"wire/two.txt"}
    assert '"path":"wire/one.txt"' not in client.post("/v1/ask/stream", json=body).text
    query = {"q": CRANE, "outlet": ["Hill Courier", "Bay Herald"], "first": "2024-06-05", "folder": "wire"}
    found = client.get("/v1/search", params=query).json()
    assert {hit["passage"]["path"] for hit in found["hits"]} == {"wire/three.txt"}
    assert found["understanding"]["scope"]["outlets"] == ["Hill Courier", "Bay Herald"]
    completion = {"messages": [{"role": "user", "content": CRANE}], "scope": scope}
    reply = client.post("/v1/chat/completions", json=completion).json()
    assert {citation["path"] for citation in reply["citations"]} == {"wire/two.txt"} and reply["scope"] == scope


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({"outlets": ["Nobody"]}, "No article is from the outlet 'Nobody'"),
        ({"folder": "../wire"}, "is not below that of the articles"),
        ({"first": "2024-02-02", "last": "2024-02-01"}, "is after the last"),
        ({"first": 0}, "is not a day"),
        ({"year": 2024}, "holds a field that is not known"),
    ],
)
def test_http_refuses_a_scope_that_cannot_be(client: TestClient, scope: dict[str, Any], said: str) -> None:
    for path in ("/v1/ask", "/v1/ask/stream"):
        refused = client.post(path, json={"question": COST, "scope": scope})
        assert refused.status_code == 422 and said in refused.text
    query = {"outlet" if name == "outlets" else name: value for name, value in scope.items()}
    found = client.get("/v1/search", params={"q": COST, **query})
    assert found.status_code == (200 if "year" in scope else 422)  # what is no parameter is not read


def test_the_shell_says_which_articles_were_asked(asking: Asking) -> None:
    text = answer_text(asking(CRANE, outlets=("Hill Courier",), first="2024-01-01"))
    assert "Asked of articles from Hill Courier, published since 1 January 2024 alone." in text
    assert "Asked of" not in answer_text(asking(CRANE))
