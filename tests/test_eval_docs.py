"""docs/evals.md, walked through as a new user would: its commands are run as they stand, in a folder of articles."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from evals.gating.thresholds import load_thresholds
from evals.known.cases import Case, Kind
from evals.known.shipped import CASES
from evals.scoring.metrics import METRICS
from evals.suite import Options
from qa.cli import Exit

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "evals.md").read_text(encoding="utf-8")
EXPECTED = {"--reader baseline": Exit.MISSED}
"""What is to end with another code than 0."""


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def commands(title: str) -> list[str]:
    return re.findall(r"^    ((?:QA_\w+=\S+ )*newsdesk .+)$", section(title), re.MULTILINE)


def block(title: str, language: str) -> str:
    return section(title).partition(f"```{language}\n")[2].partition("```")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, seed_folder: Path) -> Path:
    """A folder with `articles`, thresholds as the page has them, and the command `newsdesk`."""
    made = tmp_path_factory.mktemp("walk")
    (made / "articles").mkdir()
    for file in sorted(seed_folder.glob("00[13]*.txt")):
        shutil.copy(file, made / "articles")
    thresholds = block("From a folder to a red and a green run", "toml")
    (made / "thresholds.toml").write_text(thresholds, encoding="utf-8")
    program = made / "bin" / "newsdesk"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m qa.cli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return made


def walked(folder: Path, title: str) -> list[str]:
    """Run the commands of a section as they stand and return what they print; each ends as it should."""
    said = []
    for command in commands(title):
        environment = os.environ | {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=environment,
            input="a\n" * 20,
            capture_output=True,
            text=True,
            check=False,
        )
        code = next((code for words, code in EXPECTED.items() if words in command), Exit.DONE)
        assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
        said.append(done.stdout)
    return said


@pytest.mark.timeout(600)
def test_a_new_user_gets_from_a_folder_to_a_green_and_a_red_run(folder: Path) -> None:
    init, accepted, checked, baseline, green, red = walked(folder, "From a folder to a red and a green run")
    assert "Wrote 12 drafts" in init
    assert "evidence" in accepted and "Accepted 12; 0 drafts are left" in accepted
    assert "12 cases, 0 of them drafts: no problems" in checked
    assert "The baseline is new: 12 cases" in baseline
    assert green.splitlines()[-1] == "Passed. 12 cases, answered by extractive"
    assert red.splitlines()[-1].startswith("Not passed: ")
    *_, compared, swept, exported = walked(folder, "Reports")
    assert "12 cases in both" in compared
    assert "QA_HITS=4" in swept and (folder / "hits.svg").exists()
    assert "run.txt" in exported and (folder / "exported" / "ragas.jsonl").exists()
    assert (folder / "report.html").exists()


def test_the_page_names_options_that_there_are() -> None:
    named = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", TEXT.partition("## In CI")[0]))
    of_commands = {"out", "number", "svg", "no-times", "output"}
    assert named - of_commands <= {name.replace("_", "-") for name in Options.__dataclass_fields__}


def test_the_page_names_the_figures_that_there_are() -> None:
    named = {name for name in re.findall(r"`([a-z_0-9]+)`", section("The figures")) if not name.startswith("_")}
    named -= {"n", "differing"}
    assert named <= set(METRICS)
    unnamed = {name for name in METRICS if not re.match(r"status_|verdict_|nearest_of_|total_|first_|evidence_", name)}
    assert unnamed - named == {"errors", "sentences_an_answer"}


def test_the_case_of_the_page_is_a_case() -> None:
    (fields,) = yaml.safe_load(block("A case", "yaml"))
    assert Case.model_validate(fields).kind is Kind.NUMBER
    rows = set(re.findall(r"^\| `(\w+)` \|", section("A case"), re.MULTILINE))
    told = {"id", "question", "evidence", "required"}
    assert rows | told == set(Case.model_fields)


def test_the_thresholds_of_the_page_and_of_the_project_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "thresholds.toml"
    file.write_text(block("From a folder to a red and a green run", "toml"), encoding="utf-8")
    assert load_thresholds(file).min_samples == tomllib.loads(file.read_text(encoding="utf-8"))["min_samples"]


def test_the_jobs_of_the_page_ask_with_options_that_there_are() -> None:
    jobs = [yaml.safe_load(part.partition("```")[0]) for part in section("In CI").split("```yaml\n")[1:]]
    action = yaml.safe_load((ROOT / ".github" / "actions" / "eval" / "action.yml").read_text(encoding="utf-8"))
    given = jobs[0]["jobs"]["eval"]["steps"][-1]["with"]
    assert set(given) <= set(action["inputs"])
    options = set(re.findall(r"--([a-z-]+)", jobs[1]["eval"]["script"][0]))
    assert options <= {name.replace("_", "-") for name in Options.__dataclass_fields__}


def test_the_page_counts_the_cases_that_ship() -> None:
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    held_out = sum(case.get("held_out", False) for case in cases)
    assert f"{len(cases)} questions in {len({case['kind'] for case in cases})} groups" in " ".join(TEXT.split())
    assert f"{held_out} of them are held out" in " ".join(TEXT.split())
