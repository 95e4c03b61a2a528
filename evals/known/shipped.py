"""The cases that ship, and the articles that they are about: the seeds, and those planted to give orders."""

import shutil
from pathlib import Path

import seeds

_ROOM = Path(__file__).parent.parent
CASES = _ROOM / "cases.jsonl"
PLANTED = _ROOM / "planted"


def copy_articles(folder: Path) -> Path:
    """Copy the articles that the shipped cases are about into a folder, which is made, and return it."""
    folder.mkdir()
    for source in (Path(seeds.__file__).parent, PLANTED):
        for file in sorted(source.glob("*.txt")):
            shutil.copy(file, folder)
    return folder
