"""Is the statement borne out? How well the judge of statements tells supported claims from the others.

Reads every `*.jsonl` of the folder: lines with `claim`, `passage`, `label` (`supported` or `not_supported`) and `split`
(`train` or `dev`). A claim is judged against all sentences of its passage, as a statement that cites them all. Shown
are, for the split `dev`, the area under the ROC curve of the local relation, that of a plain baseline (the share of the
claim's stems that the passage holds), and how many supported and other claims the local check finds wrong, file by file
and their means over the files. The local check gives no verdict on the rest.

Then true statements are made false by the rules of `perturbations`: sentences of the passages, said as "According to
the article, ..." so that they are not verbatim, and supported claims, each cited with the whole passage. Only those
that have no hard problem untouched are changed. A changed one is caught when the verdict is `unsupported`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evals.benchmarks import Figures
from evals.benchmarks.checking.perturbations import QUOTATION, RULES, Chance, Changed, changed
from evals.benchmarks.ranking import auroc, share
from evals.errors import EvalError
from index.embedding.embedders import Embedder, MiniLM
from index.models import Passage, Span
from index.passages.chunking import sentences
from qa.checking.citations import Draft
from qa.checking.grounding import Grounder, hard_problems
from qa.language.terms import terms
from qa.models import Hit, Support
from qa.prompting.evidence import EvidenceSentence, number_evidence

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

SPLIT = "dev"
_MOST, _UNTOUCHED = 500, 1500
_RULES_OF = {
    "sentences": [title for title in RULES if title != QUOTATION],
    "quotations": [QUOTATION],
    "claims": list(RULES),
}
_SAID = "According to the article, "
_WORDS = range(8, 41)


class Pair(NamedTuple):
    """A claim, the passage that it is held against, and whether people found it borne out."""

    claim: str
    passage: str
    supported: bool


class Remembering(Embedder):
    """An embedder that embeds each text once."""

    id = "remembering"

    def __init__(self, embedder: Embedder) -> None:
        """Ask `embedder` for what is not known yet."""
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Return float32 `[len(texts), dimension]`."""
        import numpy as np

        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._embedder.embed(new), strict=True) if new else ())
        return np.asarray([self._known[text] for text in texts])


def run(data: Path) -> Figures:
    """Judge every claim of the split `dev`."""
    files = read_pairs(data, SPLIT)
    grounder = Grounder(Remembering(MiniLM()))
    figures: Figures = {"files": len(files), "pairs": sum(map(len, files.values()))}
    measured = [_measured(grounder, pairs) for pairs in files.values()]
    for name, pairs, one in zip(files, files.values(), measured, strict=True):
        figures[f"{name} pairs"] = len(pairs)
        figures |= {f"{name} {title}": value for title, value in one.items()}
    for title in measured[0]:
        figures[f"mean {title}"] = sum(one[title] for one in measured) / len(measured)
    return figures | _perturbed(grounder, [pair for pairs in files.values() for pair in pairs])


def read_pairs(data: Path, split: str) -> dict[str, list[Pair]]:
    """Return the pairs of one split by file; raise EvalError when there are none or a line is not as described."""
    found: dict[str, list[Pair]] = {}
    for file in sorted(data.glob("*.jsonl")):
        try:
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]
            chosen = [row for row in rows if row["split"] == split]
            pairs = [
                Pair(Draft.parsed(row["claim"]).text, row["passage"], row["label"] == "supported") for row in chosen
            ]
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise EvalError(f"The file {str(file)!r} cannot be read as pairs of the benchmark: {error!r}") from error
        if pairs:
            found[file.stem] = pairs
    if not found:
        raise EvalError(f"There is no *.jsonl with split {split!r} in {str(data)!r}. Give the benchmark's folder")
    return found


def cited(passage: str, **about: Any) -> list[EvidenceSentence]:
    """Return a text as evidence sentences, cut as the index cuts an article; `about` is what is known of its hit."""
    spans = tuple(span for line in _lines(passage) for span in sentences(passage, line))
    if not spans:
        return []
    start, end = spans[0].start, spans[-1].end
    identity = hashlib.sha256(passage.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    whole = Passage(id=identity, path="passage.txt", start=start, end=end, text=passage[start:end], sentences=spans)
    return number_evidence([Hit(passage=whole, score=1.0, similarity=1.0, **about)])


def _lines(text: str) -> Iterator[Span]:
    at = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield Span(at, at + len(line))
        at += len(line)


def _measured(grounder: Grounder, pairs: Sequence[Pair]) -> dict[str, float]:
    evidence = [cited(pair.passage) for pair in pairs]
    judged = [
        (pair.supported, grounder.relation(pair.claim, shown), _is_wrong(grounder, pair.claim, shown))
        for pair, shown in zip(pairs, evidence, strict=True)
    ]
    held = [(score, wrong) for supported, score, wrong in judged if supported]
    not_held = [(score, wrong) for supported, score, wrong in judged if not supported]
    shared = {label: [_shared(pair) for pair in pairs if pair.supported is label] for label in (True, False)}
    return {
        "AUROC": auroc([score for score, _ in held], [score for score, _ in not_held]),
        "AUROC of shared stems": auroc(shared[True], shared[False]),
        "supported found wrong": share(wrong for _, wrong in held),
        "others found wrong": share(wrong for _, wrong in not_held),
    }


def _shared(pair: Pair) -> float:
    """Return the share of a claim's stems that its passage holds, the plain baseline; 0 when it has none."""
    held = set(terms(pair.passage))
    return share(one in held for one in terms(pair.claim))


def _perturbed(grounder: Grounder, pairs: Sequence[Pair]) -> Figures:
    chance = Chance(dict.fromkeys(pair.passage for pair in pairs))
    own = sentences_of(pair.passage for pair in pairs)
    kinds = {
        "sentences": own,
        "quotations": [(f"The article says: “{said.removeprefix(_SAID)}”", passage) for said, passage in own],
        "claims": list(dict.fromkeys((pair.claim, pair.passage) for pair in pairs if pair.supported)),
    }
    figures: Figures = {}
    for kind, every in kinds.items():
        statements = every[:: max(1, len(every) // _UNTOUCHED)]
        figures[f"untouched {kind}"] = len(statements)
        figures[f"untouched {kind} with a hard problem"] = share(not _passes(*one) for one in statements)
        for title in _RULES_OF[kind]:
            made = changed((one for one in every if _passes(*one)), RULES[title], chance, _MOST)
            figures[f"{kind}, {title}"] = len(made)
            figures[f"{kind}, {title}: caught"] = share(_is_caught(grounder, one) for one in made)
    return figures


def sentences_of(passages: Iterable[str]) -> list[tuple[str, str]]:
    """Return whole sentences of the passages as statements, the passages in turn, each with its passage."""
    found: dict[tuple[str, str], None] = {}
    for passage in dict.fromkeys(passages):
        for text in _texts(passage):
            if len(text.split()) in _WORDS and text[0].isupper() and text[-1] in '.”"' and "[" not in text:
                found[_SAID + text, passage] = None
    return list(found)


@cache
def _texts(passage: str) -> list[str]:
    return [sentence.text for sentence in cited(passage)]


@cache
def _passes(statement: str, passage: str) -> bool:
    return not hard_problems(statement, cited(passage), cited(passage))


def _is_wrong(grounder: Grounder, statement: str, shown: Sequence[EvidenceSentence]) -> bool:
    return grounder.judge(statement, shown).support is Support.UNSUPPORTED


def _is_caught(grounder: Grounder, one: Changed) -> bool:
    return _is_wrong(grounder, one.changed, cited(one.passage))
