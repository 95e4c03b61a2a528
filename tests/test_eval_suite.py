import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evals.gating.baseline import load_baseline
from evals.known.cases import Kind
from evals.known.files import read_cases
from evals.known.shipped import CASES, copy_articles
from evals.suite import BASELINE, COULD_NOT_RUN, MISCONFIGURED, MISSED, PASSED, Options, main_eval, run_suite
from qa.settings import Settings

ARTICLE = """Mayor opens bridges

SPRINGFIELD: The mayor opened two bridges across the river on Monday.

The bridges cost $3 million and took four years to build, the mayor told reporters.
"""
CASE = {
    "id": "number-01",
    "kind": "number",
    "question": "How many bridges did the mayor open?",
    "evidence": [[{"path": "bridges.txt", "quote": "The mayor opened two bridges"}]],
    "required": [["two bridges"]],
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "bridges.txt").write_text(ARTICLE, encoding="utf-8")
    return Settings.model_validate({"corpus": corpus, "data_dir": tmp_path / "data"})


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(CASE), encoding="utf-8")
    return file


def thresholds(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "thresholds.toml"
    file.write_text(f"[floors]\n{text}", encoding="utf-8")
    return file


def test_own_cases_on_an_own_folder_pass_and_are_reported(
    tmp_path: Path, settings: Settings, cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = thresholds(tmp_path, "evidence_recall_at_5 = 1.0")
    json_file, markdown_file = tmp_path / "report.json", tmp_path / "report.md"
    assert main_eval(settings, Options(cases, thresholds=gate, json=json_file, markdown=markdown_file)) == PASSED
    assert json.loads(json_file.read_text(encoding="utf-8"))["passed"] is True
    assert markdown_file.read_text(encoding="utf-8").startswith("# Eval of extractive: passed")
    assert capsys.readouterr().out.endswith("Passed. 1 case, answered by extractive\n")
    assert not (tmp_path / "data").exists()


def test_a_missed_threshold_is_exit_code_1(
    tmp_path: Path, settings: Settings, cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main_eval(settings, Options(cases, thresholds=thresholds(tmp_path, "abstention_recall = 0.5"))) == MISSED
    assert "Not passed: abstention_recall has nothing to count, and must not be below 0.500" in capsys.readouterr().out


def test_the_plain_baseline_answers_where_it_is_asked_to(tmp_path: Path, settings: Settings, cases: Path) -> None:
    gate = thresholds(tmp_path, "evidence_recall_at_5 = 1.0")
    assert main_eval(settings, Options(cases, thresholds=gate, reader="baseline")) == PASSED


def test_what_cannot_be_run_is_exit_code_2_and_what_is_wrong_3_and_one_sentence(
    tmp_path: Path, settings: Settings, cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = thresholds(tmp_path, "answer_recall = 1.0")
    draft = tmp_path / "draft.jsonl"
    draft.write_text(json.dumps(CASE | {"draft": True}), encoding="utf-8")
    nowhere = settings.model_copy(update={"corpus": tmp_path / "nowhere"})
    right = Options(cases, thresholds=gate)
    assert main_eval(nowhere, right) == COULD_NOT_RUN
    for wrong in (
        replace(right, cases=tmp_path / "absent.jsonl"),
        replace(right, cases=draft),
        replace(right, thresholds=tmp_path / "absent.toml"),
        replace(right, baseline=tmp_path / "absent.json"),
        replace(right, json=tmp_path / "absent" / "report.json"),
        replace(right, markdown=tmp_path),
        replace(right, reader="nobody"),
    ):
        assert main_eval(settings, wrong) == MISCONFIGURED
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.startswith("newsdesk: ") for line in told.err.splitlines()] == [True] * 8


def test_a_baseline_is_written_and_then_compared_with(
    tmp_path: Path, settings: Settings, cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = thresholds(tmp_path, "evidence_recall_at_5 = 1.0")
    options = Options(cases, thresholds=gate, baseline=tmp_path / "baseline.json")
    assert main_eval(settings, replace(options, update_baseline=True)) == PASSED
    assert "The baseline is new: 1 case" in capsys.readouterr().out
    assert main_eval(settings, options) == PASSED
    told = capsys.readouterr().out
    assert "Compared with a baseline answered by extractive, over 1 cases that both have" in told
    assert main_eval(settings, replace(options, update_baseline=True)) == PASSED
    assert capsys.readouterr().out.startswith("Nothing changed\n")


def test_the_shipped_baseline_is_never_written_by_other_cases_readers_or_models(
    tmp_path: Path, settings: Settings, cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = BASELINE.read_bytes()
    other = settings.model_copy(update={"model": "openai/m", "replay": tmp_path})
    for changed, options in (
        (settings, Options(cases, update_baseline=True)),
        (settings, Options(corpus=tmp_path, update_baseline=True)),
        (settings, Options(reader="baseline", update_baseline=True)),
        (other, Options(update_baseline=True)),
    ):
        assert main_eval(changed, options) == MISCONFIGURED
        assert "Name another: --baseline FILE" in capsys.readouterr().err
    assert BASELINE.read_bytes() == before


def test_the_shipped_baseline_is_of_the_shipped_cases() -> None:
    baseline = load_baseline(BASELINE)
    cases = [written.case for written in read_cases(CASES)]
    assert baseline.model == "extractive"
    assert set(baseline.cases) == {case.id for case in cases}
    assert not [kept for kept in baseline.cases.values() if any(score.error for score in kept.scores)]


def test_the_same_run_gives_the_same_bytes_without_times(tmp_path: Path, settings: Settings, cases: Path) -> None:
    gate = thresholds(tmp_path, "evidence_recall_at_5 = 1.0")
    reports = []
    for name in ("first", "second"):
        options = Options(
            cases, thresholds=gate, json=tmp_path / f"{name}.json", markdown=tmp_path / f"{name}.md", times=False
        )
        assert main_eval(settings, options) == PASSED
        reports.append([file.read_bytes() for file in options.reports if file])
    assert reports[0] == reports[1]
    assert b"seconds" not in reports[0][0]


def test_shipped_cases_of_each_kind_run_on_the_shipped_articles_with_exact_citations(tmp_path: Path) -> None:
    """Three of each kind; `newsdesk eval` itself is part of the gate."""
    few = Counter[str]()
    with (tmp_path / "few.jsonl").open("w", encoding="utf-8") as file:
        for line in CASES.read_text(encoding="utf-8").splitlines():
            few[kind := json.loads(line)["kind"]] += 1
            file.write(f"{line}\n" if few[kind] <= 3 else "")
    settings = Settings.model_validate({"corpus": tmp_path, "data_dir": tmp_path / "data"})
    options = Options(tmp_path / "few.jsonl", corpus=copy_articles(tmp_path / "articles"))
    report, articles = run_suite(settings, options)
    assert {one.kind for one in report.scores} == set(Kind)
    assert not [one.error for one in report.scores if one.error]
    assert report.figures["citation_exactness"].value == 1.0
    texts = {article.path: article.text for article in articles.values()}
    for citation in (one for outcome in report.outcomes if outcome.answer for one in outcome.answer.citations):
        assert texts[citation.path][citation.start : citation.end] == citation.quote
