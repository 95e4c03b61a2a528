import json
from typing import Any

import pytest
from scripted import abstention, cited_answer, declined_answer, nearest_answer, place_in, right_answer

from evals.asking.outcomes import Outcome
from evals.gating.baseline import Baseline
from evals.gating.thresholds import Thresholds
from evals.known.cases import Case, Kind, Place
from evals.reports.markdown import to_markdown
from evals.reports.report import Report, make_report, problems, to_json
from evals.reports.text import to_text, updated
from evals.scoring.scores import Score, score
from index.models import Article

ARTICLE = Article(
    path="a.txt", text="He opened two bridges. They cost <$3> million.", encoding="utf-8", sha256="0" * 64
)
BRIDGES = place_in(ARTICLE, "two bridges")
COST = place_in(ARTICLE, "<$3> million")
RIGHT = Case(
    id="right", kind=Kind.NUMBER, question="How many bridges?", evidence=((BRIDGES,),), required=(("two bridges",),)
)
WRONG = Case(id="wrong", kind=Kind.NUMBER, question="What cost?", evidence=((COST,),), required=(("$3", "three"),))
NOTHING = Case(id="nothing", kind=Kind.NEAR_MISS, question="How many tunnels?")
OUTCOMES = (
    Outcome(case=RIGHT, answer=right_answer(RIGHT)),
    Outcome(case=WRONG, answer=cited_answer("What cost?", [("A | of\n<b>gold</b>.", BRIDGES)])),
    Outcome(case=NOTHING, answer=abstention("How many tunnels?")),
)
THRESHOLDS = Thresholds(
    min_samples=2, floors={"answer_recall": 0.9, "citation_exactness": 1.0}, ceilings={"total_p50": 2}
)


def report_of(*outcomes: Outcome) -> Report:
    scores = [score(outcome, {"a.txt": ARTICLE}) for outcome in outcomes]
    return make_report("scripted", outcomes, scores, THRESHOLDS)


@pytest.fixture
def report() -> Report:
    return report_of(*OUTCOMES)


def test_json_has_the_figures_the_kinds_and_each_case_with_its_outcome(report: Report) -> None:
    whole: dict[str, Any] = json.loads(to_json(report))
    assert whole["passed"] is False
    (finding,) = whole["findings"]
    assert (finding["name"], finding["level"]) == ("answer_recall", "fails")
    assert finding["reason"] == "answer_recall is 0.500, below 0.900"
    recall = whole["groups"]["all"]["figures"]["answer_recall"]
    assert (recall["value"], recall["n"], recall["cases"]) == (0.5, 2, 2)
    assert 0 < recall["low"] < 0.5 < recall["high"] < 1
    assert list(whole["groups"]) == ["all", "number", "near_miss"]
    nothing = {"value": None, "n": 0, "cases": 0, "low": None, "high": None}
    assert whole["groups"]["number"]["figures"]["abstention_recall"] == nothing
    assert [one["case"]["id"] for one in whole["outcomes"]] == ["right", "wrong", "nothing"]
    cited = whole["outcomes"][0]["answer"]["citations"]
    assert cited == [{"marker": 1, "path": "a.txt", "start": 10, "end": 21, "quote": "two bridges"}]
    assert whole["outcomes"][1]["problems"][0] == "does not say '$3' or 'three'"


def test_an_error_has_no_answer_in_json() -> None:
    whole = json.loads(to_json(report_of(Outcome(case=WRONG, error="QAError: no"))))
    assert whole["outcomes"][0]["answer"] is None
    assert whole["outcomes"][0]["problems"] == ["QAError: no"]


def test_markdown_shows_figures_beside_thresholds(report: Report) -> None:
    text = to_markdown(report)
    assert text.startswith("# Eval of scripted: not passed\n")
    assert "| answer_recall | 0.500 | 0.095-0.905 | ≥ 0.900 | fails |  | 2 |" in text
    assert "| citation_exactness | 1.000 | 0.342-1.000 | ≥ 1.000 | reached |  | 2 |" in text
    assert "| citation_recall | 0.500 | 0.095-0.905 |  |  |  | 2 |" in text
    assert "| total_p50 | 0.500 s | 0.125-0.500 | ≤ 2.000 s | reached |  | 3 |" in text
    assert "| number | 2 | 0.500 | 0.500 | 0.500 | 0.500 | 0 |" in text
    assert "| near_miss | 1 | - | - | - | - | 1 |" in text
    assert "| nearest_of_unanswerable | 0.000 | 0.000-0.793 |  |  |  | 1 |" in text
    assert "| sentences_an_answer | 1.000 | 1.000-1.000 |  |  |  | 2 |" in text
    assert "judged_right" not in text


def test_markdown_lists_the_cases_that_fell_short_as_inert_text(report: Report) -> None:
    text = to_markdown(report)
    assert "### wrong" in text
    assert "### right" not in text
    assert "### nothing" not in text
    assert "- question: What cost?" in text
    assert "- expected: '$3' or 'three'" in text
    assert r"- answer: A \| of \<b\>gold\</b\>. \[1\]" in text
    assert r"- evidence: a.txt '\<$3\> million'" in text


