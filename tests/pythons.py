"""Try the wheel on each Python that it is for: a clean environment, the locked requirements, the wheel, `smoke.py`.

Run with `make test-pythons`. A Python that is not there is said to be untested; one named as an argument must be there.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".venv-pythons"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
MISSING = "not there, not tested"
IS_USABLE = "import ensurepip, platform; print(platform.python_version())"


def main(named: list[str]) -> int:
    """Try the versions named, or all; return 0 when those that are there pass and those that are named are there."""
    there = {version: next(_interpreters(version), None) for version in named or VERSIONS}
    if not any(there.values()):
        print(f"No Python to test with is there: {', '.join(there)}")
        return 1
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
    wheel = _built()
    outcomes = {}
    for version, python in there.items():
        print(f"Python {version}: {python or MISSING}", flush=True)
        outcomes[version] = _outcome(version, python, wheel) if python else MISSING
    print(f"\n{wheel.name}")
    for version, outcome in outcomes.items():
        print(f"Python {version}: {outcome}")
    failed = "failed" in outcomes.values() or (named and MISSING in outcomes.values())
    return int(bool(failed))


def _interpreters(version: str) -> Iterator[Path]:
    """Give the Pythons of a version that can make environments: that on the PATH, then pyenv's, newest first."""
    on_path = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    folders = [one for one in pyenv.glob(f"{version}.*") if re.fullmatch(r"[\d.]+", one.name)]
    newest_first = sorted(folders, key=lambda one: int(one.name.rpartition(".")[2]), reverse=True)
    for python in [*([Path(on_path)] if on_path else []), *(one / "bin" / "python" for one in newest_first)]:
        try:
            done = subprocess.run([python, "-I", "-c", IS_USABLE], capture_output=True, text=True)
        except OSError:
            continue
        if done.returncode == 0 and done.stdout.startswith(f"{version}."):
            yield python


def _built() -> Path:
    """Build the wheel anew, with the Python and the build backend that run this."""
    shutil.rmtree(FOLDER / "wheel", ignore_errors=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(FOLDER / "wheel")]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = (FOLDER / "wheel").glob("*.whl")
    return wheel


def _outcome(version: str, python: Path, wheel: Path) -> str:
    """Make the environment and run the smoke test in it, outside the checkout; what fails says why itself."""
    folder = FOLDER / version
    inside = str(folder / "bin" / "python")
    pip = [inside, "-I", "-m", "pip", "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--quiet"]  # twice: no warnings, only errors
    steps = [
        [str(python), "-I", "-m", "venv", "--clear", str(folder)],
        [*install, "--require-hashes", "-r", str(ROOT / "requirements.lock")],
        [*install, "--no-deps", str(wheel)],
        [*pip, "check"],
        [inside, "-I", str(ROOT / "tests" / "smoke.py")],
    ]
    with tempfile.TemporaryDirectory() as elsewhere:
        for step in steps:
            code = subprocess.run(step, cwd=elsewhere).returncode
            if code:
                print(f"  failed with {code}: {' '.join(step)}", flush=True)
                return "failed"
    return "passed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
