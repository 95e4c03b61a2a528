"""The rules of the house: who may import whom, and how long things may get."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"index", "prompts", "qa", "evals", "seeds", "tests"}
MAY_IMPORT = {
    "seeds": set(),
    "index": set(),
    "prompts": set(),
    "qa": {"index", "prompts"},
    "evals": {"qa", "index", "prompts", "seeds"},
}
MAY_BESIDES = {"qa/wiring.py": {"seeds"}, "qa/cli.py": {"evals"}}
HEAVY = {
    "litellm": {"index/embedding.py", "qa/connections.py", "qa/llm.py", "qa/model_faults.py", "qa/reranking.py"},
    "chromadb": {"index/vectors.py", "index/chroma_server.py"},  # in a folder, in a server
    "tantivy": {"index/lexical.py"},
    "onnxruntime": {"index/encoder.py"},
    "trafilatura": {"index/reading.py"},
    "lxml": {"index/formats/markup.py"},
    "pypdf": {"index/formats/pdf.py"},
    "watchfiles": {"index/watching.py"},
    "fastapi": {"qa/web/"},
    "gradio": {"qa/web/"},
}
AT_THE_TOP = {"fastapi", "gradio"}
MEASURES = ("evals/benchmarks/", "evals/training/")
APART = "evals/training/encoder.py"
"""It runs in an environment of its own, and imports nothing of ours."""
FILES = sorted(
    file.relative_to(ROOT).as_posix()
    for folder in (*MAY_IMPORT, "tests")
    for file in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in file.parts
)
SHIPPED = [file for file in FILES if not file.startswith("tests/")]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module or ""]
    return []


def _imports(file: str) -> set[str]:
    return {name.partition(".")[0] for node in ast.walk(_tree(file)) for name in _names(node)}


def _imports_at_the_top(node: ast.AST) -> Iterator[str]:
    """The imports that run when the file is imported: not those in functions or under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function) or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)):
            continue
        yield from (name.partition(".")[0] for name in _names(child))
        yield from _imports_at_the_top(child)


def _public(node: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | Function) and not child.name.startswith("_"):
            yield inside + child.name, child
            if isinstance(child, ast.ClassDef):
                yield from _public(child, f"{child.name}.")


def test_every_package_is_looked_at() -> None:
    assert {file.partition("/")[0] for file in FILES} == OURS
    assert "index/snapshots.py" in FILES
    assert "tests/test_structure.py" in FILES


@pytest.mark.parametrize("file", SHIPPED)
def test_a_package_imports_only_those_below_it(file: str) -> None:
    package = file.partition("/")[0]
    allowed = MAY_IMPORT[package] | {package} | MAY_BESIDES.get(file, set())
    assert (_imports(file) & OURS) - allowed == set()


@pytest.mark.parametrize("file", SHIPPED)
def test_the_exceptions_are_imported_only_when_a_command_needs_them(file: str) -> None:
    above = {"evals", "seeds"} if file.startswith("qa/") and file != "qa/wiring.py" else set()
    assert set(_imports_at_the_top(_tree(file))) & above == set()


@pytest.mark.parametrize("file", SHIPPED)
def test_nothing_shipped_imports_relatively(file: str) -> None:
    assert [node.lineno for node in ast.walk(_tree(file)) if isinstance(node, ast.ImportFrom) and node.level] == []


@pytest.mark.parametrize("file", SHIPPED)
def test_heavy_libraries_are_imported_where_they_belong(file: str) -> None:
    strays = {name for name in _imports(file) & set(HEAVY) if not any(file.startswith(place) for place in HEAVY[name])}
    assert file.startswith(MEASURES) or strays == set()


@pytest.mark.parametrize("file", SHIPPED)
def test_heavy_libraries_are_imported_inside_the_function_that_needs_them(file: str) -> None:
    at_the_top = set(_imports_at_the_top(_tree(file))) & set(HEAVY) if file != APART else set()
    assert at_the_top - (AT_THE_TOP if file.startswith("qa/web/") else set()) == set()


@pytest.mark.parametrize(
    "module", ["index", "qa", "index.syncing", "index.reader", "qa.service", "qa.wiring", "qa.cli"]
)
def test_importing_a_module_loads_no_heavy_library(module: str) -> None:
    code = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert set(json.loads(done.stdout)) & set(HEAVY) == set()


@pytest.mark.parametrize("file", FILES)
def test_a_file_stays_within_400_lines(file: str) -> None:
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("file", SHIPPED)
def test_a_function_stays_under_40_lines(file: str) -> None:
    long = {
        node.name: length
        for node in ast.walk(_tree(file))
        if isinstance(node, Function) and (length := (node.end_lineno or 0) - node.lineno + 1) >= 40
    }
    assert long == {}


@pytest.mark.parametrize("file", SHIPPED)
def test_every_public_name_has_a_docstring(file: str) -> None:
    tree = _tree(file)
    bare = [name for name, node in _public(tree) if not ast.get_docstring(node)]
    empty = not tree.body
    assert bare == []
    assert empty or ast.get_docstring(tree)


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("tests/")])
def test_no_check_is_switched_off_in_a_test(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    off = ["# " + word for word in ("noqa", "type: " + "ignore", "fmt: off", "fmt: skip")]
    off += ["pytest.mark." + word for word in ("skip", "xfail")] + ["pytest." + word for word in ("skip(", "xfail(")]
    assert [mark for mark in off if mark in text] == []
