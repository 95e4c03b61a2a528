from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import (
    ScriptedService,
    abstention,
    cited_answer,
    measure,
    nearest_answer,
    place_in,
    right_answer,
    right_script,
)

from evals.errors import BadConfiguration, EvalError
from evals.gating.baseline import Baseline, Comparison, load_baseline, to_text
from evals.gating.gate import Level, failures, findings, shown
from evals.gating.thresholds import WHOLE, Bounds, Thresholds, load_thresholds
from evals.known.articles import articles_in
from evals.known.cases import Case, Kind
from evals.known.checking import load_cases
from evals.known.shipped import CASES, copy_articles
from evals.reports.report import Report
from evals.scoring.figures import Better, Difference, Figure, Unit
from evals.scoring.scores import Score, score
from evals.suite import THRESHOLDS
from index.models import Article
from qa.models import Answer, Support

Script = dict[str, Answer | Exception]


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> list[Article]:
    return list(articles_in(copy_articles(tmp_path_factory.mktemp("shipped") / "articles")).values())


@pytest.fixture(scope="module")
def cases(articles: list[Article]) -> tuple[Case, ...]:
    return load_cases(CASES, articles)


@pytest.fixture
def gated(cases: tuple[Case, ...], articles: list[Article]) -> Callable[[Script], Report]:
    """Run the shipped cases and thresholds on a script."""

    def run(script: Script) -> Report:
        return measure(ScriptedService(script), cases, articles, load_thresholds(THRESHOLDS))

    return run


def missed(report: Report) -> set[str]:
    return {finding.name for finding in failures(report.findings)}


def test_right_answers_pass(gated: Callable[[Script], Report], cases: tuple[Case, ...]) -> None:
    report = gated(right_script(cases))
    assert report.passed
    assert report.findings == ()


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
    assert missed(report) == {"cases", "errors"}
    assert f"1 of {len(cases)}" in report.findings[0].reason
    assert cases[0].id in report.findings[0].reason


def test_a_run_of_which_every_case_is_an_error_could_not_run(
    gated: Callable[[Script], Report], cases: tuple[Case, ...]
) -> None:
    script: Script = {question: RuntimeError("boom") for case in cases for question in (*case.earlier, case.question)}
    with pytest.raises(EvalError, match=rf"Not one of the {len(cases)} cases .* RuntimeError: boom"):
        gated(script)


def test_a_run_without_cases_never_passes() -> None:
    found = findings([], Thresholds(floors={"abstention_recall": 0.0}), {}, {})
    assert [(one.name, one.level) for one in found] == [("cases", Level.FAILS), ("abstention_recall", Level.FAILS)]


def test_latencies_have_ceilings(articles: list[Article], cases: tuple[Case, ...]) -> None:
    answered = [case for case in cases if case.answerable]
    for most, names in ((0.5, set()), (0.4, {"total_p95"})):
        thresholds = Thresholds(floors={"answer_recall": 1.0}, ceilings={"total_p95": most})
        assert missed(measure(ScriptedService(right_script(answered)), answered, articles, thresholds)) == names


FIGURE = Figure(value=0.6, n=30, cases=20, low=0.4, high=0.8)


def judged(
    thresholds: Thresholds, group: str = WHOLE, figure: Figure = FIGURE, change: Difference | None = None
) -> list[tuple[str, str, Level]]:
    """Return what the gate finds where one figure of one group is known."""
    scores = [Score(id="a", kind=Kind.NUMBER, answerable=True)]
    comparison = Comparison(cases=20, differences={"answer_recall": change} if change else {})
    found = findings(scores, thresholds, {group: {"answer_recall": figure}}, {group: comparison} if change else {})
    return [(one.name, one.group, one.level) for one in found]


