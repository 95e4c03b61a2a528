from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from conftest import WordEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedding.embedders import MiniLM
from index.errors import EmbedderMismatch, SnapshotBroken
from index.models import Passage
from index.store.snapshots import DataFolder, Snapshot
from qa.models import Turn
from qa.models.errors import InvalidQuestion
from qa.question.query import understand
from qa.retrieval.ranking import FLOOR, READ_AHEAD, rank
from qa.retrieval.relevance import PartQuery
from qa.retrieval.retriever import Retrieval, Retriever, hit_of

IDS = st.lists(st.sampled_from("abcdefgh"), unique=True)


@pytest.fixture(scope="module")
def snapshot(data_dir: Path) -> Iterator[Snapshot]:
    opened = Snapshot(DataFolder(data_dir).require_current())
    yield opened
    opened.close()


@pytest.fixture
def retriever(embedder: MiniLM) -> Retriever:
    return Retriever(embedder, 8)


def well_formed(retrieval: Retrieval, parts: int, limit: int = 8) -> None:
    ids = [hit.passage.id for hit in retrieval.hits]
    assert len(set(ids)) == len(ids) <= limit
    assert len(retrieval.understanding.parts) == parts
    assert [one.ranked.passage.id for one in retrieval.candidates if not one.dropped] == ids
    for one in retrieval.candidates:
        assert one.ranked.relevance >= FLOOR
        assert one.ranked.best_sentence in one.ranked.passage.text


def test_passages_found_by_words_are_read_while_the_dense_leg_is_waited_for(
    snapshot: Snapshot,
) -> None:
    class Noted:
        def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
            asked.append(list(ids))
            return snapshot.catalog.passages(ids)

        def __getattr__(self, name: str) -> Any:
            return getattr(snapshot.catalog, name)

    def dense() -> list[str]:
        asked.append(["the dense leg"])
        return []

    asked: list[list[str]] = []
    relevant = PartQuery("Who is the commander of CENTCOM?", lambda: np.ones(384, np.float32), {})
    by_words = [identity for identity, _ in snapshot.lexical.search(relevant.text, READ_AHEAD)]
    noted = SimpleNamespace(catalog=Noted(), lexical=snapshot.lexical)
    rank(cast("Snapshot", noted), relevant, [], dense)
    ahead, then, rest = asked
    assert (ahead, then) == (by_words, ["the dense leg"])
    assert not set(ahead) & set(rest)


def test_the_best_passage_comes_first_and_knows_its_article(retriever: Retriever, snapshot: Snapshot) -> None:
    found = retriever.retrieve(snapshot, understand("Who is the commander of CENTCOM?"))
    well_formed(found, 1)
    first = found.hits[0]
    assert "Kurilla" in first.passage.text
    assert (first.outlet, str(first.published)) == ("Devdiscourse", "2022-12-23")
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)


def test_an_embedder_whose_vectors_are_of_another_length_is_told(snapshot: Snapshot) -> None:
    retriever = Retriever(WordEmbedder(), 8)
    with pytest.raises(EmbedderMismatch, match=r"384 numbers.*gives \d+\. Set QA_DATA_DIR.*newsdesk index"):
        retriever.retrieve(snapshot, understand("Who is the ambassador?"))


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_hits_than_asked_for(embedder: MiniLM, snapshot: Snapshot, limit: int) -> None:
    found = Retriever(embedder, limit).retrieve(snapshot, understand("Who is the ambassador?"))
    assert len(found.hits) == limit
    well_formed(found, 1, limit)


def test_the_parts_of_a_question_take_turns(embedder: MiniLM, snapshot: Snapshot) -> None:
    query = understand("Who is the commander of CENTCOM and which think tank did the ambassador of Pakistan visit?")
    found = Retriever(embedder, 2).retrieve(snapshot, query)
    well_formed(found, 2, 2)
    assert [hit.passage.path[:3] for hit in found.hits] == ["004", "003"]


def test_a_slip_of_the_pen_and_another_word_still_find_the_passage(retriever: Retriever, snapshot: Snapshot) -> None:
    for question in ("Who is the comander of Centcom?", "What do the Americans pay to fix constabulary buildings?"):
        text = " ".join(hit.passage.text for hit in retriever.retrieve(snapshot, understand(question)).hits[:3])
        assert "Kurilla" in text or "flood-damaged" in text


def test_a_follow_up_finds_what_the_question_before_was_about(retriever: Retriever, snapshot: Snapshot) -> None:
    history = [Turn(question="Which headquarters did General Kurilla visit in Peshawar?")]
    found = retriever.retrieve(snapshot, understand("And who is he?", history))
    assert "Kurilla" in found.hits[0].passage.text


def test_the_same_question_finds_the_same(retriever: Retriever, snapshot: Snapshot) -> None:
    query = understand("Why was the aid suspended?")
    assert retriever.retrieve(snapshot, query).hits == retriever.retrieve(snapshot, query).hits


@settings(derandomize=True, deadline=None, max_examples=60)
@given(text=st.text(alphabet=st.characters(), min_size=1, max_size=60))
def test_any_text_can_be_asked(text: str, embedder: MiniLM, snapshot: Snapshot) -> None:
    try:
        query = understand(text)
    except InvalidQuestion:
        assert not any(map(str.isalnum, text))
        return
    well_formed(Retriever(embedder, 8).retrieve(snapshot, query), len(query.parts))


@pytest.mark.parametrize(
    "text", ['headline:"x" AND (', "body:* OR -a", "a^2~ +b", "rain ﾞ fell", "[1] {2 TO 3}", "\\x NOT"]
)
def test_the_marks_of_a_query_language_mean_nothing(retriever: Retriever, snapshot: Snapshot, text: str) -> None:
    query = understand(text)
    well_formed(retriever.retrieve(snapshot, query), len(query.parts))


def test_a_passage_that_does_not_stand_in_its_article_is_no_hit(snapshot: Snapshot) -> None:
    path = snapshot.catalog.paths()[0]
    article, passage = snapshot.catalog.article(path), next(iter(snapshot.catalog.passages_of(path)))
    assert article and hit_of(snapshot, article, passage, {}, score=0.0, similarity=0.0).passage == passage
    elsewhere = article.model_copy(update={"text": f" {article.text}"})
    with pytest.raises(SnapshotBroken, match="does not stand in its article"):
        hit_of(snapshot, elsewhere, passage, {}, score=0.0, similarity=0.0)
