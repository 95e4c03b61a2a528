"""Write a report in the formats of other tools: runs and judgements of TREC, and samples of RAGAS.

TREC's run (`query Q0 document rank score tag`) and qrels (`query 0 document relevance`) are read by ir-measures
(MacAvaney et al. 2022, ECIR), trec_eval and others; RAGAS (Es et al. 2024, arXiv 2309.15217) reads JSON Lines with
`user_input`, `response`, `retrieved_contexts`, `reference` and `reference_contexts`.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from evals.errors import BadConfiguration, EvalError
from evals.known.cases import Case
from evals.reports.compared import read_report
from qa.models.markers import MARKER

RUN, QRELS, RAGAS = "run.txt", "qrels.txt", "ragas.jsonl"


def main_export(report: Path, folder: Path) -> int:
    """Write the run, the qrels and the samples of a JSON report into a folder, which is made; return the exit code.

    Raises BadConfiguration when it is no report, EvalError when the files cannot be written.
    """
    outcomes = [one for one in read_report(report)["outcomes"] if not one.get("repeat")]
    try:
        files = {RUN: _run(outcomes), QRELS: _qrels(outcomes), RAGAS: _samples(outcomes)}
        texts = {name: "".join(f"{line}\n" for line in lines) for name, lines in files.items()}
    except (KeyError, TypeError, ValueError):
        raise BadConfiguration(f"{str(report)!r} is a report of another version. Run newsdesk eval anew") from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvalError(f"The files cannot be written to {str(folder)!r} ({error}). Name another folder") from None
    print(f"Wrote {', '.join(texts)} to {folder}")
    return 0


def _run(outcomes: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the hits in the order in which they were given; the score is 1 / rank, for readers sort by it."""
    for outcome in outcomes:
        for rank, hit in enumerate((outcome["answer"] or {}).get("hits", ()), start=1):
            yield f"{_name(outcome)} Q0 {hit['passage']} {rank} {1 / rank:.6f} newsdesk"


def _qrels(outcomes: Iterable[dict[str, Any]]) -> Iterator[str]:
    for outcome in outcomes:
        for passage in outcome["relevant"]:
            yield f"{_name(outcome)} 0 {passage} 1"


def _samples(outcomes: Iterable[dict[str, Any]]) -> Iterator[str]:
    for outcome in outcomes:
        case, answer = Case.model_validate(outcome["case"]), outcome["answer"] or {}
        sample = {
            "user_input": " ".join((*case.earlier, case.question)),
            "response": MARKER.sub("", answer.get("text", "")).strip(),
            "retrieved_contexts": [hit["text"] for hit in answer.get("hits", ())],
            "reference": case.references[0] if case.references else "The articles do not say.",
            "reference_contexts": [place.quote for fact in case.evidence for place in fact[:1]],
        }
        yield json.dumps(sample, ensure_ascii=False)


def _name(outcome: dict[str, Any]) -> str:
    """Return the id of a case as one word: the fields of these formats are parted by white space."""
    return "_".join(outcome["case"]["id"].split())
