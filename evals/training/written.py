"""Questions written by reading, for training only: on passages of `verify` and `squad2`, and known ones reworded.

`written.jsonl` holds no text of the sets, only digests of what a question is about. On a passage: `passage`,
`question`, `answers` (the spans of the sentences that answer, best first; none when nothing does). In other words:
`like`, the digest of a question of `newsquestions`, and `question`, which has the same evidence.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.benchmarks.answering.given import Given
from evals.benchmarks.halves import first_half
from index.models import Span

FILE = Path(__file__).with_name("written.jsonl")


def digest(text: str) -> str:
    """Return by which name a passage or a question is known in `written.jsonl`."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def on_passages(data: Path) -> Iterator[Given]:
    """Yield the questions on passages, each with its text; only passages that are trained on are looked at."""
    known = {digest(text): (head, text) for head, text in _passages(data)}
    for row in _written():
        if found := known.get(row.get("passage", "")):
            head, text = found
            places = tuple(Span(start + len(head), end + len(head)) for start, end in row["answers"])
            yield Given("written", True, row["question"], f"{head}{text}\n", bool(places), places)


def reworded(asked: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the questions of `newsquestions`, and after each the same in other words, if there is one."""
    others: Mapping[str, str] = {row["like"]: row["question"] for row in _written() if "like" in row}
    for one in asked:
        yield one
        if other := others.get(digest(one["question"])):
            yield one | {"question": other}


def _written() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def _passages(data: Path) -> Iterator[tuple[str, str]]:
    for file in sorted((data / "squad2" / "articles").glob("*.txt")):
        if first_half(file.name):
            for paragraph in file.read_bytes().decode("utf-8").split("\n\n")[1:]:
                yield f"{file.stem.replace('_', ' ')}\n\n", paragraph
    for file in sorted((data / "verify").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["split"] == "train":
                yield "", row["passage"]
