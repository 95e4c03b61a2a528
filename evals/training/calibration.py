"""Choose what the search counts for, and make of the scores a probability that can be believed, on half of dev.

    python -m evals.training.calibration DATA LAYER.json [DATA_DIR]

DATA is as for the benchmark `newsquestions`; LAYER.json, the layer that `encoder` wrote, is changed in place. First the
weights of the hit's score and place are chosen, by how often the evidence is among the first three sentences: training
sees only articles that the encoder has learned, and makes too little of them. Then comes Platt scaling (Platt 1999) of
the best scores; what is predicted is that the sentences shown hold the evidence. Printed are the constants of the plain
baseline, fitted alike, and for some marks how many answerable and unanswerable questions of the same half reach them:
`qa/selection` holds the two that were chosen. The other half is for reporting: `newsdesk benchmark newsquestions`.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.benchmarks.answering.newsquestions import Asked, Question, asked_of, evidence_of, shows_evidence
from evals.benchmarks.corpus import Corpus, articles_of, indexed, questions_of
from evals.benchmarks.halves import first_half
from index.embedding.embedders import MINILM_FOLDER
from index.embedding.encoder import Encoder
from qa.reader.baseline import Baseline
from qa.reader.late_interaction import ENCODER, Fitted, Found, LateInteraction, judged

_STEPS = 50
_EVEN = 1e-6
_SCORES, _PLACES = (1.0, 2.0, 3.0, 4.0, 5.0), (0.0, -1.0, -2.0, -3.0)

Column = NDArray[np.float64]


def main(arguments: Sequence[str]) -> int:
    """Ask the chosen half, fit both readers, and write the layer."""
    data, file = Path(arguments[0]), Path(arguments[1])
    layer = Fitted(**json.loads(file.read_text(encoding="utf-8")))
    questions = questions_of(data / "newsquestions", Question)
    chosen = [one for one in questions if one.split == "dev" and first_half(one.article)]
    with indexed(articles_of(data / "multihop"), Path(arguments[2]) if len(arguments) > 2 else None) as corpus:
        plain = list(asked_of(corpus, chosen, Baseline.name))
        _fitted(Baseline.name, plain)
        found = _found(corpus, plain, layer)
    layer = replace(layer, search=_search(plain, found, layer))
    print(f"search: {layer.search}")
    asked = [one._replace(reading=judged(its, layer)) for one, its in zip(plain, found, strict=True)]
    slope, constant = _fitted(LateInteraction.name, asked)
    sure = [round(slope * layer.sure[0], 4), round(slope * layer.sure[1] + constant, 4)]
    file.write_text(json.dumps(asdict(replace(layer, sure=sure))) + "\n", encoding="utf-8")
    return 0


def _found(corpus: Corpus, asked: Sequence[Asked], layer: Fitted) -> list[Found]:
    """Return what the reader knows of the hits that each question got."""
    reader = LateInteraction(Encoder(ENCODER, MINILM_FOLDER / "tokenizer.json"), layer)
    with corpus.snapshot() as snapshot:
        return [reader.found(one.question.question, one.answer.hits, snapshot.lexical) for one in asked]


def _search(asked: Sequence[Asked], found: Sequence[Found], layer: Fitted) -> list[float]:
    """Return the weights of what the search says with which the evidence comes first most often."""

    def first(search: Iterable[float]) -> float:
        given = replace(layer, search=tuple(search))
        ranked = [
            list(map(evidence_of(one), judged(its, given).sentences[:3]))
            for one, its in zip(asked, found, strict=True)
            if one.question.answerable
        ]
        return sum(any(held[:n]) for held in ranked for n in (1, 2, 3))

    return list(max(product(_SCORES, _PLACES, layer.search[2:]), key=first))


def _fitted(name: str, asked: Sequence[Asked]) -> tuple[float, float]:
    sure = np.array([_logit(one.reading.probability) for one in asked])
    slope, constant = fitted(sure, np.array([float(shows_evidence(one)) for one in asked]))
    print(f"{name}: {slope:.4f} times what it said, {constant:+.4f}")
    _print_marks(asked, 1 / (1 + np.exp(-(slope * sure + constant))))
    return slope, constant


def fitted(x: Column, y: Column) -> tuple[float, float]:
    """Return slope and constant of the logistic regression of `y` on `x`, by Newton's method."""
    rows, weights = np.column_stack([x, np.ones_like(x)]), np.zeros(2)
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-(rows @ weights)))
        curve = rows.T @ (rows * (said * (1 - said))[:, None]) + _EVEN * np.eye(2)
        weights = weights + np.linalg.solve(curve, rows.T @ (y - said))
    return float(weights[0]), float(weights[1])


def _logit(probability: float) -> float:
    inside = min(max(probability, _EVEN), 1 - _EVEN)
    return float(np.log(inside / (1 - inside)))


def _print_marks(asked: Sequence[Asked], sure: Column) -> None:
    there = np.array([one.question.answerable for one in asked])
    for mark in np.arange(0.05, 0.75, 0.05):
        reach = sure >= mark
        print(f"  {mark:.2f}: {reach[there].mean():.3f} of the answerable, {reach[~there].mean():.3f} of the others")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
