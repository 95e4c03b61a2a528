import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from pythons import VERSIONS

ROOT = Path(__file__).parent.parent
PACKAGES = ("qa", "index", "prompts", "evals", "seeds")
DATA = {".txt", ".md", ".onnx", ".json", ".jsonl", ".toml", ".css", ".js", ".html", ".svg", ".typed", ""}


def _tracked() -> set[str]:
    names = (path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    return {name.as_posix() for name in names if "__pycache__" not in name.parts}


def test_wheel_holds_the_packages_with_their_data_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == _tracked()
    assert {Path(name).suffix for name in names} <= DATA | {".py"}
    for needed in (
        "index/embedding/minilm/model.int8.onnx",
        "prompts/answer.md",
        "evals/cases.jsonl",
        "qa/reader/layer.json",
        "qa/py.typed",
        "index/py.typed",
    ):
        assert needed in names


def test_lock_names_no_host_and_hashes_everything() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"https?://|index-url|find-links|trusted-host", lock)
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", lock, re.MULTILINE)
    assert len(pins) > 50
    assert lock.count("--hash=sha256:") >= len(pins)


def test_every_dependency_has_a_floor_and_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = set(re.findall(r"^([\w.-]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for requirement in wanted:
        name = re.split(r"[<>=!~\[]", requirement)[0]
        assert ">=" in requirement, requirement
        assert name.lower() in {one.lower() for one in locked}, requirement
    assert "Private :: Do Not Upload" in project["classifiers"]


def test_the_pythons_that_are_tried_are_those_of_the_project_and_of_the_workflow() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"].startswith(f">={VERSIONS[0]}")
    assert set(re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))) <= set(VERSIONS)
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert f"python: {json.dumps(VERSIONS)}" in workflow


def test_no_registry_lock_file_is_kept() -> None:
    assert "uv.lock" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert not (ROOT / "uv.lock").exists()


def test_workflow_reads_only_and_pins_its_actions() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert re.search(r"^permissions:\n  contents: read$", workflow, re.MULTILINE)
    actions = re.findall(r"uses: (\S+)", workflow)
    assert actions
    for action in actions:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), action
