import asyncio
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from qa.models import Event, ProblemCode, Status, Support
from qa.settings import PREFIX, Settings
from qa.shell.chat import answer_text
from qa.wiring import build_service

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
FOLDERS = {"seeds", "index", "prompts", "qa", "evals", "tests"}


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def test_readme_opens_with_a_sentence_the_two_commands_an_answer_and_the_folder_map() -> None:
    places = [README.index(part) for part in ("answers questions", "make run", "make test", "[1] 003_", "| `seeds/` |")]
    assert places == sorted(places)


def test_settings_table_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(QA_\w+)` \| (?:`([^`]*)`)? ?\| (.+) \|$", README, re.MULTILINE)
    table = {name: (default, text) for name, default, text in rows}
    assert set(table) == {PREFIX + name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default, text = table[PREFIX + name.upper()]
        assert text == field.description
        if name == "data_dir":
            assert default == "~/.local/share/newsdesk"
        elif field.default in (None, ()):
            assert default == ""
        else:
            assert type(field.default)(default) == field.default


@pytest.mark.parametrize("name", ["SECURITY.md", "RELIABILITY.md"])
def test_what_is_promised_names_tests_that_there_are(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:test_\w+|conftest)\.py", text))
    assert named and named <= {file.name for file in (ROOT / "tests").glob("*.py")}
    for file, chosen in re.findall(r"pytest tests/(test_\w+\.py) -k ([\w]+|\"[^\"]+\")", text):
        tests = (ROOT / "tests" / file).read_text(encoding="utf-8")
        for word in chosen.strip('"').split(" or "):
            assert re.search(rf"def test_\w*{word}", tests), (file, word)


def test_readme_names_what_an_answer_and_its_stream_are_made_of() -> None:
    http = README.partition("## Over HTTP")[2].partition("\n## ")[0]
    events = [kind.model_fields["type"].default for kind in get_args(get_args(Event)[0])]
    assert "verdict" in events
    for name in (*Status, *Support, *ProblemCode, *events):
        assert f"`{name}`" in http, name


def test_readme_answers_are_what_the_program_says(data_dir: Path) -> None:
    service = build_service(Settings(data_dir=data_dir))
    examples = re.findall(r'\$ newsdesk ask "(.+?)"\n(.*?)(?=\n\n    \$|\n\n\()', README, re.DOTALL)
    assert len(examples) == 2
    for question, shown in examples:
        assert _squeezed(answer_text(asyncio.run(service.ask(question)))) == _squeezed(shown)
    service.close()


def test_folder_maps_name_the_folders_there_are() -> None:
    there = {
        path.name for path in ROOT.iterdir() if path.is_dir() and (path.name == "tests" or list(path.glob("*.py")))
    }
    assert there == FOLDERS
    assert set(re.findall(r"^\| `(\w+)/` \|", README, re.MULTILINE)) == FOLDERS
    assert set(re.findall(r"^    (\w+)/  ", ARCHITECTURE, re.MULTILINE)) == FOLDERS


def test_every_module_that_the_architecture_names_is_there() -> None:
    named = re.findall(r"`((?:qa|index|evals|prompts)/[\w./]+)`", ARCHITECTURE)
    assert named
    for name in named:
        path = ROOT / name
        assert path.exists() or path.with_suffix(".py").exists(), name


def test_make_targets_that_the_documents_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    texts = [README, ARCHITECTURE, (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")]
    named = {target for text in texts for target in re.findall(r"\bmake ([a-z]+)\b(?=[ `;\n]|$)", text)}
    named -= {"it"}
    assert {"run", "test", "eval", "bench", "lock"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_readme_shows_the_thresholds_of_the_gate() -> None:
    thresholds = tomllib.loads((ROOT / "evals" / "thresholds.toml").read_text(encoding="utf-8"))["floors"]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|$", README, re.MULTILINE))
    assert {name: float(value) for name, value in rows.items()} == thresholds
