"""Is the statement borne out? How well the judge of statements tells supported claims from the others.

Reads every `*.jsonl` of the folder: lines with `claim`, `passage`, `label` (`supported` or `not_supported`) and `split`
(`train` or `dev`). A claim is judged against all sentences of its passage, as a statement that cites them all. Shown
are, for the split `dev`, the area under the ROC curve of the support score and the balanced accuracy of the verdict
`supported`, file by file and their means over the files.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from evals.benchmarks import Figures
from evals.benchmarks.ranking import auroc, share
from evals.errors import EvalError
from index.chunking import sentences
from index.embedding import MiniLM
from index.models import Passage, Span
from qa.evidence import EvidenceSentence, number_evidence
from qa.grounding import Grounder
from qa.models import Hit, Support

SPLIT = "dev"


class Pair(NamedTuple):
    """A claim, the passage that it is held against, and whether people found it borne out."""

    claim: str
    passage: str
    supported: bool


def run(data: Path) -> Figures:
    """Judge every claim of the split `dev`."""
    files = read_pairs(data, SPLIT)
    grounder = Grounder(MiniLM())
    figures: Figures = {"files": len(files), "pairs": sum(map(len, files.values()))}
    measured = [_measured(grounder, pairs) for pairs in files.values()]
    for name, pairs, one in zip(files, files.values(), measured, strict=True):
        figures[f"{name} pairs"] = len(pairs)
        figures |= {f"{name} {title}": value for title, value in one.items()}
    for title in measured[0]:
        figures[f"mean {title}"] = sum(one[title] for one in measured) / len(measured)
    return figures


def read_pairs(data: Path, split: str) -> dict[str, list[Pair]]:
    """Return the pairs of one split by file; raise EvalError when there are none or a line is not as described."""
    found: dict[str, list[Pair]] = {}
    for file in sorted(data.glob("*.jsonl")):
        try:
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]
            chosen = [row for row in rows if row["split"] == split]
            pairs = [Pair(row["claim"], row["passage"], row["label"] == "supported") for row in chosen]
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise EvalError(f"The file {str(file)!r} cannot be read as pairs of the benchmark: {error!r}") from error
        if pairs:
            found[file.stem] = pairs
    if not found:
        raise EvalError(f"There is no *.jsonl with split {split!r} in {str(data)!r}. Give the benchmark's folder")
    return found


def cited(passage: str) -> list[EvidenceSentence]:
    """Return a text as evidence sentences, cut as the index cuts an article."""
    spans = tuple(span for line in _lines(passage) for span in sentences(passage, line))
    if not spans:
        return []
    start, end = spans[0].start, spans[-1].end
    identity = hashlib.sha256(passage.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    whole = Passage(id=identity, path="passage.txt", start=start, end=end, text=passage[start:end], sentences=spans)
    return number_evidence([Hit(passage=whole, score=1.0, similarity=1.0)])


def _lines(text: str) -> Iterator[Span]:
    at = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield Span(at, at + len(line))
        at += len(line)


def _measured(grounder: Grounder, pairs: Sequence[Pair]) -> dict[str, float]:
    evidence = [cited(pair.passage) for pair in pairs]
    judged = [
        (pair.supported, grounder.score(pair.claim, shown), grounder.judge(pair.claim, shown).support)
        for pair, shown in zip(pairs, evidence, strict=True)
    ]
    held = [(score, support is Support.SUPPORTED) for supported, score, support in judged if supported]
    not_held = [(score, support is Support.SUPPORTED) for supported, score, support in judged if not supported]
    recall, false = share(found for _, found in held), share(found for _, found in not_held)
    return {
        "AUROC": auroc([score for score, _ in held], [score for score, _ in not_held]),
        "balanced accuracy": (recall + 1 - false) / 2,
        "supported found": recall,
        "others taken for supported": false,
    }
