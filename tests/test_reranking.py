"""A reranker orders what was found, or leaves it as it was with a note."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import WordReader
from stub_model import SECRET, service_of
from stub_reranker import stub_reranker

import qa.retrieval.reranking
from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder, Snapshot
from qa.cli import searched
from qa.models import Answer, SearchResult
from qa.question.query import understand
from qa.retrieval.ranking import Found
from qa.retrieval.relevance import Relevant
from qa.retrieval.reranking import LiteLLMReranker, Reranker, reranked
from qa.retrieval.retriever import Retrieval, Retriever
from qa.writing.writer import ExtractiveWriter

ASK = "What will the US give to the Balochistan police?"


@pytest.fixture(scope="module")
def snapshot(data_dir: Path) -> Iterator[Snapshot]:
    with closing(Snapshot(DataFolder(data_dir).require_current())) as snapshot:
        yield snapshot


class Scripted:
    """A reranker in memory."""

    def __init__(self, scores: Callable[[str, Sequence[str]], Sequence[float]]) -> None:
        self._scores = scores
        self.asked: list[tuple[str, list[str]]] = []

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        self.asked.append((question, list(texts)))
        return self._scores(question, texts)


def backwards(_: str, texts: Sequence[str]) -> Sequence[float]:
    return [at - 5.0 for at in range(len(texts))]


def failing(_: str, __: Sequence[str]) -> Sequence[float]:
    raise RuntimeError(SECRET)


def retrieved(
    embedder: MiniLM, snapshot: Snapshot, reranker: Reranker | None, question: str = ASK, limit: int = 8
) -> Retrieval:
    return Retriever(embedder, limit, reranker=reranker).retrieve(snapshot, understand(question))


def parts_of(found: Retrieval) -> list[Relevant]:
    """The parts of a question as they are searched; a reranker reads no more of them than the text."""
    return [Relevant(text, lambda: np.empty(0, np.float32), {}) for text in found.understanding.parts]


def ids(found: Retrieval) -> list[str]:
    return [one.ranked.passage.id for one in found.considered]


def test_the_order_of_a_part_is_the_rerankers(embedder: MiniLM, snapshot: Snapshot) -> None:
    plain, reranker = retrieved(embedder, snapshot, None, limit=50), Scripted(backwards)
    found = retrieved(embedder, snapshot, reranker, limit=50)
    assert len(ids(plain)) > 2 and len(plain.hits) == len(ids(plain))
    assert [hit.passage.id for hit in found.hits] == ids(found)
    assert set(ids(found)) == set(ids(plain)) and ids(found)[0] == ids(plain)[-1]
    assert found.understanding.notes == ()
    scores = [one.reranked for one in found.explained()]
    assert None not in scores and [one.reranked for one in plain.explained()] == [None] * len(ids(plain))
    assert {one.id: one.score for one in found.explained()} == {one.id: one.score for one in plain.explained()}


def test_the_reranker_reads_the_headline_and_the_passage(embedder: MiniLM, snapshot: Snapshot) -> None:
    reranker = Scripted(backwards)
    found = retrieved(embedder, snapshot, reranker)
    ((question, texts),) = reranker.asked
    assert question == ASK and len(texts) == len(ids(found))
    assert {hit.headline is None for hit in found.hits} == {True, False}
    for hit in found.hits:
        assert (f"{hit.headline}\n{hit.passage.text}" if hit.headline else hit.passage.text) in texts


def test_no_more_than_the_first_are_given_and_the_others_stay_behind_them(
    embedder: MiniLM, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.retrieval.reranking, "DEPTH", 2)
    plain, reranker = retrieved(embedder, snapshot, None, limit=1), Scripted(backwards)
    found = retrieved(embedder, snapshot, reranker, limit=1)
    assert [len(texts) for _, texts in reranker.asked] == [2]
    shown = [one.passage.id for one in found.hits]
    by_score = sorted(plain.explained(), key=lambda one: -one.score)
    assert shown == [by_score[1].id]


def test_outlets_that_are_named_still_take_turns_in_the_rerankers_order(embedder: MiniLM, snapshot: Snapshot) -> None:
    plain = retrieved(embedder, snapshot, None)
    one, two, three, four = (considered.ranked for considered in plain.considered[:4])
    found = Found([[one, two], [three], []], [one, two, three, four])
    reranker = Scripted(lambda _, __: [1.0, 2.0, 3.0, 4.0])
    (ordered,), notes = reranked(reranker, snapshot.catalog, parts_of(plain), [found])
    assert [by.passage.id for by in ordered.in_order()] == [by.passage.id for by in (three, two, one, four)]
    assert notes == ()


def test_only_parts_that_found_something_are_asked_for(embedder: MiniLM, snapshot: Snapshot) -> None:
    reranker = Scripted(backwards)
    plain = retrieved(embedder, snapshot, None, "Who commands CENTCOM, and why was the aid to Pakistan suspended?")
    something, nothing = Found([], [one.ranked for one in plain.considered]), Found([], [])
    assert reranked(reranker, snapshot.catalog, parts_of(plain), [nothing, nothing]) == ([nothing, nothing], ())
    assert reranker.asked == []
    ordered, notes = reranked(reranker, snapshot.catalog, parts_of(plain), [nothing, something])
    assert [question for question, _ in reranker.asked] == [plain.understanding.parts[1]]
    assert (ordered[0], len(ordered[1].all), notes) == (nothing, len(something.all), ())


def test_a_question_of_many_parts_asks_for_the_first_ones_only(embedder: MiniLM, snapshot: Snapshot) -> None:
    reranker = Scripted(backwards)
    question = "; ".join(f"who is General Kurilla of CENTCOM {at}" for at in range(30))
    retrieved(embedder, snapshot, reranker, question)
    assert len(reranker.asked) == qa.retrieval.reranking.MAX_PARTS


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        (failing, "it cannot be reached, or gives no scores; check QA_RERANKER and QA_RERANKER_API_BASE"),
        (lambda _, texts: [1.0] * (len(texts) - 1), "it cannot be reached, or gives no scores; check QA_RERANKER and "),
        (lambda _, __: time.sleep(1.5), "it did not answer in time"),
    ],
    ids=["an error", "a score too few", "silence"],
)
def test_a_failure_leaves_the_order_and_is_noted(
    scores: Callable[[str, Sequence[str]], Sequence[float]],
    why: str,
    embedder: MiniLM,
    snapshot: Snapshot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(qa.retrieval.reranking, "TIMEOUT_S", 0.4)
    plain, found = retrieved(embedder, snapshot, None), retrieved(embedder, snapshot, Scripted(scores))
    assert found.hits == plain.hits and ids(found) == ids(plain)
    (note,) = found.understanding.notes
    assert note.startswith(f"The reranker could not be asked: {why}") and note.endswith(".") and SECRET not in note


def test_an_answer_comes_all_the_same_and_the_search_shows_the_scores(data_dir: Path, embedder: MiniLM) -> None:
    with stub_reranker() as stub:
        retriever = Retriever(embedder, 8, reranker=LiteLLMReranker("hosted_vllm/x", stub.base))
        service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()), retriever=retriever)

        async def asked() -> tuple[SearchResult, SearchResult, Answer]:
            good = await service.search(ASK, explain=True)
            stub.status = 500
            return good, await service.search(ASK, explain=True), await service.ask(ASK)

        good, bad, answer = asyncio.run(asked())
        service.close()
    assert len(stub.requests) == 3
    assert all(one.reranked is not None for one in good.considered) and good.understanding.notes == ()
    assert "words   reranker   place" in searched(good, True) and "reranker   place" not in searched(bad, True)
    assert SearchResult.model_validate_json(good.model_dump_json()) == good
    assert answer.citations and answer.notes == bad.understanding.notes and len(answer.notes) == 1