def test_a_floor_holds_for_all_cases_or_for_a_group() -> None:
    for_group = Thresholds(groups={"number": Bounds(floors={"answer_recall": 0.7})})
    assert judged(Thresholds(floors={"answer_recall": 0.6})) == []
    assert judged(Thresholds(floors={"answer_recall": 0.7})) == [("answer_recall", WHOLE, Level.FAILS)]
    assert judged(for_group, "number") == [("answer_recall", "number", Level.FAILS)]


def test_a_figure_over_few_cases_only_warns() -> None:
    few = FIGURE.model_copy(update={"cases": 4})
    assert judged(Thresholds(floors={"answer_recall": 0.7}), figure=few) == [("answer_recall", WHOLE, Level.WARNS)]


def test_a_group_with_a_floor_and_no_case_fails() -> None:
    gone = Thresholds(groups={"gone": Bounds(floors={"answer_recall": 0.1})})
    assert judged(gone) == [("answer_recall", "gone", Level.FAILS)]


@pytest.mark.parametrize(
    ("value", "low", "high", "cases", "level"),
    [
        (-0.1, -0.15, -0.05, 20, Level.FAILS),  # outside of the noise
        (-0.1, -0.25, 0.05, 20, Level.WARNS),  # inside of it
        (-0.02, -0.025, -0.015, 20, None),  # outside, and no more than is allowed
        (-0.1, -0.15, -0.05, 4, Level.WARNS),  # over too few cases
        (0.1, 0.05, 0.15, 20, None),  # better
    ],
)
def test_a_drop_outside_of_the_noise_fails_and_one_inside_warns(
    value: float, low: float, high: float, cases: int, level: Level | None
) -> None:
    change = Difference(value=value, low=low, high=high, cases=cases)
    found = judged(Thresholds(max_drop={"answer_recall": 0.02}), change=change)
    assert found == ([("answer_recall", WHOLE, level)] if level else [])


def test_where_less_is_better_a_rise_is_a_drop() -> None:
    scores = [Score(id="a", kind=Kind.NUMBER, answerable=True)]
    rise = Difference(value=0.1, low=0.05, high=0.15, cases=20)
    comparison = {WHOLE: Comparison(cases=20, differences={"misattribution": rise})}
    (found,) = findings(scores, Thresholds(max_drop={"misattribution": 0.0}), {}, comparison)
    assert (found.name, found.level) == ("misattribution", Level.FAILS)


def compared(old: Script, new: Script, cases: tuple[Case, ...], articles: list[Article], **most: float) -> Report:
    thresholds = Thresholds(max_drop=most)
    before = measure(ScriptedService(old), cases, articles, thresholds)
    baseline = Baseline.of("scripted", before.outcomes, before.scores)
    return measure(ScriptedService(new), cases, articles, thresholds, baseline)


def test_a_run_is_compared_case_by_case_with_the_baseline(articles: list[Article], cases: tuple[Case, ...]) -> None:
    right = right_script(cases)
    wrong = [case for case in cases if case.answerable][:12]
    worse = {question: answer for question, answer in right.items() if question not in {one.question for one in wrong}}
    report = compared(right, worse, cases, articles, answer_recall=0.0)
    assert missed(report) == {"answer_recall"}
    assert report.comparison is not None
    change = report.comparison.differences["answer_recall"]
    assert change.value == pytest.approx(-12 / change.cases)
    assert change.high < 0


def test_one_case_that_turned_is_noise_and_warns(articles: list[Article], cases: tuple[Case, ...]) -> None:
    right = right_script(cases)
    first = next(case for case in cases if case.answerable)
    report = compared(right, right | {first.question: abstention(first.question)}, cases, articles, answer_recall=0.0)
    assert report.passed
    assert [(one.name, one.level) for one in report.findings] == [("answer_recall", Level.WARNS)]


def test_what_has_nothing_to_count_any_more_fails(articles: list[Article], cases: tuple[Case, ...]) -> None:
    report = compared(right_script(cases), {}, cases, articles, citation_precision=0.0)
    assert missed(report) == {"citation_precision"}


