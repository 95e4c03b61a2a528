"""Proof that the gate can fail: a program that is broken in one place makes it red, by the metric one would expect.

Each row of `TABLE` breaks one thing. The baseline is the program as it is, on the same cases; the thresholds are those
that ship. Answers are asked for once and then altered where that is enough; a search, an index, a reader and a second
look are broken where they are, inside the service.
"""

import asyncio
import random
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import WordReader
from stub_model import BUDGET, AnsweringModel, ScriptedModel, service_of

from evals.asking.outcomes import Outcome
from evals.asking.runner import Asker, run
from evals.gating.baseline import Baseline
from evals.gating.gate import failures
from evals.gating.thresholds import load_thresholds
from evals.known.articles import articles_in
from evals.known.cases import Case, Kind, Place
from evals.known.checking import load_cases, located
from evals.known.shipped import CASES, PLANTED, copy_articles
from evals.reports.report import Report, make_report
from evals.scoring.scores import score
from evals.suite import THRESHOLDS
from index.embedding.embedders import MiniLM
from index.models import Article
from index.store.snapshots import DataFolder
from index.sync.syncing import sync
from qa.checking.second_look import SecondLook
from qa.models import Answer, Hit, Status
from qa.reader.reading import Reader, Reading, TermStatistics
from qa.retrieval.retriever import Retrieval, Retriever
from qa.service import QAService
from qa.writing.writer import ExtractiveWriter, ModelWriter

pytestmark = pytest.mark.timeout(600)
Answers = dict[str, Answer]
PLANTED_PATHS = {file.name for file in PLANTED.iterdir()}
Alter = Callable[[Answers], Answers]


class Remembering:
    """A reader that reads the same hits for the same question once."""

    def __init__(self, reader: Reader) -> None:
        self.name = reader.name
        self._reader = reader
        self._read: dict[tuple[str, ...], Reading] = {}

    def rank(self, question: str, hits: Sequence[Hit], words: TermStatistics) -> Reading:
        key = (question, *(hit.passage.id for hit in hits))
        if key not in self._read:
            self._read[key] = self._reader.rank(question, hits, words)
        return self._read[key]


class AlwaysSure:
    """A reader that is sure of whatever it finds: abstention is off."""

    def __init__(self, reader: Reader) -> None:
        self.name = reader.name
        self._reader = reader

    def rank(self, question: str, hits: Sequence[Hit], words: TermStatistics) -> Reading:
        return replace(self._reader.rank(question, hits, words), probability=1.0)


