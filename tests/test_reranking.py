"""A reranker orders what was found, or leaves it as it was with a note."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import WordReader
from stub_model import SECRET, service_of
from stub_reranker import stub_reranker

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder, Snapshot
from qa.cli import search_text
from qa.models import Answer, SearchResult
from qa.question.query import understand
from qa.retrieval.ranking import PartRanking
from qa.retrieval.relevance import PartQuery
from qa.retrieval.reranking import MAX_PARTS, LiteLLMReranker, Reranker, rerank
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


def parts_of(found: Retrieval) -> list[PartQuery]:
    """The parts of a question as they are searched; a reranker reads no more of them than the text."""
    return [PartQuery(text, lambda: np.empty(0, np.float32), {}) for text in found.understanding.parts]


def ids(found: Retrieval) -> list[str]:
    return [one.ranked.passage.id for one in found.candidates]


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


def test_no_more_than_the_first_are_given_and_the_others_stay_behind_them(embedder: MiniLM, snapshot: Snapshot) -> None:
    plain, reranker = retrieved(embedder, snapshot, None), Scripted(backwards)
    one, two, *others = (candidate.ranked for candidate in plain.candidates)
    (ordered,), _ = rerank(reranker, snapshot.catalog, parts_of(plain), [PartRanking([], [one, two, *others])], depth=2)
    assert [len(texts) for _, texts in reranker.asked] == [2] and others
    assert [by.passage.id for by in ordered.passages] == [by.passage.id for by in (two, one, *others)]


def test_outlets_that_are_named_still_take_turns_in_the_rerankers_order(embedder: MiniLM, snapshot: Snapshot) -> None:
    plain = retrieved(embedder, snapshot, None)
    one, two, three, four = (candidate.ranked for candidate in plain.candidates[:4])
    found = PartRanking([[one, two], [three], []], [one, two, three, four])
    reranker = Scripted(lambda _, __: [1.0, 2.0, 3.0, 4.0])
    (ordered,), notes = rerank(reranker, snapshot.catalog, parts_of(plain), [found])
    assert [by.passage.id for by in ordered.in_order()] == [by.passage.id for by in (three, two, one, four)]
    assert notes == ()


def test_only_parts_that_found_something_are_asked_for(embedder: MiniLM, snapshot: Snapshot) -> None:
    reranker = Scripted(backwards)
    plain = retrieved(embedder, snapshot, None, "Who commands CENTCOM, and why was the aid to Pakistan suspended?")
    something, nothing = PartRanking([], [one.ranked for one in plain.candidates]), PartRanking([], [])
    assert rerank(reranker, snapshot.catalog, parts_of(plain), [nothing, nothing]) == ([nothing, nothing], ())
    assert reranker.asked == []
    ordered, notes = rerank(reranker, snapshot.catalog, parts_of(plain), [nothing, something])
    assert [question for question, _ in reranker.asked] == [plain.understanding.parts[1]]
    assert (ordered[0], len(ordered[1].passages), notes) == (nothing, len(something.passages), ())


def test_a_question_of_many_parts_asks_for_the_first_ones_only(embedder: MiniLM, snapshot: Snapshot) -> None:
    reranker = Scripted(backwards)
    question = "; ".join(f"who is General Kurilla of CENTCOM {at}" for at in range(30))
    retrieved(embedder, snapshot, reranker, question)
    assert len(reranker.asked) == MAX_PARTS


@pytest.mark.parametrize(
    "scores",
    [failing, lambda _, texts: [1.0] * (len(texts) - 1)],
    ids=["an error", "a score too few"],
)
def test_a_failure_leaves_the_order_and_is_noted(
    scores: Callable[[str, Sequence[str]], Sequence[float]], embedder: MiniLM, snapshot: Snapshot
) -> None:
    plain, found = retrieved(embedder, snapshot, None), retrieved(embedder, snapshot, Scripted(scores))
    assert found.hits == plain.hits and ids(found) == ids(plain)
    (note,) = found.understanding.notes
    assert note.startswith("The reranker could not be asked: it cannot be reached, or gives no scores; check QA_RERAN")
    assert note.endswith(".") and SECRET not in note


def test_a_reranker_that_hangs_leaves_the_order_and_is_noted(embedder: MiniLM, snapshot: Snapshot) -> None:
    let_go = threading.Event()

    def silent(_: str, texts: Sequence[str]) -> Sequence[float]:
        let_go.wait()
        return backwards("", texts)

    plain = retrieved(embedder, snapshot, None)
    found = PartRanking([], [one.ranked for one in plain.candidates])
    try:
        got = rerank(Scripted(silent), snapshot.catalog, parts_of(plain), [found], timeout_s=0.2)
    finally:
        let_go.set()
    assert got == ([found], ("The reranker could not be asked: it did not answer in time.",))


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
    assert "words   reranker   place" in search_text(good, True) and "reranker   place" not in search_text(bad, True)
    assert SearchResult.model_validate_json(good.model_dump_json()) == good
    assert answer.citations and answer.notes == bad.understanding.notes and len(answer.notes) == 1
