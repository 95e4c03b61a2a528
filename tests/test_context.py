"""What a model is shown: in which order, with which neighbours, and never more than fits (row P11)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from pathlib import Path

import pytest
from conftest import PlainWords, cases
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_parser import parsed
from stub_model import BUDGET, ScriptedModel, estimated, hit_of, service_of

from index.embedding.embedders import MiniLM
from index.models import Article, Passage
from index.passages.chunking import chunk
from index.sync.ingesting import read_article
from qa.checking.citations import CitationBook, Draft
from qa.llm.budget import UNKNOWN_WINDOW, Budget
from qa.llm.model import Message
from qa.models import Answer, Hit, Turn
from qa.models.errors import ModelUnavailable
from qa.prompting.context import ordered_evidence
from qa.prompting.evidence import EvidenceSentence, number_evidence
from qa.question.query import understand
from qa.retrieval.retriever import Retrieval
from qa.writing.writer import Assignment, ModelWriter

CASES = cases("PROMPT_CASES", 300, 1000) // 2
"""A nightly run sets 20,000 prompts; half as many are of this kind."""
FILLER = "The council of Northport met for two hours on the ground floor of the old town hall. "
STORY = (
    "Dam report\n\n"
    + FILLER * 8
    + "Engineer Rosa Lind spoke last.\n\n"
    + "She said that the dam would hold until the spring if the river did not rise by another two metres. "
    + FILLER * 6
    + "The mayor answered: “We have no plan.\n\n"
    + "We never had one, and the council has known as much since the first of the floods four years ago. "
    + "Nobody asked for it.” The meeting ended. "
    + FILLER * 8
)


@pytest.fixture(scope="module")
def article() -> Article:
    return read_article("dam.txt", STORY.encode())


@pytest.fixture(scope="module")
def passages(article: Article) -> list[Passage]:
    return chunk(article)


def hit(passage: Passage) -> Hit:
    return Hit(passage=passage, score=1.0, similarity=1.0, story=passage.path)


def with_sentence(passages: Sequence[Passage], words: str) -> Passage:
    return next(passage for passage in passages if words in passage.text)


def shown(hits: Sequence[Hit], passages: Sequence[Passage], room: int = 100_000) -> tuple[EvidenceSentence, ...]:
    """The evidence of a prompt with so much room, where all hits are of the article that has these passages."""
    writer = ModelWriter(ScriptedModel(""), Budget(room, estimated))
    return writer.context(replace(assignment(hits), passages_of=lambda _: passages)).evidence


@pytest.mark.parametrize("words", ["She said that", "We have no plan", "Nobody asked"])
def test_the_best_passages_are_shown_with_those_around_them(passages: list[Passage], words: str) -> None:
    """Whatever they begin with: a pronoun, the middle of a quotation, or a word of another language."""
    at = passages.index(with_sentence(passages, words))
    sentences = [one.text for one in shown([hit(passages[at])], passages)]
    around = passages[max(0, at - 1) : at + 2]
    assert sentences == [one.sentence(span) for one in around for span in one.sentences]


def test_a_passage_that_two_hits_are_beside_is_shown_once(passages: list[Passage]) -> None:
    ids = [one.passage.id for one in shown([hit(passages[2]), hit(passages[0])], passages)]
    assert [identity for identity, _ in groupby(ids)] == [one.id for one in passages[:4]]


@pytest.fixture(scope="module")
def many() -> list[Passage]:
    return chunk(read_article("long.txt", "\n\n".join(f"Item {at}. {FILLER * 8}" for at in range(20)).encode()))


def test_hits_come_before_what_stands_around_the_lesser_ones(many: list[Passage]) -> None:
    """Only the first three come with their neighbours before others; those of the others fill the room that is left."""
    hits = [hit(many[at]) for at in (1, 4, 7, 10, 13, 16)]
    whole = shown(hits, many)
    assert {many.index(one.passage) for one in whole} == {*range(18)}
    cost = estimated(prompt_with(hits[:1])) - estimated(prompt_with([]))
    room = estimated(prompt_with([])) + 13 * cost
    numbers = {many.index(one.passage) for one in shown(hits, many, room)}
    assert {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 16} <= numbers < {*range(18)}


def prompt_with(hits: Sequence[Hit]) -> tuple[Message, ...]:
    return ModelWriter(ScriptedModel(""), BUDGET).context(assignment(hits)).messages


def test_the_heading_of_an_article_is_paid_for_once(many: list[Passage]) -> None:
    """Else a tenth of the budget stays empty where most hits are of a few articles."""
    hits = [hit(passage).model_copy(update={"headline": "Long " * 200}) for passage in many[:10]]
    room = estimated(prompt_with(hits)) + 20
    assert {one.passage.id for one in shown(hits, (), room)} == {passage.id for passage in many[:10]}


def test_a_neighbour_is_cited_as_a_passage_of_its_own(passages: list[Passage], article: Article) -> None:
    evidence = shown([hit(with_sentence(passages, "She said that"))], passages)
    said = next(one.number for one in evidence if one.text.startswith("She said that"))
    draft = Draft.parsed(f"Lind says it will hold [{said - 1}][{said}].")
    (one, other) = CitationBook(evidence).resolve(draft).new_citations
    assert article.text[one.start : one.end] == one.quote == "Engineer Rosa Lind spoke last."
    assert one.passage_id == with_sentence(passages, "Rosa Lind spoke").id != other.passage_id


def test_the_best_article_comes_first_and_the_second_best_last() -> None:
    ranked = [
        hit_of(path, f"Report {at}.", offset=offset)
        for at, (path, offset) in enumerate([("b.txt", 50), ("c.txt", 0), ("b.txt", 0), ("a.txt", 0), ("d.txt", 0)])
    ]
    assert [(one.passage.path, one.text) for one in ordered_evidence(ranked)] == [
        ("b.txt", "Report 2."),
        ("b.txt", "Report 0."),
        ("a.txt", "Report 3."),
        ("d.txt", "Report 4."),
        ("c.txt", "Report 1."),
    ]


def assignment(hits: Sequence[Hit], question: str = "What did it cost?", history: Sequence[Turn] = ()) -> Assignment:
    return Assignment(understand(question), Retrieval(), number_evidence(hits), history, PlainWords())


SENTENCES = st.sampled_from(["It rained. ", "水位上涨了。", "x" * 90, "The river rose by two metres. "])
TEXTS = st.builds(lambda one, other, times: (one + other) * times, SENTENCES, SENTENCES, st.integers(1, 30))


@settings(derandomize=True, deadline=None, max_examples=CASES)
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=10),
    room=st.integers(0, 3000),
    question=st.sampled_from(["What did it cost?", "What " + "on earth " * 300]),
    turns=st.integers(0, 6),
)
def test_no_prompt_is_longer_than_the_budget(texts: list[str], room: int, question: str, turns: int) -> None:
    hits = [hit_of(f"{at}.txt", text.strip(), published=date(2024, 7, 3)) for at, text in enumerate(texts)]
    history = [Turn(question="Why? " * 100, answer="Because. " * 200)] * turns
    writer = ModelWriter(ScriptedModel(""), Budget(room, estimated))
    try:
        context = writer.context(assignment(hits, question, history))
    except ModelUnavailable as error:
        assert "fits into" in str(error)
        return
    assert estimated(context.messages) <= room
    shown = {one.passage.path for one in context.evidence}
    left_out = len(hits) - len(shown)
    assert parsed(context.messages[1]["content"]).blocks and shown
    said = f"{left_out} of the {len(hits)} passages found were not shown to the model: they do not fit into its window."
    assert context.notes == ((said,) if left_out else ())


def test_the_least_likely_are_left_out_and_one_giant_does_not_cost_the_others() -> None:
    hits = [hit_of(f"{at}.txt", f"Report {at} says that it rained.") for at in range(6)]
    hits[2] = hit_of("2.txt", "x" * 90_000, whole=True)
    whole = estimated(ModelWriter(ScriptedModel(""), BUDGET).context(assignment([])).messages)
    context = ModelWriter(ScriptedModel(""), Budget(whole + 100, estimated)).context(assignment(hits))
    shown = {one.passage.path for one in context.evidence}
    assert "0.txt" in shown and "2.txt" not in shown and len(shown) < 5
    assert shown == {f"{at}.txt" for at in range(len(shown) + 1)} - {"2.txt"}


def test_earlier_turns_take_a_quarter_of_the_budget_at_most() -> None:
    history = [Turn(question=f"Question {at} {'why ' * 90}?", answer="Because. " * 60) for at in range(4)]
    room = 1_600
    context = ModelWriter(ScriptedModel(""), Budget(room, estimated)).context(
        assignment([hit_of("a.txt", "It rained.")], history=history)
    )
    told = context.messages[1]["content"].partition("=====")[0]
    assert "Question 3" in told and "Question 0" not in told
    assert len(told.encode()) // 3 <= room // 4


def test_a_window_leaves_room_for_the_reply() -> None:
    assert Budget.of(8_000, 1_000, estimated).room == 6_600
    assert Budget.of(None, 1_000, estimated).room == int(UNKNOWN_WINDOW * 0.95) - 1_000
    assert Budget.of(1_000, 5_000, estimated).room == 0


def test_what_is_left_out_is_said_in_the_answer_and_cannot_be_cited(data_dir: Path, embedder: MiniLM) -> None:
    question = "What money and training will the United States give to the Balochistan police?"

    def asked(budget: Budget) -> Answer:
        writer = ModelWriter(ScriptedModel("The US helps [1][20]."), budget)
        service = service_of(data_dir, embedder, writer)
        try:
            return asyncio.run(service.ask(question))
        finally:
            service.close()

    small = asked(Budget(1_500, estimated))
    large = asked(Budget(100_000, estimated))
    assert len(large.citations) == 2 and large.notes == ()
    assert len(small.citations) == 1
    assert small.notes[0].endswith("passages found were not shown to the model: they do not fit into its window.")