class Shuffled:
    """A search whose hits come in any order."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever
        self._random = random.Random(1)

    def retrieve(self, *asked: Any) -> Retrieval:
        found = self._retriever.retrieve(*asked)
        return replace(found, hits=tuple(self._random.sample(found.hits, len(found.hits))))


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Article]:
    return articles_in(copy_articles(tmp_path_factory.mktemp("shipped") / "articles"))


@pytest.fixture(scope="module")
def cases(articles: dict[str, Article]) -> list[Case]:
    """Every third of the shipped cases about the seeds: enough to tell, and a third of the time."""
    return [case for case in load_cases(CASES, articles.values()) if not set(case.paths) & PLANTED_PATHS][::3]


@pytest.fixture(scope="module")
def reading(reader: Reader) -> Reader:
    return Remembering(reader)


@pytest.fixture(scope="module")
def serve(embedder: MiniLM) -> Iterator[Callable[..., QAService]]:
    made: list[QAService] = []

    def service(folder: Path, reader: Reader, **parts: Any) -> QAService:
        made.append(service_of(folder, embedder, ExtractiveWriter(reader), **parts))
        return made[-1]

    yield service
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def honest(serve: Callable[..., QAService], data_dir: Path, reading: Reader, cases: list[Case]) -> Answers:
    """The answers of the program as it is."""
    return answers_of(serve(data_dir, reading), cases)


def answers_of(service: Asker, cases: Sequence[Case]) -> Answers:
    outcomes = asyncio.run(run(service, cases))
    return {outcome.case.id: outcome.answer for outcome in outcomes if outcome.answer}


def gated(cases: Sequence[Case], before: Answers, after: Answers, articles: dict[str, Article]) -> Report:
    """Return the report of the broken program, beside the whole one as its baseline."""
    thresholds = load_thresholds(THRESHOLDS).model_copy(update={"floors": {}})
    old = [Outcome(case=case, answer=before[case.id]) for case in cases]
    new = [Outcome(case=case, answer=after[case.id]) for case in cases]
    baseline = Baseline.of("honest", old, [score(one, articles) for one in old])
    return make_report("broken", new, [score(one, articles) for one in new], thresholds, baseline)


def reddened(report: Report) -> set[str]:
    return {finding.name for finding in failures(report.findings)}


def numbers_altered(answers: Answers) -> Answers:
    """Say another figure wherever a figure is said; markers and quotes stay."""

    def altered(text: str) -> str:
        return re.sub(r"(?<!\[)\b\d", lambda digit: str((int(digit[0]) + 1) % 10), text)

    def of(answer: Answer) -> Answer:
        statements = tuple(one.model_copy(update={"text": altered(one.text)}) for one in answer.statements)
        return answer.model_copy(update={"text": altered(answer.text), "statements": statements})

    return {name: of(answer) for name, answer in answers.items()}


def offsets_shifted(answers: Answers) -> Answers:
    """Point one character further than the quotes stand."""

    def of(answer: Answer) -> Answer:
        moved = [one.model_copy(update={"start": one.start + 1, "end": one.end + 1}) for one in answer.citations]
        return answer.model_copy(update={"citations": tuple(moved)})

    return {name: of(answer) for name, answer in answers.items()}


def always_abstaining(answers: Answers) -> Answers:
    """Say of everything that the articles do not say it."""
    nothing = {"status": Status.NOT_IN_ARTICLES, "text": "", "statements": (), "citations": ()}
    return {name: answer.model_copy(update=nothing) for name, answer in answers.items()}


def citations_permuted(answers: Answers) -> Answers:
    """Give each citation the place of the next one, of all answers in turn."""
    every = [citation for answer in answers.values() for citation in answer.citations]
    turned = iter([*every[1:], *every[:1]])

    def of(answer: Answer) -> Answer:
        moved = [next(turned).model_copy(update={"marker": one.marker}) for one in answer.citations]
        return answer.model_copy(update={"citations": tuple(moved)})

    return {name: of(answer) for name, answer in answers.items()}


TABLE: list[tuple[Alter, set[str]]] = [
    (numbers_altered, {"answer_recall", "number_match"}),
    (offsets_shifted, {"citation_exactness"}),
    (always_abstaining, {"answer_recall", "citation_recall"}),
    (citations_permuted, {"citation_precision", "citation_recall"}),
]


@pytest.mark.parametrize(("alter", "expected"), TABLE)
def test_altered_answers_turn_the_gate_red(
    alter: Alter, expected: set[str], honest: Answers, cases: list[Case], articles: dict[str, Article]
) -> None:
    assert reddened(gated(cases, honest, alter(honest), articles)) >= expected


def test_the_program_as_it_is_stays_green(honest: Answers, cases: list[Case], articles: dict[str, Article]) -> None:
    report = gated(cases, honest, honest, articles)
    assert report.findings == ()


def test_abstention_that_is_off_turns_the_gate_red(
    serve: Callable[..., QAService],
    data_dir: Path,
    reading: Reader,
    honest: Answers,
    cases: list[Case],
    articles: dict[str, Article],
) -> None:
    broken = answers_of(serve(data_dir, AlwaysSure(reading)), cases)
    assert reddened(gated(cases, honest, broken, articles)) >= {"abstention_recall"}


@pytest.fixture(scope="module")
def searched(serve: Callable[..., QAService], data_dir: Path, cases: list[Case]) -> Answers:
    """The answers of the program with a quick reader, to tell by what the search finds."""
    return answers_of(serve(data_dir, WordReader()), cases)


def test_a_shuffled_search_turns_the_gate_red(
    serve: Callable[..., QAService],
    data_dir: Path,
    embedder: MiniLM,
    searched: Answers,
    cases: list[Case],
    articles: dict[str, Article],
) -> None:
    broken = answers_of(serve(data_dir, WordReader(), retriever=Shuffled(Retriever(embedder, 8))), cases)
    assert reddened(gated(cases, searched, broken, articles)) >= {"mrr", "ndcg_at_5", "evidence_recall_at_5"}


def test_an_article_that_is_dropped_turns_the_gate_red(
    serve: Callable[..., QAService],
    tmp_path: Path,
    seed_folder: Path,
    embedder: MiniLM,
    searched: Answers,
    cases: list[Case],
    articles: dict[str, Article],
) -> None:
    shutil.copytree(seed_folder, tmp_path / "seeds", ignore=shutil.ignore_patterns("003_*", "*.py*"))
    sync(tmp_path / "seeds", DataFolder(tmp_path / "data"), embedder)
    broken = answers_of(serve(tmp_path / "data", WordReader()), cases)
    assert reddened(gated(cases, searched, broken, articles)) >= {"evidence_recall_at_5", "citation_recall"}


SOURCE = "001_a187e742bdc37b07.txt"
QUOTE = "a group of US lawmakers writing to Secretary of State Antony Blinken"
FALSE = "The Biden administration wrote to a group of US lawmakers"


def test_a_second_look_that_says_yes_to_all_turns_the_gate_red(
    data_dir: Path, embedder: MiniLM, articles: dict[str, Article]
) -> None:
    asked = ["Who wrote?", "Who sent a letter?", "Whose letter was it?", "Which side wrote?", "Who was it that wrote?"]
    traps = [
        located(
            Case(
                id=str(at),
                kind=Kind.FACT,
                question=f"{question} To Antony Blinken, about military assistance?",
                evidence=((Place(path=SOURCE, quote=QUOTE),),),
                required=(("group of US lawmakers",),),
                forbidden=(FALSE,),
            ),
            articles,
        )
        for at, question in enumerate(asked)
    ]

    def answers(verdict: str) -> Answers:
        writer = AnsweringModel(lambda number: f"{FALSE} [{number('a group of US lawmakers writing')}].")
        service = service_of(
            data_dir,
            embedder,
            ModelWriter(writer, BUDGET),
            second_look=SecondLook(ScriptedModel(f"1. {verdict}"), BUDGET),
        )
        try:
            return answers_of(service, traps)
        finally:
            service.close()

    assert reddened(gated(traps, answers("unsupported"), answers("supported"), articles)) >= {"false_support"}
