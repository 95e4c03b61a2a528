"""Fit the support score of `qa.checking.support` on the pairs with split `train`, and choose nothing by any other pair.

    python -m evals.benchmarks.checking.support_weights DATA [WEIGHTS.json]

DATA has the layout of the verify benchmark. Each file weighs the same, and in it the supported as much as the others.
Beside the files stand sentences of their passages, as `verify` puts them: cited with their passage (supported), with
the passage but for the sentence, and made false by the rules of `perturbations` (not supported). Several networks of
one hidden layer are fitted by Adam (Kingma and Ba 2015) from different seeds, with an L2 penalty, and put side by side
as one. Without WEIGHTS.json the AUROC of each file is printed for networks that have not seen the file.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evals.benchmarks.checking.perturbations import RULES, Chance, changed
from evals.benchmarks.checking.verify import Remembering, cited, read_pairs, sentences_of
from evals.benchmarks.ranking import auroc
from index.embedding.embedders import Embedder, MiniLM
from qa.checking.grounding import counted, findings
from qa.checking.support import SupportModel, signals, standardised

_SENTENCES = "sentences"
_OF_A_KIND = 400
_NETWORKS, _HIDDEN = 3, 12
_STEPS, _BATCH, _RATE, _PENALTY = 3000, 256, 0.003, 0.01
_WITHHELD, _NOT_EVEN_PARTLY = (0.03, 0.08), 0.01

Column = NDArray[np.float64]


class Examples(NamedTuple):
    """Rows of signals with their names, the file of each, and whether it is supported."""

    names: list[str]
    x: Column
    file: NDArray[np.str_]
    y: Column
    flagged: NDArray[np.bool_]

    def some(self, rows: NDArray[np.bool_]) -> "Examples":
        """Return the chosen rows."""
        return Examples(self.names, self.x[rows], self.file[rows], self.y[rows], self.flagged[rows])


def main(arguments: Sequence[str]) -> int:
    """Fit and write the weights, or leave out each file in turn."""
    found = examples(Path(arguments[0]), Remembering(MiniLM()))
    if len(arguments) > 1:
        model = fit(found)
        Path(arguments[1]).write_text(json.dumps(model.__dict__, separators=(",", ":")) + "\n", encoding="utf-8")
        return 0
    return _leave_one_out(found)


def examples(data: Path, embedder: Embedder) -> Examples:
    """Return the signals of all pairs of the split `train`, and of sentences of their passages."""
    files = read_pairs(data, "train")
    cases = [
        (file, pair.claim, texts, pair.supported)
        for file, pairs in files.items()
        for pair in pairs
        if (texts := [sentence.text for sentence in cited(pair.passage)])
    ]
    cases += [(_SENTENCES, *one) for one in _sentences([pair.passage for pairs in files.values() for pair in pairs])]
    rows, flagged = [], []
    for _, claim, texts, _ in cases:
        found = counted(findings(claim, [texts]))
        rows.append(signals(claim, texts, found, embedder))
        flagged.append(any(found.values()))
    x = np.array([list(row.values()) for row in rows])
    y = np.array([float(supported) for *_, supported in cases])
    return Examples(list(rows[0]), x, np.array([file for file, *_ in cases]), y, np.array(flagged))


def fit(train: Examples) -> SupportModel:
    """Fit the networks, and set the thresholds where the balanced accuracy of the files is best.

    Of what is supported and passes the guard, `supported` may be withheld from no more than 3 % of the sentences and
    8 % of the pairs, and `partly` from 1 % of the pairs.
    """
    w = _weights(train)
    middle = np.average(train.x, axis=0, weights=w)
    spread = np.sqrt(np.average((train.x - middle) ** 2, axis=0, weights=w)) + 1e-3
    seen = standardised(train.x, middle, spread)
    nets = [_descend(seen, train.y, w, np.random.default_rng(seed)) for seed in range(_NETWORKS)]
    hidden = np.vstack([np.hstack([net[0] for net in nets]), np.hstack([net[1] for net in nets])[None]])
    out = [*np.hstack([net[2] for net in nets]) / _NETWORKS, sum(float(net[3][0]) for net in nets) / _NETWORKS]
    model = SupportModel(
        train.names, _short(middle), _short(spread), [_short(row) for row in hidden], _short(out), 0.5, 0.25
    )
    scores = np.array([model.score(dict(zip(train.names, row, strict=True))) for row in train.x])
    passed = (train.y == 1) & ~train.flagged
    own = train.file == _SENTENCES
    most = min(_quantile(scores[passed & own], _WITHHELD[0]), _quantile(scores[passed & ~own], _WITHHELD[1]))
    best = max(np.arange(0.05, 0.96, 0.01), key=lambda least: _balanced(train, scores, float(least)))
    supported, partly = min(float(best), most), _quantile(scores[passed & ~own], _NOT_EVEN_PARTLY)
    supported, partly = round(supported, 3), round(min(supported, partly), 3)
    return SupportModel(train.names, model.middle, model.spread, model.hidden, model.out, supported, partly)


def _quantile(scores: Column, share: float) -> float:
    return float(np.quantile(scores, share)) if len(scores) else 1.0


def _sentences(passages: Sequence[str]) -> list[tuple[str, list[str], bool]]:
    """Return sentences as statements, the texts they cite, and whether these bear them out."""
    every = sentences_of(passages)
    every = every[:: max(1, len(every) // (2 * _OF_A_KIND))]
    texts = {passage: [sentence.text for sentence in cited(passage)] for _, passage in every}
    chance = Chance(texts)
    found = [(statement, texts[passage], True) for statement, passage in every]
    for statement, passage in every[::2]:
        rest = [text for text in texts[passage] if not statement.endswith(text)]
        found += [(statement, rest, False)] if rest else []
    for rule in RULES.values():
        made = changed(every, rule, chance, _OF_A_KIND // len(RULES))
        found += [(one.changed, texts[one.passage], False) for one in made]
    return found


def _weights(train: Examples) -> Column:
    w = np.zeros(len(train.y))
    for file in set(train.file):
        for label in (0.0, 1.0):
            rows = (train.file == file) & (train.y == label)
            w[rows] = 1 / max(1, rows.sum())
    return np.asarray(w / w.sum())


def _balanced(train: Examples, scores: Column, least: float) -> float:
    """Return the mean balanced accuracy over the files, the guard's verdict included."""
    said = (scores >= least) & ~train.flagged
    files = sorted(set(train.file) - {_SENTENCES})
    sides = [said[(train.file == file) & (train.y == label)] == label for file in files for label in (0.0, 1.0)]
    return float(np.mean([side.mean() for side in sides]))


