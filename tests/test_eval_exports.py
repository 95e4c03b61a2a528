"""Exports are read back by the tools that they are for."""

import inspect
import json
import os
import subprocess
import warnings
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from scripted import abstention, hit
from test_eval_metrics import BOATS, CASE, COST, OPENED, RIVER

from evals.asking.outcomes import Outcome
from evals.errors import BadConfiguration
from evals.exports import main_export
from evals.gating.thresholds import Thresholds
from evals.known.cases import Place
from evals.reports.report import make_report, to_json
from evals.scoring.scores import score
from evals.suite import Options
from qa.shell.evaluating import evaluate

ids = [f"first one-{at}" for at in range(3)]
FOUND: list[tuple[Place, ...]] = [(OPENED, COST), (RIVER, COST, BOATS, OPENED), (RIVER,)]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    outcomes = [
        Outcome(
            case=CASE.model_copy(update={"id": name, "evidence": ((OPENED,), (COST,))}),
            answer=abstention(CASE.question).model_copy(update={"hits": tuple(map(hit, places))}),
        )
        for name, places in zip(ids, FOUND, strict=True)
    ]
    relevant = {name: tuple(hit(place).passage.id for place in (OPENED, COST)) for name in ids}
    scores = [score(outcome, {}) for outcome in outcomes]
    report = make_report("m", outcomes, scores, Thresholds(), relevant=relevant)
    file = tmp_path / "report.json"
    file.write_text(to_json(report), encoding="utf-8")
    (tmp_path / "figures.json").write_text(
        json.dumps({name: figure.value for name, figure in report.figures.items()}), encoding="utf-8"
    )
    assert main_export(file, tmp_path / "out") == 0
    return tmp_path


def test_ir_measures_finds_the_same_figures(exported: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ir_measures
        from ir_measures import RR, R, nDCG
    run = list(ir_measures.read_trec_run(str(exported / "out" / "run.txt")))
    qrels = list(ir_measures.read_trec_qrels(str(exported / "out" / "qrels.txt")))
    ours = json.loads((exported / "figures.json").read_text(encoding="utf-8"))
    theirs = ir_measures.calc_aggregate([RR, nDCG @ 5, R @ 1, R @ 3, R @ 5], qrels, run)
    for name, measure in (
        ("mrr", RR),
        ("ndcg_at_5", nDCG @ 5),
        ("evidence_recall_at_1", R @ 1),
        ("evidence_recall_at_3", R @ 3),
        ("evidence_recall_at_5", R @ 5),
    ):
        assert ours[name] == pytest.approx(theirs[measure]), name
    assert {one.query_id for one in run} == {"first_one-0", "first_one-1", "first_one-2"}


def test_samples_have_the_fields_of_ragas(exported: Path) -> None:
    lines = (exported / "out" / "ragas.jsonl").read_text(encoding="utf-8").splitlines()
    samples = [json.loads(line) for line in lines]
    assert [len(sample["retrieved_contexts"]) for sample in samples] == [2, 4, 1]
    assert samples[0] == {
        "user_input": CASE.question,
        "response": "The articles do not say.",
        "retrieved_contexts": [OPENED.quote, COST.quote],
        "reference": f"{OPENED.quote} {COST.quote}",
        "reference_contexts": [OPENED.quote, COST.quote],
    }


def test_what_is_no_report_is_not_exported(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text('{"outcomes": [{"case": {}}]}', encoding="utf-8")
    with pytest.raises(BadConfiguration, match="another version"):
        main_export(file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


ACTION = Path(__file__).parent.parent / ".github" / "actions" / "eval" / "action.yml"
FAKE = """#!/bin/sh
for word in "$@"; do echo "$word" >>asked; done
echo "# Eval" >eval-report/report.md
exit 1
"""


def test_the_action_asks_with_what_it_is_given_posts_the_summary_and_keeps_the_exit_code(tmp_path: Path) -> None:
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    (step,) = [step for step in action["runs"]["steps"] if "eval-report/report.json" in step.get("run", "")]
    program = tmp_path / "newsdesk" / "bin" / "newsdesk"
    program.parent.mkdir(parents=True)
    program.write_text(FAKE, encoding="utf-8")
    program.chmod(0o755)
    given = {"CASES": "my cases.jsonl", "CORPUS": "$(touch ran)", "THRESHOLDS": "", "BASELINE": "b.json"}
    assert given.keys() == step["env"].keys()
    environment = os.environ | given | {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": "summary"}
    done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 1
    assert (tmp_path / "summary").read_text(encoding="utf-8") == "# Eval\n"
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[:7] == ["eval", "--cases", "my cases.jsonl", "--corpus", "$(touch ran)", "--baseline", "b.json"]
    assert not (tmp_path / "ran").exists()
    options = {f"--{name.replace('_', '-')}" for name in inspect.signature(evaluate).parameters}
    assert {word for word in asked if word.startswith("--")} <= options


def test_the_action_keeps_its_reports_whatever_happens() -> None:
    last = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"][-1]
    assert last["uses"].startswith("actions/upload-artifact@")
    assert (last["if"], last["with"]["path"]) == ("always()", "eval-report")


def test_the_options_of_the_command_are_those_of_a_run() -> None:
    options = {field.name for field in fields(Options)}
    assert set(inspect.signature(evaluate).parameters) - {"context"} == options
