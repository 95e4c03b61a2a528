import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import ScriptedService, cited_answer, nearest_answer, place_in, right_answer, right_script

import seeds
from evals.cases import Case, load_cases
from evals.errors import EvalError
from evals.gate import Thresholds, in_seconds, load_thresholds, misses, shown
from evals.metrics import figures
from evals.report import Report
from evals.suite import CASES, THRESHOLDS, measure
from index.models import Article
from index.sync.ingesting import read_article
from qa.models import Answer, Support

Script = dict[str, Answer | Exception]


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    files = sorted(Path(seeds.__file__).parent.glob("*.txt"))
    return [read_article(file.name, file.read_bytes()) for file in files]


@pytest.fixture(scope="module")
def cases(articles: list[Article]) -> tuple[Case, ...]:
    return load_cases(CASES, articles)


@pytest.fixture
def gated(cases: tuple[Case, ...], articles: list[Article]) -> Callable[[Script], Report]:
    """Run the shipped cases and thresholds on a script."""

    def run(script: Script) -> Report:
        service = ScriptedService(script)
        return asyncio.run(measure(service, "scripted", cases, articles, load_thresholds(THRESHOLDS)))

    return run


def missed(report: Report) -> set[str]:
    return {miss.name for miss in report.misses}


def test_shipped_thresholds_are_those_of_the_project() -> None:
    assert load_thresholds(THRESHOLDS).thresholds == {
        "evidence_recall_at_5": 0.93,
        "answer_recall": 0.48,
        "citation_exactness": 1.0,
        "citation_precision": 0.76,
        "citation_recall": 0.50,
        "support_precision": 0.90,
        "support_recall": 0.90,
        "abstention_precision": 0.42,
        "abstention_recall": 0.80,
    }


def test_right_answers_pass(gated: Callable[[Script], Report], cases: tuple[Case, ...]) -> None:
    report = gated(right_script(cases))
    assert report.passed
    assert report.misses == ()


def test_abstaining_on_everything_fails(gated: Callable[[Script], Report]) -> None:
    report = gated({})
    assert missed(report) >= {"answer_recall", "citation_recall", "citation_exactness", "abstention_precision"}


def test_quoting_what_comes_nearest_on_everything_fails(
    gated: Callable[[Script], Report], cases: tuple[Case, ...]
) -> None:
    place = next(case for case in cases if case.answerable).evidence[0][0]
    report = gated({case.question: nearest_answer(case.question, place) for case in cases})
    assert missed(report) >= {"answer_recall", "citation_recall", "citation_precision", "abstention_precision"}
    assert report.figures["nearest_of_answerable"].value == report.figures["nearest_of_unanswerable"].value == 1.0


def test_quoting_what_comes_nearest_to_what_the_articles_do_not_say_passes(
    gated: Callable[[Script], Report], cases: tuple[Case, ...]
) -> None:
    place = next(case for case in cases if case.answerable).evidence[0][0]
    nearest: Script = {one.question: nearest_answer(one.question, place) for one in cases if not one.answerable}
    assert gated(right_script(cases) | nearest).passed


def test_answering_everything_fails(gated: Callable[[Script], Report], cases: tuple[Case, ...]) -> None:
    place = next(case for case in cases if case.answerable).evidence[0][0]
    anyhow: Script = {
        one.question: cited_answer(one.question, [(place.quote, place)]) for one in cases if not one.answerable
    }
    assert missed(gated(right_script(cases) | anyhow)) == {
        "abstention_precision",
        "abstention_recall",
    }


def test_citing_the_wrong_place_fails(
    gated: Callable[[Script], Report], cases: tuple[Case, ...], articles: list[Article]
) -> None:
    place = place_in(articles[4], "(This story has not been edited by Devdiscourse staff")
    wrong: Script = {}
    for case in (case for case in cases if case.answerable):
        right = right_answer(case)
        said = "; ".join(string for group in case.required for string in group)
        wrong[case.question] = cited_answer(case.question, [(said, place)]).model_copy(update={"hits": right.hits})
    assert missed(gated(wrong)) == {"citation_precision", "citation_recall"}


def test_a_quote_that_is_not_in_the_file_fails(gated: Callable[[Script], Report], cases: tuple[Case, ...]) -> None:
    case = next(case for case in cases if case.answerable)
    answer = right_answer(case)
    first = answer.citations[0]
    altered = first.model_copy(update={"quote": "X" + first.quote[1:]})
    broken = answer.model_copy(update={"citations": (altered, *answer.citations[1:])})
    assert missed(gated(right_script(cases) | {case.question: broken})) == {"citation_exactness"}


