"""How the lines of a model's reply become statements, evidence for them, and what is missing."""

import asyncio

import pytest
from conftest import PlainWords
from stub_model import BUDGET, ScriptedModel, hit_of

from qa.checking.citations import Draft
from qa.models.errors import ModelCutOff
from qa.prompting.evidence import number_evidence
from qa.question.query import understand
from qa.retrieval.retriever import Retrieval
from qa.writing.writer import Assignment, ModelWriter

FLOODS = hit_of("a.txt", "Rain fell in Peshawar. The river rose by two metres.", headline="Floods", outlet="Dawn")


def drafts(reply: str, error: Exception | None = None) -> list[Draft]:
    evidence = number_evidence([FLOODS])
    task = Assignment(understand("How far did the river rise?"), Retrieval(), evidence, (), PlainWords())

    async def collected() -> list[Draft]:
        outputs = ModelWriter(ScriptedModel(reply, error=error), BUDGET).write(task)
        return [output async for output in outputs if isinstance(output, Draft)]

    return asyncio.run(collected())


@pytest.mark.parametrize("keyword", ["MISSING", "NOT_IN_ARTICLES"])
def test_what_is_cited_behind_the_keyword_and_what_stands_before_it_is_said(keyword: str) -> None:
    found = drafts(f"{keyword}: The date. Rain fell [1].")
    assert [one.text for one in found] == ["Rain fell."]
    found = drafts("Rain fell in Swat, but when is NOT_IN_ARTICLES.")
    assert [one.text for one in found] == ["Rain fell in Swat, but when is"]


def test_a_line_above_a_line_of_signs_is_the_head_of_a_table_only_if_it_is_a_row() -> None:
    assert "The dam broke in 2019." in [one.claim for one in drafts("The dam broke in 2019.\n|-|\nRain fell [2].")]


def test_a_line_that_leads_to_a_list_claims_nothing_but_its_figures() -> None:
    found = drafts("In Swat:\n- Rain fell [2].\nOf 12 dead in Swat:\n- It rose [3].")
    assert [one.claim for one in found] == [
        "",
        "Rain fell.",
        "Of 12 dead in Swat:",
        "It rose.",
    ]


def test_a_marker_covers_its_own_paragraph_alone() -> None:
    found = drafts("It snowed in Rome.\n\nRain fell there. The storm reached Swat [3].")
    assert [one.covered_by for one in found] == [(), (3,), ()]


def test_a_label_with_numbers_before_a_statement_is_one() -> None:
    found = drafts("Winner: [3]\nRain fell [2].")
    assert [one.numbers for one in found] == [[3], [2]]


@pytest.mark.parametrize("reply", ["```", '{"answer": "'])
def test_a_cut_off_reply_without_a_word_is_told_as_cut_off(reply: str) -> None:
    with pytest.raises(ModelCutOff):
        drafts(reply, ModelCutOff("It came to its most tokens"))


def test_all_cited_texts_of_an_object_are_statements() -> None:
    found = drafts(
        '{"summary": "Rain fell [1].", "background": "It rose [2].", "id": "a long text without any marker"}'
    )
    assert [one.numbers for one in found] == [[1], [2]]