def test_the_same_run_differs_in_nothing(articles: list[Article], cases: tuple[Case, ...]) -> None:
    right = right_script(cases)
    report = compared(right, right, cases, articles, answer_recall=0.0)
    assert report.findings == ()
    assert report.comparison is not None
    assert {change.value for change in report.comparison.differences.values()} == {0.0}


def test_a_case_that_is_new_or_has_changed_is_not_compared(articles: list[Article], cases: tuple[Case, ...]) -> None:
    outcomes = measure(ScriptedService(right_script(cases)), cases, articles, Thresholds()).outcomes
    scores = [score(outcome, {}) for outcome in outcomes]
    baseline = Baseline.of("scripted", outcomes[1:], scores[1:])
    changed = outcomes[1].model_copy(update={"case": outcomes[1].case.model_copy(update={"question": "Else?"})})
    new, old = baseline.paired([outcomes[0], changed, *outcomes[2:]], scores)
    assert {one.id for one in new} == {one.id for one in old} == {one.case.id for one in outcomes[2:]}


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path, articles: list[Article], cases: tuple[Case, ...]) -> None:
    report = measure(ScriptedService(right_script(cases)), cases, articles, Thresholds())
    baseline = Baseline.of("scripted", report.outcomes, report.scores)
    file = tmp_path / "baseline.json"
    file.write_text(to_text(baseline), encoding="utf-8")
    assert load_baseline(file) == baseline
    assert len(to_text(baseline).splitlines()) == len(cases) + 2


@pytest.mark.parametrize(("text", "message"), [("{", "cannot be read"), ("{}", "no baseline"), ("[1]", "no baseline")])
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration, match=message):
        load_baseline(file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[floors]\nanswer_recal = 0.9", "Did you mean answer_recall?"),
        ("[floors]\nxyz = 0.9", "The metrics are: abstention_precision"),
        ("[floors]\ntotal_p95 = 0.9", "a metric of which more is better"),
        ("[ceilings]\nanswer_recall = 0.9", "a metric of which less is better"),
        ("[max_drop]\nstatus_answered = 0.1", "does not fit this table"),
        ("[max_drop]\ntotal_p95 = 0.1", "no latency"),
        ("[floors]\nanswer_recall = 90", "a share from 0 to 1"),
        ("[floors]\nanswer_recall = nan", "a share from 0 to 1"),
        ("[floors]\nanswer_recall = true", "a share from 0 to 1"),
        ("[floors]\nanswer_recall = '0.9'", "a share from 0 to 1"),
        ("[ceilings]\ntotal_p95 = inf", "a number of s"),
        ("[floor]\nanswer_recall = 0.9", "no table 'floor'"),
        ("floors = 1", "no table 'floors'"),
        ("[groups.number]\nfloors = 1", "groups.number: there is no table 'floors'"),
        ("[groups.number.floors]\nanswer_recal = 1", "groups.number: [floors] answer_recal"),
        ("[groups]\nnumber = 1", "a group has tables"),
        ("groups = 1", "a group has tables"),
        ("min_samples = 0\n[floors]\nanswer_recall = 1", "a whole number from 1"),
        ("[floors]", "any run would pass"),
        ("", "any run would pass"),
        ("answer_recall: 1", "cannot be read"),
    ],
)
def test_thresholds_that_cannot_gate_are_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "thresholds.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        load_thresholds(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_thresholds_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot be read"):
        load_thresholds(tmp_path / "absent.toml")


def test_a_figure_is_never_shown_as_better_than_it_is() -> None:
    assert [shown(value) for value in (0.96996, 0.97, 1.0, None)] == ["0.969", "0.970", "1.000", "-"]
    seconds = [shown(value, Unit.SECONDS, Better.LESS) for value in (0.0301, 0.03, None)]
    assert seconds == ["0.031 s", "0.030 s", "-"]
