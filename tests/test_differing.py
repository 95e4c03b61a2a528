"""Articles that give different values for what is asked, each case in a folder of its own."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from index.embedding.embedders import MiniLM
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.answer_cache import _is_repeatable
from qa.answer_draft import difference_note
from qa.language.facts import entries, facts
from qa.models import Answer, Difference, Side
from qa.settings import Settings
from qa.shell.chat import answer_text
from qa.wiring import build_service

BRIDGE = "Bridge to cost more\n\nBy Ada Berg\nPort Times, March 4, 2024\n\n"
ARTICLES = {
    "bridge.txt": f"{BRIDGE}The new bridge in Elmport will cost 52 million euros, the council said on Monday.\n",
    "bridge_again.txt": (
        "Price of the bridge rises\n\nBy Ada Berg\nPort Times, March 18, 2024\n\n"
        "The new bridge in Elmport will cost 67 million euros, the council said on Monday.\n"
    ),
    "school.txt": (
        "School opens\n\nBy Jon Holt\nPort Times, March 6, 2024\n\n"
        "The school in Elmport has 840 pupils this year, head teacher Ida Moe said. It cost 31 million euros.\n"
    ),
    "clarified.txt": (
        "Clarification: pupils in Elmport\n\nPort Times, March 7, 2024\n\n"
        "A report on the school in Elmport gave a wrong number of pupils. It is 480, not 840.\n"
    ),
    "quake.txt": (
        "Quake in Torland\n\nBy Jon Holt\nPort Times, May 6, 2024\n\n"
        "The earthquake in Torland killed 100 people, officials said.\n"
    ),
    "quake_again.txt": (
        "Torland mourns\n\nBy Jon Holt\nPort Times, May 7, 2024\n\n"
        "The earthquake in Torland killed 100 people and injured 20, officials said.\n"
    ),
    "storm.txt": (
        "As it happened: storm over Greenby\n\nBy Ada Berg\nPort Times, November 12, 2024\n\n"
        "16:40\nThe number of homes without power in Greenby has risen to 9,200, the grid company said.\n\n"
        "14:15\nSchools will be closed on Wednesday, the mayor said.\n\n"
        "11:05\nSome 3,100 homes are without power in Greenby, according to the grid company.\n"
    ),
    "march.txt": (
        "Fishers march to the quay\n\nBy Ada Berg\nPort Times, June 14, 2024\n\n"
        "Some 200 fishers marched to the quay on Friday. They will meet the minister on June 19.\n"
    ),
}
Ask = Callable[[str], Answer]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory, embedder: MiniLM) -> Iterator[Ask]:
    articles, data = tmp_path_factory.mktemp("articles"), DataFolder(tmp_path_factory.mktemp("data"))
    for name, text in ARTICLES.items():
        (articles / name).write_text(text, encoding="utf-8")
    sync(articles, data, embedder)
    service = build_service(Settings(data_dir=data.root, answer_cache=0))
    yield lambda question: asyncio.run(service.ask(question))
    service.close()


def _told(answer: Answer) -> list[tuple[str, str]]:
    """Return the values of the sides with the files that they are cited from."""
    paths = {citation.marker: citation.path for citation in answer.citations}
    return [(side.value, paths[side.marker]) for one in answer.differs for side in one.sides]


def test_another_value_of_the_same_thing_is_shown_with_the_earlier_one_the_newest_first(ask: Ask) -> None:
    answer = ask("How much will the new bridge in Elmport cost?")
    assert _told(answer) == [("67 million", "bridge_again.txt"), ("52 million", "bridge.txt")]
    assert [one.path for one in answer.citations] == ["bridge_again.txt", "bridge.txt"]
    note = "The articles differ: 67 million [1] (18 March 2024), earlier 52 million [2] (4 March 2024)."
    assert note in answer.notes
    assert note in answer_text(answer)


def test_a_correction_that_repeats_the_value_it_corrects_comes_first(ask: Ask) -> None:
    answer = ask("How many pupils does the school in Elmport have?")
    assert _told(answer) == [("480", "clarified.txt"), ("840", "school.txt")]


def test_a_value_of_another_thing_beside_the_same_one_is_no_difference(ask: Ask) -> None:
    answer = ask("How many people did the earthquake in Torland kill?")
    assert answer.citations
    assert not answer.differs


def test_of_a_live_report_the_newest_entry_comes_first_with_its_time(ask: Ask) -> None:
    [difference] = ask("How many homes are without power in Greenby?").differs
    assert [(side.value, side.time) for side in difference.sides] == [("9,200", "16:40"), ("3,100", "11:05")]


@pytest.mark.parametrize("question", ["What happened on June 14?", "What happened on 14 June 2024?"])
def test_a_question_for_a_day_is_answered_with_that_day(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert [one.quote for one in answer.citations] == ["Some 200 fishers marched to the quay on Friday."]


def test_a_day_that_nothing_tells_of_is_not_answered_with_another(ask: Ask) -> None:
    assert not ask("What happened on June 3?").citations


def test_facts_know_their_kind_and_what_agrees() -> None:
    said = "On 3 May 2024 at 10:30 the firm paid $4.2 million, about 4,200,000 dollars, for 12 percent."
    paid_on, paid, about, share = facts(said)
    assert [one.kind for one in (paid_on, paid, about, share)] == ["date", "money", "money", "percent"]
    assert paid.agrees(about) and not paid.is_comparable(share)
    assert paid_on.agrees(facts("on May 3")[0]) and not paid_on.agrees(facts("on May 4, 2024")[0])


def test_only_lines_that_a_time_of_day_opens_are_entries() -> None:
    assert [one.clock for one in entries("9:10 p.m. — A first count.\n10.25 p.m. – Another.\n23.40\nThe end.")] == [
        "21:10",
        "22:25",
        "23:40",
    ]
    assert entries("12:30\nA talk alone.") == []
    assert entries("10.30 kroner is the price.\n11.20 kroner was the price.") == []


def test_an_answer_that_says_that_articles_differ_may_be_kept(ask: Ask) -> None:
    answer = ask("How much will the new bridge in Elmport cost?")
    assert _is_repeatable(answer)
    assert not _is_repeatable(answer.model_copy(update={"notes": (*answer.notes, "A leg of the search failed.")}))


def test_undated_sides_are_told_without_an_order() -> None:
    sides = (Side(marker=1, value="4"), Side(marker=2, value="5", published=date(2024, 5, 1)))
    assert difference_note(Difference(asked="?", sides=sides)) == "The articles differ: 4 [1], 5 [2] (1 May 2024)."


def test_a_side_must_be_cited(ask: Ask) -> None:
    answer = ask("How much will the new bridge in Elmport cost?")
    uncited = Difference(asked="?", sides=(Side(marker=1, value="4"), Side(marker=9, value="5")))
    with pytest.raises(ValueError, match="what differs is cited"):
        Answer.model_validate(answer.model_dump() | {"differs": [uncited.model_dump()]})