def _descend(x: Column, y: Column, w: Column, chance: np.random.Generator) -> list[Column]:
    """Fit one network; return the weights of its hidden layer, their constants, the weights out, their constant."""
    found = [chance.normal(0, x.shape[1] ** -0.5, (x.shape[1], _HIDDEN)), np.zeros(_HIDDEN)]
    found += [chance.normal(0, 0.3, _HIDDEN), np.zeros(1)]
    means, squares = ([np.zeros_like(part) for part in found] for _ in range(2))
    for step in range(1, _STEPS + 1):
        batch = chance.choice(len(x), _BATCH, p=w)
        inner = x[batch] @ found[0] + found[1]
        units = np.maximum(inner, 0)
        error = (1 / (1 + np.exp(-(units @ found[2] + found[3]))) - y[batch]) / _BATCH
        back = np.outer(error, found[2]) * (inner > 0)
        slopes = [x[batch].T @ back, back.sum(axis=0), units.T @ error, error.sum(keepdims=True)]
        for part, slope in enumerate(slopes):
            slope = slope + (_PENALTY * found[part] if part in (0, 2) else 0.0)
            means[part] = 0.9 * means[part] + 0.1 * slope
            squares[part] = 0.999 * squares[part] + 0.001 * slope**2
            rate = _RATE * (1 - 0.9 * step / _STEPS) / (1 - 0.9**step)
            found[part] = found[part] - rate * means[part] / (np.sqrt(squares[part] / (1 - 0.999**step)) + 1e-8)
    return found


def _short(values: Sequence[float] | Column) -> list[float]:
    return [round(float(value), 4) for value in values]


def _leave_one_out(found: Examples) -> int:
    """Print the AUROC of each file by networks fitted on the others, and the mean."""
    reached = []
    for file in sorted(set(found.file) - {_SENTENCES}):
        model = fit(found.some(found.file != file))
        own = found.some(found.file == file)
        scores = np.array([model.score(dict(zip(own.names, row, strict=True))) for row in own.x])
        reached.append(auroc(list(scores[own.y == 1]), list(scores[own.y == 0])))
        print(f"{file:<20} AUROC {reached[-1]:.4f}")
    print(f"{'mean':<20} AUROC {sum(reached) / len(reached):.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
