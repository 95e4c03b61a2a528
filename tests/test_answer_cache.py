"""Answers kept and given again: only the same answer, only while it is true, and never more of them than allowed."""

import asyncio
import inspect
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import BUDGET, USAGE, AnsweringModel, ScriptedModel

from index.embedding.embedders import MiniLM
from index.store.reader import SnapshotReader
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.answer_cache import AnswerCache, CachingService
from qa.checking.grounding import Grounder
from qa.checking.second_look import SecondLook
from qa.models import Answer, DoneEvent, Event, Status, Turn
from qa.models.errors import ModelUnavailable
from qa.retrieval.retriever import Retriever
from qa.service import QAService
from qa.settings import Settings
from qa.wiring import build_service
from qa.writing.writer import ModelWriter

STORM = "Storm closes a harbour\n\nThe storm closed the harbour of Northport on Monday. Two boats sank in the storm.\n"
QUESTION = "What did the storm close in Northport?"
Make = Callable[..., CachingService]


class Today:
    """A clock that a test can set."""

    day = date(2026, 5, 4)

    def __call__(self) -> date:
        return self.day


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, embedder: MiniLM) -> Path:
    """A folder of articles, indexed beside it; whoever changes it puts it back."""
    folder = tmp_path_factory.mktemp("kept") / "corpus"
    folder.mkdir()
    (folder / "storm.txt").write_text(STORM)
    sync(folder, DataFolder(folder.parent / "data"), embedder)
    return folder


@pytest.fixture
def make(corpus: Path, embedder: MiniLM) -> Iterator[Make]:
    made: list[CachingService] = []

    def making(
        model: ScriptedModel,
        answers: int = 8,
        clock: Callable[[], date] = date.today,
        data: Path | None = None,
        look: SecondLook | None = None,
    ) -> CachingService:
        reader = SnapshotReader(DataFolder(data or corpus.parent / "data"), embedder.id)
        retriever = Retriever(embedder, 8, clock)
        parts = (reader, retriever, ModelWriter(model, BUDGET), Grounder(embedder))
        kept = {"answers": answers, "clock": clock, "second_look": look}
        made.append(CachingService(*parts, **kept, deadline_s=30.0, max_concurrency=4))
        return made[-1]

    yield making
    for service in made:
        service.close()


def good() -> AnsweringModel:
    return AnsweringModel(lambda number: f"It closed the harbour [{number('closed')}]. Two sank [{number('Two')}].", 3)


def events_of(service: QAService, question: str = QUESTION, history: Sequence[Turn] = ()) -> list[Event]:
    async def collected() -> list[Event]:
        return [event async for event in service.stream(question, history)]

    return asyncio.run(collected())


def answer_of(service: QAService, question: str = QUESTION, history: Sequence[Turn] = ()) -> Answer:
    last = events_of(service, question, history)[-1]
    assert isinstance(last, DoneEvent)
    return last.answer


def test_the_second_answer_is_the_first_and_costs_nothing(make: Make) -> None:
    model, other = good(), ScriptedModel("1. supported\n2. partly: it says boats")
    service = make(model, look=SecondLook(other, BUDGET))
    first, again = events_of(service), events_of(service)
    assert len(model.asked) == len(other.asked) == 1
    assert [event.type for event in first][-3:] == ["verdict", "verdict", "done"]
    assert [type(event) for event in again] == [type(event) for event in first]
    assert again[:-1] == first[:-1]
    assert isinstance(first[-1], DoneEvent) and isinstance(again[-1], DoneEvent)
    one, other = first[-1].answer, again[-1].answer
    assert (one.cached, one.usage) == (False, USAGE + USAGE)
    assert [statement.support for statement in other.statements] == ["supported", "partly"]
    assert other.cached and other.usage.prompt_tokens == 0 and other.usage.cost is None
    assert one.id != other.id and list(other.timings) == list(one.timings)
    changed = {"id", "cached", "usage", "timings"}
    assert other.model_dump(exclude=changed) == one.model_dump(exclude=changed)
    assert asyncio.run(service.ask(QUESTION)).cached


def test_white_space_makes_no_other_question(make: Make) -> None:
    service = make(good())
    history = (Turn(question="Where  is Northport?", answer="By the\nsea."),)
    answer_of(service, history=history)
    other = (Turn(question=" Where is Northport? ", answer="By the sea."),)
    assert answer_of(service, f"  {QUESTION.replace(' ', '  ')}\n", other).cached


@pytest.mark.parametrize(
    ("question", "history"),
    [
        (QUESTION + "?", ()),
        (QUESTION.lower(), ()),
        (QUESTION, (Turn(question="Where is Northport?", answer="By the lake."),)),
        (QUESTION, (Turn(question="Where is Northport?"),)),
        (QUESTION, (Turn(question="Where is Northport?", answer="By the sea."),) * 2),
    ],
)
def test_another_question_or_history_gets_its_own_answer(question: str, history: Any, make: Make) -> None:
    service = make(good())
    answer_of(service)
    answer_of(service, history=(Turn(question="Where is Northport?", answer="By the sea."),))
    assert not answer_of(service, question, history).cached


