"""Choose what the search counts for, and make of the scores a probability that can be believed, on half of dev.

    python -m evals.training.calibration DATA LAYER.json [DATA_DIR]

DATA is as for the benchmark `newsquestions`; LAYER.json, the layer that `encoder` wrote, is changed in place. First the
weights of the hit's score and place are chosen, by how often the evidence is among the first three sentences: training
sees only articles that the encoder has learned, and makes too little of them. Then comes Platt scaling (Platt 1999) of
the best scores, with the number of passages, over the index of all articles and over folders of five; what is predicted
is that the sentences shown hold the evidence. Printed are the constants of the plain baseline, fitted alike over all
articles, and for some marks how many answerable and unanswerable questions of the same half reach them:
`qa/writing/selection` holds the two that were chosen. `newsdesk benchmark newsquestions` reports the other half.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.asking.baseline_reader import BaselineReader
from evals.benchmarks.answering.newsquestions import (
    Asked,
    Question,
    asked_of,
    evidence_of,
    in_folders,
    shows_evidence,
)
from evals.benchmarks.corpus import Corpus, articles_of, indexed, questions_of
from evals.benchmarks.halves import first_half
from index.embedding.embedders import MINILM_FOLDER
from index.embedding.encoder import Encoder
from qa.reader.late_interaction import ENCODER, LateInteraction, Layer, Measurements, reading_of

_STEPS = 50
_EVEN = 1e-6
_SCORES, _PLACES = (1.0, 2.0, 3.0, 4.0, 5.0), (0.0, -1.0, -2.0, -3.0)

Column = NDArray[np.float64]


def main(arguments: Sequence[str]) -> int:
    """Ask the chosen half, fit both readers, and write the layer."""
    data, file = Path(arguments[0]), Path(arguments[1])
    layer = Layer(**json.loads(file.read_text(encoding="utf-8")))
    questions = questions_of(data / "newsquestions", Question)
    chosen = [one for one in questions if one.split == "dev" and first_half(one.article)]
    with indexed(articles_of(data / "multihop"), Path(arguments[2]) if len(arguments) > 2 else None) as corpus:
        plain = list(asked_of(corpus, chosen, BaselineReader.name))
        _fitted(BaselineReader.name, plain, [0] * len(plain))
        found = _found(corpus, plain, layer)
    layer = replace(layer, search=_search(plain, found, layer))
    print(f"search: {layer.search}")
    for corpus, of_folder in in_folders(data, chosen):
        few = list(asked_of(corpus, of_folder, BaselineReader.name))
        plain, found = plain + few, found + _found(corpus, few, layer)
    asked = [one._replace(reading=reading_of(its, layer)) for one, its in zip(plain, found, strict=True)]
    slope, constant, by_size = _fitted(LateInteraction.name, asked, [its.passages for its in found])
    sure = [slope * layer.sure[0], slope * layer.sure[1] + constant, slope * layer.sure[2] + by_size]
    layer = replace(layer, sure=[round(one, 4) for one in sure])
    file.write_text(json.dumps(asdict(layer)) + "\n", encoding="utf-8")
    return 0


def _found(corpus: Corpus, asked: Sequence[Asked], layer: Layer) -> list[Measurements]:
    """Return what the reader knows of the hits that each question got."""
    reader = LateInteraction(Encoder(ENCODER, MINILM_FOLDER / "tokenizer.json"), layer)
    with corpus.snapshot() as snapshot:
        return [reader.measure(one.question.question, one.answer.hits, snapshot.lexical) for one in asked]


def _search(asked: Sequence[Asked], found: Sequence[Measurements], layer: Layer) -> list[float]:
    """Return the weights of what the search says with which the evidence comes first most often."""

    def first(search: Iterable[float]) -> float:
        given = replace(layer, search=tuple(search))
        ranked = [
            list(map(evidence_of(one), reading_of(its, given).sentences[:3]))
            for one, its in zip(asked, found, strict=True)
            if one.question.answerable
        ]
        return sum(any(held[:n]) for held in ranked for n in (1, 2, 3))

    return list(max(product(_SCORES, _PLACES, layer.search[2:]), key=first))


def _fitted(name: str, asked: Sequence[Asked], passages: Sequence[int]) -> list[float]:
    """Fit how sure a reader is to what came of it: by what it said, a constant, and the size of the index."""
    said = [_logit(one.reading.probability) for one in asked]
    rows = np.column_stack([said, np.ones(len(said)), np.log(np.maximum(1, passages))])
    weights = fitted(rows, np.array([float(shows_evidence(one)) for one in asked]))
    print(f"{name}: {weights[0]:.4f} times what it said, {weights[1]:+.4f}, {weights[2]:+.4f} times log(passages)")
    _print_marks(asked, 1 / (1 + np.exp(-(rows @ weights))))
    return [float(weight) for weight in weights]


def fitted(rows: Column, y: Column) -> Column:
    """Return the weights of the logistic regression of `y` on the columns of `rows`, by Newton's method."""
    weights: Column = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-(rows @ weights)))
        curve = rows.T @ (rows * (said * (1 - said))[:, None]) + _EVEN * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, rows.T @ (y - said))
    return weights


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
