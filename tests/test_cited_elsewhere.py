"""A statement that cites the wrong sentence: the second look names the right one, and every face says so."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from conftest import WordReader
from openai import OpenAI
from page_tools import PANDAS, Open, ask
from playwright.sync_api import expect
from stub_model import BUDGET, ScriptedModel, answer_in, hit_of, run_model, service_of, stub_openai
from web_server import served

from index.embedding.embedders import MiniLM
from qa.checking.attribution import Attribution
from qa.checking.checked import CheckedStatement
from qa.checking.citations import Draft
from qa.checking.grounding import CheckResult, Grounder
from qa.checking.second_look import SecondLook
from qa.llm.model import CallOptions, LiteLLMModel
from qa.models import Answer, ProblemCode, Support
from qa.models.errors import ModelTimeout
from qa.prompting.evidence import EvidenceSentence, number_evidence
from qa.retrieval.retriever import Retrieval
from qa.service import QAService
from qa.shell.chat import answer_text
from qa.writing.writer import ModelWriter

pytest_plugins = ["page_fixtures"]
pytestmark = PANDAS
QUESTION = "What became of the bridges and the river?"
FLOODS = hit_of("a.txt", "Rain fell in Peshawar on Monday. The river rose by two metres. Forty bridges were closed.")
SAID = "The river in Peshawar went up a lot [1]. Rain fell in Peshawar on Monday [1]."
SHAPED = {"judgements": [{"statement": 1, "verdict": "supported", "sentences": [2], "reason": ""}]}
WHERE = "It is borne out by [2], which it did not cite."


class Fixed:
    def retrieve(self, *_: object) -> Retrieval:
        return Retrieval((FLOODS,))


def service_with(data_dir: Path, embedder: MiniLM, judged: ScriptedModel, said: str = SAID) -> QAService:
    look = SecondLook(judged, BUDGET, attribution=Attribution(WordReader()))
    return service_of(data_dir, embedder, ModelWriter(ScriptedModel(said), BUDGET), second_look=look, retriever=Fixed())


@pytest.fixture
def answer(data_dir: Path, embedder: MiniLM) -> Iterator[Callable[..., Answer]]:
    def answered(judged: str, said: str = SAID) -> Answer:
        service = service_with(data_dir, embedder, ScriptedModel(judged), said)

        async def collected() -> Answer:
            return answer_in([event async for event in service.stream(QUESTION)])

        try:
            return asyncio.run(collected())
        finally:
            service.close()

    yield answered


@pytest.mark.parametrize("judged", ["1. supported [2]", "1. supported by [2]", json.dumps(SHAPED), f"```{SHAPED}```"])
def test_the_sentence_that_bears_it_out_is_cited_beside_the_one_that_does_not(
    answer: Callable[..., Answer], judged: str
) -> None:
    found = answer(judged.replace("'", '"'))
    first = found.statements[0]
    assert (first.support, first.markers) == (Support.SUPPORTED, (1, 2))
    assert [(one.code, one.text) for one in first.problems] == [(ProblemCode.CITED_ELSEWHERE, WHERE)]
    assert [one.quote for one in found.citations] == [
        "Rain fell in Peshawar on Monday.",
        "The river rose by two metres.",
    ]
    assert found.text == SAID  # what was told stays as it is
    assert f"(supported: The river in Peshawar went up a lot [1].: {WHERE})" in answer_text(found)


@pytest.mark.parametrize(
    ("judged", "support"),
    [
        ("1. supported [1]", Support.SUPPORTED),  # the one that it cites
        ("1. supported [1][2]", Support.SUPPORTED),
        ("1. supported [9]", Support.UNCHECKED),  # no such sentence
        ("1. unsupported [2]", Support.UNSUPPORTED),
        (json.dumps(SHAPED)[:-9], Support.UNCHECKED),  # broken off
    ],
)
def test_nothing_else_adds_a_citation(answer: Callable[..., Answer], judged: str, support: Support) -> None:
    found = answer(judged)
    assert found.statements[0].support is support
    assert len(found.citations) == 1


def test_a_figure_that_stands_in_neither_sentence_stays_a_fault(answer: Callable[..., Answer]) -> None:
    found = answer("1. supported [2]", "The river in Peshawar went up by nine metres [1].")
    assert found.statements[0].support is Support.UNSUPPORTED
    assert len(found.citations) == 1


def test_the_look_sees_sentences_that_no_statement_cites(data_dir: Path, embedder: MiniLM) -> None:
    judged = ScriptedModel("1. supported")
    service = service_with(data_dir, embedder, judged)
    asyncio.run(service.ask(QUESTION))
    service.close()
    assert "[2] The river rose by two metres." in judged.asked[0][-1]["content"]


class Failing(Grounder):
    """A check that cannot be made of what cites two sentences."""

    def judge(
        self, statement: str, cited: Sequence[EvidenceSentence], shown: Sequence[EvidenceSentence] = ()
    ) -> CheckResult:
        if len(cited) > 1:
            raise ModelTimeout("It took too long")
        return super().judge(statement, cited, shown)


def test_what_cannot_be_checked_elsewhere_is_not_called_borne_out(data_dir: Path, embedder: MiniLM) -> None:
    look = SecondLook(ScriptedModel("1. supported [2]"), BUDGET, attribution=Attribution(WordReader()))
    parts = {"second_look": look, "retriever": Fixed(), "grounder": Failing(embedder)}
    service = service_of(data_dir, embedder, ModelWriter(ScriptedModel(SAID), BUDGET), **parts)
    found = asyncio.run(service.ask(QUESTION))
    service.close()
    assert found.statements[0].support is Support.UNCHECKED and len(found.citations) == 1


def test_a_client_of_openai_reads_where_it_is_borne_out(data_dir: Path, embedder: MiniLM) -> None:
    with served(service_with(data_dir, embedder, ScriptedModel("1. supported [2]")), data_dir) as address:
        client = OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        reply = client.chat.completions.create(model="newsdesk", messages=[{"role": "user", "content": QUESTION}])
    content = reply.choices[0].message.content or ""
    assert content == f"{SAID}\n\n“The river in Peshawar went up a lot.” {WHERE}"


def test_a_model_that_replies_in_a_given_shape_is_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    evidence = number_evidence([FLOODS])
    checked = CheckedStatement(
        Draft.parsed("The river went up [1]."), tuple(evidence[:1]), CheckResult(Support.UNCHECKED)
    )
    with stub_openai() as stub:
        stub.reply = json.dumps(SHAPED)
        look = SecondLook(LiteLLMModel("openai/gpt-4o", stub.base, CallOptions(100)), BUDGET)
        looked = run_model(look.judge([checked], evidence, evidence))
    assert looked.elsewhere == {0: (2,)}
    assert stub.requests[0]["response_format"]["json_schema"]["name"] == "Judgements"


def test_the_page_shows_the_number_behind_the_sentence(open_page: Open, data_dir: Path, embedder: MiniLM) -> None:
    with served(service_with(data_dir, embedder, ScriptedModel("1. supported [2]")), data_dir) as address:
        page = open_page(address)
        ask(page, QUESTION)
        first = page.locator(".answer > p > span").first
        expect(first.locator("a.cite")).to_have_text(["1", "2"])
        expect(page.locator("#sources")).to_contain_text("The river rose by two metres.")
        expect(page.locator(".answer .doubts")).to_have_count(0)
