import json
from pathlib import Path

import pytest

import seeds
from evals.cases import Kind
from evals.suite import COULD_NOT_RUN, MISSED, PASSED, main_eval, run_suite
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
    file.write_text(f"[thresholds]\n{text}", encoding="utf-8")
    return file


def test_own_cases_on_an_own_folder_pass_and_are_reported(
    tmp_path: Path, settings: Settings, cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = thresholds(tmp_path, "evidence_recall_at_5 = 1.0")
    json_file, markdown_file = tmp_path / "report.json", tmp_path / "report.md"
    assert main_eval(settings, cases, gate, json_file, markdown_file) == PASSED
    assert json.loads(json_file.read_text(encoding="utf-8"))["passed"] is True
    assert markdown_file.read_text(encoding="utf-8").startswith("# Eval of extractive: passed")
    assert capsys.readouterr().out.endswith("Passed. 1 cases, answered by extractive\n")
    assert not (tmp_path / "data").exists()


def test_a_missed_threshold_is_exit_code_1(
    tmp_path: Path, settings: Settings, cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main_eval(settings, cases, thresholds(tmp_path, "abstention_recall = 0.5")) == MISSED
    assert "Not passed: abstention_recall is -, below 0.5" in capsys.readouterr().out


def test_the_plain_baseline_answers_where_it_is_asked_to(tmp_path: Path, settings: Settings, cases: Path) -> None:
    gate = thresholds(tmp_path, "evidence_recall_at_5 = 1.0")
    assert main_eval(settings, cases, gate, reader="baseline") == PASSED


def test_what_cannot_be_run_is_exit_code_2_and_one_sentence(
    tmp_path: Path, settings: Settings, cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = thresholds(tmp_path, "answer_recall = 1.0")
    nowhere = settings.model_copy(update={"corpus": tmp_path / "nowhere"})
    assert main_eval(settings, tmp_path / "absent.jsonl", gate) == COULD_NOT_RUN
    assert main_eval(settings, cases, tmp_path / "absent.toml") == COULD_NOT_RUN
    assert main_eval(settings, cases, gate, tmp_path / "absent" / "report.json") == COULD_NOT_RUN
    assert main_eval(settings, cases, gate, None, tmp_path) == COULD_NOT_RUN
    assert main_eval(nowhere, cases, gate) == COULD_NOT_RUN
    assert main_eval(settings, cases, gate, reader="nobody") == COULD_NOT_RUN
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.startswith("newsdesk: ") for line in told.err.splitlines()] == [True] * 6


def test_the_shipped_cases_run_on_the_shipped_articles_with_exact_citations(tmp_path: Path) -> None:
    report = run_suite(Settings.model_validate({"corpus": tmp_path, "data_dir": tmp_path / "data"}))
    assert {one.kind for one in report.scores} == set(Kind)
    assert not [one.error for one in report.scores if one.error]
    assert report.figures["citation_exactness"].value == 1.0
    folder = Path(seeds.__file__).parent
    for citation in (one for outcome in report.outcomes if outcome.answer for one in outcome.answer.citations):
        text = (folder / citation.path).read_bytes().decode("utf-8")
        assert text[citation.start : citation.end] == citation.quote
