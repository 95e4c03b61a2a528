"""The licences of all that is installed with Newsdesk: `python tests/licences.py >docs/licences.md`."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements.lock"
_HEAD = """# Licences of the dependencies

As the packages state them; `python tests/licences.py >docs/licences.md` writes the list anew.

| package | version | licence |
|---|---|---|"""


def locked() -> list[tuple[str, str]]:
    """The packages of the lock file with their versions, each once."""
    found = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return sorted(dict(found).items())


def licence_of(name: str) -> str:
    """The licence of an installed package in a few words."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return "not installed here (another system or version of Python)"
    if stated := about.get("License-Expression"):
        return str(stated)
    classifiers = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or () if one.startswith("License")]
    stated = str(about.get("License") or "").strip().splitlines()
    return "; ".join(classifiers) or (stated[0][:60] if stated else "not stated")


def rows() -> Iterator[str]:
    """The lines of the list."""
    yield _HEAD
    for name, version in locked():
        yield f"| {name} | {version} | {licence_of(name).replace('|', '/')} |"


if __name__ == "__main__":
    print("\n".join(rows()))