def test_a_report_of_right_answers_passes() -> None:
    report = report_of(OUTCOMES[0], OUTCOMES[2])
    assert report.passed
    assert to_markdown(report).endswith("## Cases that fell short\n\nNone.\n")
    assert to_text(report).endswith("\nPassed. 2 cases, answered by scripted")


def test_the_shell_gets_one_line_for_each_case_that_fell_short(report: Report) -> None:
    lines = to_text(report).splitlines()
    assert [line for line in lines if line.startswith("wrong: does not say")]
    assert not [line for line in lines if line.startswith(("right:", "nothing:"))]
    assert "answer_recall 0.500 0.095-0.905 ≥ 0.900 fails 2".split() in [line.split() for line in lines]
    assert "number 2 0.500 0.500 0.500 0.500 0".split() in [line.split() for line in lines]
    assert lines[-1] == "Not passed: answer_recall is 0.500, below 0.900. 3 cases, answered by scripted"


def test_the_same_run_makes_the_same_report(report: Report) -> None:
    again = report_of(*OUTCOMES)
    assert (to_json(again), to_markdown(again), to_text(again)) == (
        to_json(report),
        to_markdown(report),
        to_text(report),
    )


def scored(case: Case, *said: tuple[str, Place]) -> Score:
    answer = cited_answer(case.question, said) if said else abstention(case.question)
    return score(Outcome(case=case, answer=answer), {"a.txt": ARTICLE})


def test_what_comes_nearest_falls_short_only_where_the_articles_say() -> None:
    def told(case: Case, place: Place) -> tuple[str, ...]:
        answer = nearest_answer(case.question, place)
        return problems(score(Outcome(case=case, answer=answer), {"a.txt": ARTICLE}))

    assert told(NOTHING, BRIDGES) == ()
    assert told(RIGHT, BRIDGES) == ("quoted only what comes nearest, though the articles say",)
    misquoted = Place(path="a.txt", quote="TWO bridges", start=BRIDGES.start)
    assert told(NOTHING, misquoted) == ("1 of 1 citations are not the text of their file",)


def test_what_was_declined_falls_short_whatever_the_articles_say() -> None:
    def told(case: Case) -> str:
        answer = declined_answer(case.question, "I cannot help with that.")
        report = report_of(Outcome(case=case, answer=answer))
        assert json.loads(to_json(report))["outcomes"][0]["answer"]["status"] == "declined"
        assert f"### {case.id}" in to_markdown(report)
        return next(line for line in to_text(report).splitlines() if line.startswith(f"{case.id}:"))

    unfound = "1 of 1 facts not in the first 5 hits"
    assert told(RIGHT) == f"right: declined, though the articles say; {unfound}"
    assert told(NOTHING) == "nothing: declined, though the articles do not say, and without saying so"


def test_problems_are_told_in_plain_words() -> None:
    assert problems(scored(RIGHT, ("two bridges", BRIDGES))) == ()
    assert problems(scored(NOTHING)) == ()
    assert problems(scored(NOTHING, ("One.", BRIDGES))) == ("answered, though the articles do not say",)
    assert problems(scored(RIGHT)) == ("abstained, though the articles say", "1 of 1 facts not in the first 5 hits")
    misquoted = Place(path="a.txt", quote="TWO bridges", start=BRIDGES.start)
    assert problems(scored(RIGHT, ("two", misquoted), ("or so", COST))) == (
        "does not say 'two bridges'",
        "1 of 2 citations beside the evidence",
        "1 of 2 citations are not the text of their file",
    )


def test_held_out_cases_are_counted_and_never_listed() -> None:
    hidden = WRONG.model_copy(update={"held_out": True})
    report = report_of(OUTCOMES[0], Outcome(case=hidden, answer=abstention("What cost?")))
    assert list(report.groups) == ["all", "number", "open", "held_out"]
    for text in (to_text(report), to_markdown(report)):
        assert "held_out: 1 of 1 fell short" in text
        assert "What cost" not in text and "wrong:" not in text


def test_a_baseline_is_shown_by_what_changed() -> None:
    before = report_of(*OUTCOMES)
    baseline = Baseline.of("scripted", before.outcomes, before.scores)
    better = Outcome(case=WRONG, answer=right_answer(WRONG))
    after = (OUTCOMES[0], better, OUTCOMES[2])
    report = make_report("scripted", after, [score(one, {"a.txt": ARTICLE}) for one in after], THRESHOLDS, baseline)
    assert "| answer_recall | 1.000 | 0.342-1.000 | ≥ 0.900 | reached | +0.500 (+0.000 to +1.000) | 2 |" in to_markdown(
        report
    )
    told = updated(baseline, report).splitlines()
    assert "answer_recall            +0.500 (+0.000 to +1.000)" in told
    assert told[-1].startswith("better wrong: does not say")
    assert updated(Baseline.of("scripted", report.outcomes, report.scores), report_again(report)) == "Nothing changed"
    assert updated(None, report).startswith("The baseline is new: 3 cases")


def report_again(report: Report) -> Report:
    baseline = Baseline.of("scripted", report.outcomes, report.scores)
    return make_report("scripted", report.outcomes, report.scores, THRESHOLDS, baseline)