def test_invented_statements_on_the_right_places_fail(
    gated: Callable[[Script], Report], cases: tuple[Case, ...]
) -> None:
    invented: Script = {}
    for case in (case for case in cases if case.answerable):
        said = [("The moon is made of cheese.", fact[0]) for fact in case.evidence]
        invented[case.question] = cited_answer(case.question, said)
    assert missed(gated(right_script(cases) | invented)) == {"answer_recall"}


def test_statements_that_the_service_judged_unsupported_fail(
    gated: Callable[[Script], Report], cases: tuple[Case, ...]
) -> None:
    doubted: Script = {}
    for case in (case for case in cases if case.answerable):
        said = [("; ".join(group[0] for group in case.required), fact[0]) for fact in case.evidence]
        doubted[case.question] = cited_answer(case.question, said, Support.UNSUPPORTED)
    assert missed(gated(right_script(cases) | doubted)) == {"support_precision", "support_recall"}


def test_not_finding_the_evidence_fails(gated: Callable[[Script], Report], cases: tuple[Case, ...]) -> None:
    unfound: Script = {case.question: right_answer(case).model_copy(update={"hits": ()}) for case in cases}
    assert missed(gated(unfound)) == {"evidence_recall_at_5"}


def test_one_case_with_an_error_fails(gated: Callable[[Script], Report], cases: tuple[Case, ...]) -> None:
    report = gated(right_script(cases) | {cases[0].question: RuntimeError("boom")})
    assert missed(report) == {"cases"}
    assert "1 of 108" in report.misses[0].reason
    assert cases[0].id in report.misses[0].reason


def test_a_run_of_which_every_case_is_an_error_could_not_run(
    gated: Callable[[Script], Report], cases: tuple[Case, ...]
) -> None:
    script: Script = {question: RuntimeError("boom") for case in cases for question in (*case.earlier, case.question)}
    with pytest.raises(EvalError, match=r"Not one of the 108 cases .* RuntimeError: boom"):
        gated(script)


def test_a_run_without_cases_never_passes() -> None:
    found = misses(figures([]), [], Thresholds(thresholds={"abstention_recall": 0.0}))
    assert [miss.name for miss in found] == ["cases", "abstention_recall"]


def test_latencies_are_maximums(articles: list[Article], cases: tuple[Case, ...]) -> None:
    answered = [case for case in cases if case.answerable]
    for most, names in ((0.5, set()), (0.4, {"total_p95"})):
        thresholds = Thresholds(thresholds={"answer_recall": 1.0}, latencies={"total_p95": most})
        service = ScriptedService(right_script(answered))
        assert missed(asyncio.run(measure(service, "scripted", answered, articles, thresholds))) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[thresholds]\nanswer_recal = 0.9", "Did you mean answer_recall?"),
        ("[thresholds]\nxyz = 0.9", "The metrics are: evidence_recall_at_1"),
        ("[thresholds]\ntotal_p95 = 0.9", "no such metric"),
        ("[latencies]\nanswer_recall = 0.9", "no such metric"),
        ("[thresholds]\nanswer_recall = 90", "a share from 0 to 1"),
        ("[thresholds]\nanswer_recall = nan", "a share from 0 to 1"),
        ("[thresholds]\nanswer_recall = true", "a share from 0 to 1"),
        ("[thresholds]\nanswer_recall = '0.9'", "a share from 0 to 1"),
        ("[thresholds]\nanswer_recall = 1\n[latencies]\ntotal_p95 = inf", "a number of seconds"),
        ("[threshold]\nanswer_recall = 0.9", "no table 'threshold'"),
        ("thresholds = 1", "no table 'thresholds'"),
        ("[thresholds]", "any run would pass"),
        ("", "any run would pass"),
        ("[latencies]\ntotal_p95 = 1", "any run would pass"),
        ("answer_recall: 1", "cannot be read"),
    ],
)
def test_thresholds_that_cannot_gate_are_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "thresholds.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(EvalError) as caught:
        load_thresholds(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_thresholds_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="cannot be read"):
        load_thresholds(tmp_path / "absent.toml")


def test_a_figure_is_never_shown_as_better_than_it_is() -> None:
    assert [shown(value) for value in (0.96996, 0.97, 1.0, None)] == ["0.969", "0.970", "1.000", "-"]
    assert [in_seconds(value) for value in (0.0301, 0.03, None)] == ["0.031 s", "0.030 s", "-"]
