"""Reports for machines and for a browser: JUnit XML, the HTML page, two runs compared, a sweep over a setting."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from playwright.sync_api import Browser
from scripted import abstention, cited_answer, place_in, right_answer
from test_eval_report import ARTICLE, OUTCOMES, THRESHOLDS, WRONG, report_of

from evals.asking.outcomes import Outcome
from evals.errors import BadConfiguration
from evals.gating.baseline import Baseline
from evals.gating.thresholds import Thresholds
from evals.reports.compared import comparison, read_run
from evals.reports.junit import to_junit
from evals.reports.page import to_page
from evals.reports.plots import bars, lines
from evals.reports.report import Report, make_report, to_json
from evals.scoring.figures import NOTHING, Figure
from evals.scoring.scores import score
from evals.sweep import main_sweep
from qa.settings import Settings

ARTICLES = {"a.txt": ARTICLE}
BETTER = Outcome(case=WRONG, answer=right_answer(WRONG))


def compared_report() -> Report:
    before = report_of(*OUTCOMES)
    after = (OUTCOMES[0], BETTER, OUTCOMES[2])
    baseline = Baseline.of("before", before.outcomes, before.scores)
    return make_report("scripted", after, [score(one, ARTICLES) for one in after], THRESHOLDS, baseline)


def test_junit_fails_where_the_gate_fails_and_nowhere_else() -> None:
    outcomes = (*OUTCOMES, Outcome(case=WRONG.model_copy(update={"id": "broken"}), error="QAError: \x00 no"))
    root = Xml.fromstring(to_junit(report_of(*outcomes)))
    failed = [test.get("name") for test in root.iter("testcase") if test.find("failure") is not None]
    assert failed == ["all: answer_recall", "all: cases"]
    assert [suite.get("name") for suite in root] == ["gate", "number", "near_miss"]
    number = root.find("testsuite[@name='number']")
    assert number is not None
    assert (number.get("tests"), number.get("errors"), number.get("skipped")) == ("3", "1", "1")
    skipped = number.find("testcase[@name='wrong']/skipped")
    assert skipped is not None and "does not say" in str(skipped.get("message"))
    error = number.find("testcase[@name='broken']/error")
    assert error is not None and error.get("message") == "QAError: \ufffd no"


def test_junit_tells_warnings() -> None:
    few = THRESHOLDS.model_copy(update={"min_samples": 10})
    report = make_report("scripted", OUTCOMES, [score(one, ARTICLES) for one in OUTCOMES], few)
    out = Xml.fromstring(to_junit(report)).find("testsuite/testcase/system-out")
    assert out is not None and str(out.text).startswith("warns: answer_recall")


def test_the_page_asks_nothing_of_the_network_and_shows_text_as_text() -> None:
    hostile = cited_answer("What cost?", [("<script>alert(1)</script> {{ 7 * 7 }}", place_in(ARTICLE, "<$3> million"))])
    page = to_page(report_of(OUTCOMES[0], Outcome(case=WRONG, answer=hostile)), ARTICLES)
    assert not re.search(r"""(?:src|href|url)\s*[=(]|@import|fetch\(|https?://(?!www\.w3\.org/2000/svg)""", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert "{{ 7 * 7 }}" in page


def test_the_page_marks_what_is_cited_and_what_is_evidence() -> None:
    page = to_page(report_of(*OUTCOMES), ARTICLES)
    assert "He opened <u><mark>two bridges</mark></u>. They cost" in page
    assert "<u>&lt;$3&gt; million</u>" in page


def test_the_page_shows_what_changed_since_the_baseline() -> None:
    page = to_page(compared_report(), ARTICLES)
    assert "<del>A | of &lt;b&gt;gold&lt;/b&gt;.</del>" in page
    assert 'data-turned="1"' in page


def test_held_out_cases_are_not_on_the_page() -> None:
    hidden = WRONG.model_copy(update={"held_out": True})
    page = to_page(report_of(OUTCOMES[0], Outcome(case=hidden, answer=abstention("What cost?"))), ARTICLES)
    assert "What cost?" not in page
    assert "held_out: 1 of 1 fell short" in page


def test_plots_are_xml_and_show_what_has_no_value() -> None:
    some = Figure(value=0.5, n=4, cases=4, low=0.2, high=0.8)
    drawn = Xml.fromstring(bars("a <b>", {"<one>": some, "two": NOTHING}))
    assert len(drawn.findall("{*}rect")) == 1
    assert "nothing to count" in [text.text for text in drawn.findall("{*}text")]
    drawn = Xml.fromstring(lines("over", ["2", "4"], {"answer_recall": [some, NOTHING]}))
    assert len(drawn.findall("{*}circle")) == 1


def saved(file: Path, report: Report) -> Path:
    file.write_text(to_json(report), encoding="utf-8")
    return file


def test_two_runs_are_compared_by_the_cases_that_both_asked(tmp_path: Path) -> None:
    first = saved(tmp_path / "a.json", report_of(*OUTCOMES))
    second = saved(tmp_path / "b.json", report_of(BETTER, *OUTCOMES[1:][1:]))
    told = comparison(read_run(first), read_run(second)).splitlines()
    assert told[-1] == "2 cases in both"
    assert "better wrong: does not say '$3' or 'three'" in told[-2]
    recall = next(line.split() for line in told if line.startswith("answer_recall"))
    assert recall[:3] == ["answer_recall", "0.000", "1.000"]
    other = Outcome(case=WRONG.model_copy(update={"question": "What did it cost?"}), error="no")
    with pytest.raises(BadConfiguration, match="no case in common"):
        comparison(read_run(first), read_run(saved(tmp_path / "c.json", report_of(other))))


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "cannot be read"), ("[]", "is no report"), ('{"outcomes": [{}]}', "of another version")],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration, match=message):
        read_run(file)


