"""Statements written to be true or subtly false: what the local check finds, kind by kind.

Reads `pairs.jsonl`: rows with `article`, `split`, `headline`, `before` (the sentence before), `evidence` (sentences),
`supported` (statements) and `unsupported` ([statement, kind]). `evals/statements` holds a set over the shipped
articles, written by a language model that had read them and nothing of the program. Where an article ships, or lies in
`../multihop/articles` beside the folder, its text is what the writer of a statement is taken to have seen, and its date
comes from there (its second line).

Shown are, for the split `dev`: how many true statements are flagged, and by which hard fact; for each kind of change
how many false ones a hard fact catches, and the area under the ROC curve of the local relation beside the share of the
statement's stems that the evidence holds. What is neither flagged nor verbatim is left to the second look.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import seeds
from evals.benchmarks import Figures
from evals.benchmarks.checking.verify import Remembering, cited
from evals.benchmarks.ranking import auroc, share
from evals.errors import EvalError
from index.embedding.embedders import MiniLM
from qa.checking.grounding import CheckResult, Grounder
from qa.language.terms import terms
from qa.models import HARD, Support
from qa.prompting.evidence import EvidenceSentence

SPLIT, TRUE = "dev", "true"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Case(NamedTuple):
    """A statement, what is wrong with it (`true`: nothing), what it cites, and all that its writer saw."""

    statement: str
    kind: str
    cited: Sequence[EvidenceSentence]
    shown: Sequence[EvidenceSentence]


def run(data: Path) -> Figures:
    """Check every statement of the split `dev`."""
    grounder = Grounder(Remembering(MiniLM()))
    verdicts: dict[str, list[CheckResult]] = defaultdict(list)
    related: dict[str, list[float]] = defaultdict(list)
    shared: dict[str, list[float]] = defaultdict(list)
    for case in read_cases(data, SPLIT):
        verdicts[case.kind].append(grounder.judge(case.statement, case.cited, case.shown))
        related[case.kind].append(grounder.relation(case.statement, case.cited))
        shared[case.kind].append(_shared(case))
    true = verdicts.pop(TRUE, [])
    false = [verdict for of_kind in verdicts.values() for verdict in of_kind]
    figures: Figures = {
        "true statements": len(true),
        "true: flagged": share(verdict.support is Support.UNSUPPORTED for verdict in true),
        "true: hard fact": share(verdict.is_hard for verdict in true),
        "false statements": len(false),
        "false: flagged": share(verdict.support is Support.UNSUPPORTED for verdict in false),
        "false: supported": share(verdict.support is Support.SUPPORTED for verdict in false),
    }
    for code in sorted(HARD):
        figures[f"true: {code}"] = share(any(one.code is code for one in verdict.problems) for verdict in true)
    for kind in sorted(verdicts):
        figures[f"{kind}"] = len(verdicts[kind])
        figures[f"{kind}: hard fact"] = share(verdict.is_hard for verdict in verdicts[kind])
        figures[f"{kind}: AUROC of the relation"] = auroc(related[TRUE], related[kind])
        figures[f"{kind}: AUROC of shared stems"] = auroc(shared[TRUE], shared[kind])
    return figures


def read_cases(data: Path, split: str) -> Iterator[Case]:
    """Yield the statements of one split; raise EvalError when there are none or a row is not as described."""
    found = False
    try:
        for line in (data / "pairs.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["split"] != split:
                continue
            statements = [(said, TRUE) for said in row["supported"]] + [tuple(one) for one in row["unsupported"]]
            text, published = _article(data.parent / "multihop" / "articles", row["article"])
            about = {"headline": row["headline"], "published": published}
            evidence = cited("\n".join(row["evidence"]), **about)
            around = cited(text or f"{row['before']}\n", **about)
            for statement, kind in statements:
                found = True
                yield Case(statement, kind, evidence, [*evidence, *around])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise EvalError(f"{str(data / 'pairs.jsonl')!r} cannot be read as pairs: {error!r}") from error
    if not found:
        raise EvalError(f"There is no row with split {split!r} in {str(data / 'pairs.jsonl')!r}")


@cache
def _article(folder: Path, name: str) -> tuple[str, date | None]:
    """Return the text and the date of an article of a folder, or of those that ship; nothing when it is not there."""
    places = (folder / name, Path(seeds.__file__).parent / name)
    if not (file := next((place for place in places if place.is_file()), None)):
        return "", None
    text = file.read_text(encoding="utf-8")
    days = _DAY.findall(text.split("\n")[1])
    return text, date.fromisoformat(days[-1]) if days else None


def _shared(case: Case) -> float:
    held = {stem for sentence in case.cited for stem in terms(sentence.text)}
    return share(stem in held for stem in terms(case.statement))