def test_a_long_history_is_not_kept_with_the_answer(make: Make) -> None:
    service = make(good(), answers=100)
    answer = "It closed the harbour. " * 2000
    tracemalloc.start()
    for turn in range(20):
        answer_of(service, QUESTION, [Turn(question=f"And the {turn}. boat?", answer=answer)])
    in_cache = tracemalloc.Filter(True, str(inspect.getsourcefile(AnswerCache)))
    kept = sum(one.size for one in tracemalloc.take_snapshot().filter_traces([in_cache]).traces)
    tracemalloc.stop()
    assert kept < len(answer)


def test_another_day_gets_its_own_answer(make: Make) -> None:
    clock = Today()
    service = make(good(), clock=clock)
    answer_of(service)
    clock.day = date(2026, 5, 5)
    assert not answer_of(service).cached
    clock.day = date(2026, 5, 4)
    assert answer_of(service).cached


def test_another_snapshot_gets_its_own_answer(make: Make, corpus: Path, embedder: MiniLM) -> None:
    service = make(good())
    answer_of(service)
    (corpus / "calm.txt").write_text("A calm day in Southport.\n")
    sync(corpus, DataFolder(corpus.parent / "data"), embedder)
    assert not answer_of(service).cached
    assert answer_of(service).cached


def test_an_answer_whose_file_has_changed_is_made_anew_and_says_so(make: Make, corpus: Path) -> None:
    model = good()
    service = make(model)
    assert answer_of(service).citations[0].since is None
    (corpus / "storm.txt").write_text("Nothing happened in Northport.\n")
    changed = answer_of(service)
    assert (changed.cached, changed.citations[0].since) == (False, "changed")
    again = answer_of(service)
    assert (again.cached, again.citations[0].since) == (True, "changed")
    (corpus / "storm.txt").unlink()
    assert answer_of(service).citations[0].since == "gone"
    (corpus / "storm.txt").write_text(STORM)
    assert answer_of(service).citations[0].since is None
    assert len(model.asked) == 4


def test_an_abstention_is_kept_too(make: Make) -> None:
    service = make(ScriptedModel("NOT_IN_ARTICLES: the price of bread."))
    assert answer_of(service).status is Status.NOT_IN_ARTICLES
    assert answer_of(service).cached


def test_what_failed_or_was_not_heard_to_its_end_is_not_kept(make: Make) -> None:
    model = good()
    service = make(model)

    async def stopped() -> None:
        async with aclosing(service.stream(QUESTION)) as events:
            await anext(events)
            await anext(events)

    asyncio.run(stopped())
    model.error = ModelUnavailable("broke off")
    with pytest.raises(ModelUnavailable) as caught:
        answer_of(service)
    assert caught.value.hits
    model.error = None
    assert not answer_of(service).cached
    assert answer_of(service).cached


def test_an_answer_with_a_note_is_not_kept(make: Make) -> None:
    service = make(good())
    question = f"{QUESTION[:-1]} last week?"
    assert answer_of(service, question).notes
    assert not answer_of(service, question).cached


def test_an_answer_whose_second_look_failed_is_not_kept(make: Make) -> None:
    other = ScriptedModel("1. supported\n2. supported", ModelUnavailable("gone"))
    service = make(good(), look=SecondLook(other, BUDGET))
    assert answer_of(service).statements[0].support == "unchecked"
    other.error = None
    assert answer_of(service).statements[0].support == "supported"
    assert answer_of(service).cached


def test_the_least_recently_asked_goes_first(make: Make) -> None:
    service = make(good(), answers=2)
    answer_of(service, "What closed?")
    answer_of(service, "What sank?")
    assert answer_of(service, "What closed?").cached
    answer_of(service, "What storm?")
    assert answer_of(service, "What closed?").cached
    assert not answer_of(service, "What sank?").cached


def done(size: int) -> DoneEvent:
    answer = Answer(id="", question="q" * size, status=Status.NOT_IN_ARTICLES, text="", model="m", snapshot="s")
    return DoneEvent(answer=answer)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    answers=st.integers(min_value=1, max_value=5),
    max_bytes=st.integers(min_value=0, max_value=4_000),
    asked=st.lists(st.tuples(st.integers(min_value=0, max_value=7), st.integers(min_value=0, max_value=1_500))),
)
def test_there_are_never_more_answers_or_bytes_than_allowed(
    answers: int, max_bytes: int, asked: list[tuple[int, int]]
) -> None:
    cache, newest = AnswerCache(answers, max_bytes), {}
    for key, size in asked:
        newest[key] = done(size)
        cache.put(key, [newest[key]])
        kept = {key: found for key in range(8) if (found := cache.get(key))}
        assert len(kept) <= answers
        assert sum(len(found[-1].model_dump_json()) for found in kept.values()) <= max_bytes
        assert all(found == (newest[key],) for key, found in kept.items())
        assert key in kept or len(newest[key].model_dump_json()) > max_bytes


def test_only_a_setting_turns_it_on(data_dir: Path) -> None:
    assert type(build_service(Settings(data_dir=data_dir))) is QAService
    service = build_service(Settings(data_dir=data_dir, answer_cache=4))
    assert isinstance(service, CachingService)
    answers = [asyncio.run(service.ask("Who is Blome?")) for _ in range(2)]
    assert [answer.cached for answer in answers] == [False, True]
    service.close()