CASE: dict[str, Any] = {
    "id": "one",
    "kind": "number",
    "question": "How many bridges did he open?",
    "evidence": [[{"path": "a.txt", "quote": "opened two bridges"}]],
    "required": [["two bridges"]],
}


def test_a_sweep_asks_with_each_value_of_a_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, cases, svg = tmp_path / "corpus", tmp_path / "cases.jsonl", tmp_path / "plot.svg"
    corpus.mkdir()
    (corpus / "a.txt").write_text("The mayor said that he had opened two bridges on Monday.\n", encoding="utf-8")
    cases.write_text(json.dumps(CASE), encoding="utf-8")
    assert main_sweep(Settings(), "QA_HITS=1,2", cases, corpus, ["evidence_recall_at_5"], svg) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:3] for row in told] == [
        ["QA_HITS=1", "evidence_recall_at_5", "1.000"],
        ["QA_HITS=2", "evidence_recall_at_5", "1.000"],
    ]
    assert len(Xml.parse(svg).getroot().findall("{*}circle")) == 2


@pytest.mark.parametrize(
    ("setting", "metric", "message"),
    [
        ("QA_HIT=1", "answer_recall", "is no setting with values"),
        ("QA_HITS", "answer_recall", "is no setting with values"),
        ("QA_HITS=no", "answer_recall", "QA_HITS=no is not valid"),
        ("QA_HITS=1", "total_p50", "There is no share 'total_p50'"),
    ],
)
def test_a_sweep_over_nothing_is_refused(setting: str, metric: str, message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        main_sweep(Settings(), setting, None, None, [metric], None)


def test_a_run_without_thresholds_makes_every_report() -> None:
    report = make_report("scripted", OUTCOMES, [score(one, ARTICLES) for one in OUTCOMES], Thresholds())
    assert report.passed
    assert Xml.fromstring(to_junit(report)).find("testsuite[@name='gate']") is not None
    assert "passed" in to_page(report, ARTICLES)


def test_the_page_filters_its_cases(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(to_page(compared_report(), ARTICLES), encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(file.as_uri())
    visible = "details:not([hidden]) summary b"
    assert page.locator(visible).all_inner_texts() == ["right", "wrong", "nothing"]
    page.select_option("#group", "near_miss")
    assert page.locator(visible).all_inner_texts() == ["nothing"]
    page.select_option("#group", "")
    page.select_option("#state", "turned")
    assert page.locator(visible).all_inner_texts() == ["wrong"]
    page.select_option("#state", "")
    page.fill("#words", "TUNNELS")
    assert page.locator(visible).all_inner_texts() == ["nothing"]
    assert page.inner_text("#shown") == "1 of 3"
    assert page.locator("svg").count() >= 2
    assert asked == [file.as_uri()]
    assert faults == []
    page.close()
