"""Cleaning: how much of the article text of web page dumps is kept, and how much of what is kept is article text.

Reads `pages.jsonl` (`id`, `split`), `raw/ID.txt` and `lines.jsonl` (`id`, `i`, `text`, `keep`, the lines that are not
blank). Every line counts with its characters. The gold holds no headlines: a headline that is kept counts as junk.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.benchmarks import Figures
from evals.errors import EvalError
from index.cleaning import cleaning, metadata
from index.text import lines
from index.text.lines import Line

_SPLITS = ("dev", "train")
_WORD_LIMITS = range(41)


@dataclass(frozen=True)
class LabelledPage:
    """A page dump with its lines and whether each is article text."""

    id: str
    split: str
    lines: tuple[Line, ...]
    keep: tuple[bool, ...]


def run(data: Path) -> Figures:
    """Clean the pages of both splits; recall, precision, F1, and beside them two baselines."""
    figures: Figures = {}
    pages = {split: read_pages(data, split) for split in _SPLITS}
    limit = _best_word_limit(pages["train"])
    for split in _SPLITS:
        figures[f"pages ({split})"] = len(pages[split])
        rules = {"": _cleaned, "keep everything: ": _everything, f"over {limit} words: ": _over(limit)}
        for name, rule in rules.items():
            recall, precision, f1 = prf((page, rule(page)) for page in pages[split])
            figures |= {f"{name}recall ({split})": recall, f"{name}precision ({split})": precision}
            figures[f"{name}F1 ({split})"] = f1
    return figures


def read_pages(data: Path, split: str) -> list[LabelledPage]:
    """Return the pages of one split; raise EvalError when the files do not fit each other."""
    try:
        wanted = [row["id"] for row in _rows(data / "pages.jsonl") if row["split"] == split]
        labels: dict[str, list[tuple[str, bool]]] = {page: [] for page in wanted}
        for row in _rows(data / "lines.jsonl"):
            if row["id"] in labels and row["text"].strip():
                labels[row["id"]].append((row["text"].strip(), bool(row["keep"])))
        return [_page(data / "raw" / f"{page}.txt", page, split, labels[page]) for page in wanted]
    except (OSError, KeyError, ValueError) as error:
        raise EvalError(f"The cleaning benchmark in {str(data)!r} cannot be read: {error}") from error


def prf(judged: Iterable[tuple[LabelledPage, Sequence[bool]]]) -> tuple[float, float, float]:
    """Return recall, precision and F1 of lines kept, each line weighing as many as it has characters."""
    right = kept = gold = 0
    for page, verdicts in judged:
        for line, keep, verdict in zip(page.lines, page.keep, verdicts, strict=True):
            right += len(line.text) * (keep and verdict)
            kept += len(line.text) * verdict
            gold += len(line.text) * keep
    recall, precision = right / max(1, gold), right / max(1, kept)
    return recall, precision, 2 * right / max(1, kept + gold)


def _rows(file: Path) -> Iterable[dict[str, str]]:
    with file.open(encoding="utf-8") as rows:
        yield from map(json.loads, rows)


def _page(file: Path, page: str, split: str, labels: Sequence[tuple[str, bool]]) -> LabelledPage:
    found = lines.lines(file.read_bytes().decode("utf-8"))
    if [line.text for line in found] != [text for text, _ in labels]:
        raise ValueError(f"the lines of {page!r} are not those of lines.jsonl")
    return LabelledPage(page, split, tuple(found), tuple(keep for _, keep in labels))


def _cleaned(page: LabelledPage) -> list[bool]:
    kept = set(cleaning.clean(page.lines, metadata.parse(page.lines)).article_lines)
    return [line.span in kept for line in page.lines]


def _everything(page: LabelledPage) -> list[bool]:
    return [True] * len(page.lines)


def _over(limit: int) -> Callable[[LabelledPage], list[bool]]:
    return lambda page: [line.words > limit for line in page.lines]


def _best_word_limit(pages: Sequence[LabelledPage]) -> int:
    """Return the number of words that a line must exceed for the best F1: the best rule of one number."""
    return max(_WORD_LIMITS, key=lambda limit: prf((page, _over(limit)(page)) for page in pages)[2])
