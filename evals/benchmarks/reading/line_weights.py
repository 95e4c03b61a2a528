"""Fit the line model of `index.cleaning` on the pages with split `train`, and choose nothing by any other page.

    python -m evals.benchmarks.reading.line_weights DATA [WEIGHTS.json]

DATA has the layout of the cleaning benchmark. The first pass is fitted by Newton's method, the network of the second by
gradient descent, both with an L2 penalty and a line weighing as its characters do. The second pass and the lexicon are
fitted on what models that have not seen the page say of it (stacking, Wolpert 1992). Without WEIGHTS.json the figures
of a cross-validation by page are printed instead, by threshold.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evals.benchmarks.reading.cleaning import LabelledPage, prf, read_pages
from index.cleaning.line_context import Column, Columns, second_pass_features
from index.cleaning.line_features import entries
from index.cleaning.line_model import (
    BIAS,
    LineModel,
    Rows,
    Weights,
    first_pass_features,
    in_thousandths,
    standardised,
    weigh,
)

_PENALTY = 30.0
_FOLDS = 6
DEALS = 3
_PAGES_OF_A_WORD = 10
_SMOOTHING = 2.0
_NETWORKS = 2
_HIDDEN = 16
STEPS = 1200
_BATCH = 256
_RATE = 0.001
_LEAST_SPREAD = 0.03


@dataclass(frozen=True)
class Example:
    """A page, whether each of its lines is article text, and how much each weighs in the fit."""

    fold: int
    page: LabelledPage
    weights: Column

    @property
    def gold(self) -> Column:
        """1.0 for each line of article text."""
        return np.array(self.page.keep, float)


def main(arguments: Sequence[str], steps: int = STEPS, deals: int = DEALS) -> int:
    """Fit and write the weights, in so many steps of descent, or cross-validate over so many deals of the pages."""
    found = examples(Path(arguments[0]))
    if len(arguments) > 1:
        model = fit(found, steps)
        told = {"lexicon": model.lexicon, "first": model.first, "second": model.second, "out": model.out}
        Path(arguments[1]).write_text(
            json.dumps(told, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
        )
        return 0
    return _cross_validate(found, steps, deals)


def examples(data: Path) -> list[Example]:
    """Return the pages of split `train`, dealt to the folds in turn."""
    return [Example(at % _FOLDS, page, _line_weights(page)) for at, page in enumerate(read_pages(data, "train"))]


def fit(train: Sequence[Example], steps: int = STEPS) -> LineModel:
    """Fit all three parts of the model, the last in so many steps."""
    folds = sorted({example.fold for example in train})
    unseen = {fold: fit_lexicon([example for example in train if example.fold != fold]) for fold in folds}
    columns = [_first_columns(example, unseen[example.fold]) for example in train]
    others = {fold: [at for at, example in enumerate(train) if example.fold != fold] for fold in folds}
    passes = {
        fold: _fit_pass([columns[at] for at in rest], [train[at] for at in rest]) for fold, rest in others.items()
    }
    both = [
        look | second_pass_features(example.page.lines, weigh(look, passes[example.fold]))
        for look, example in zip(columns, train, strict=True)
    ]
    return LineModel(fit_lexicon(train), _fit_pass(columns, train), *_fit_network(both, train, steps))


def fit_lexicon(train: Sequence[Example]) -> Weights:
    """Return, for each entry on enough pages, the log of the pages that have it in the text over those in junk."""
    text: Counter[str] = Counter()
    junk: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    for example in train:
        sides: tuple[set[str], set[str]] = (set(), set())
        for line, keep in zip(example.page.lines, example.page.keep, strict=True):
            sides[keep].update(entries(line))
        junk.update(sides[False])
        text.update(sides[True])
        pages.update(sides[False] | sides[True])
    common = sorted(entry for entry, count in pages.items() if count >= _PAGES_OF_A_WORD)
    return {entry: round(math.log((text[entry] + _SMOOTHING) / (junk[entry] + _SMOOTHING)), 2) for entry in common}


def _line_weights(page: LabelledPage) -> Column:
    return np.array([min(len(line.text), 600) + 15.0 for line in page.lines])


def _first_columns(example: Example, lexicon: Weights) -> Columns:
    return first_pass_features(example.page.lines, lexicon)


def _fit_pass(columns: Sequence[Columns], train: Sequence[Example]) -> dict[str, float]:
    """Fit one logistic model by Newton's method on standardised columns; return weights for the columns as they are."""
    names = list(columns[0])
    x = np.vstack([np.column_stack([look[name] for name in names]) for look in columns])
    y = np.concatenate([example.gold for example in train])
    w = np.concatenate([example.weights for example in train])
    middle = np.average(x, axis=0, weights=w)
    spread = np.sqrt(np.average((x - middle) ** 2, axis=0, weights=w)) + 1e-6
    z = np.hstack([(x - middle) / spread, np.ones((len(x), 1))])
    w = w * len(w) / w.sum()
    penalty = np.diag([_PENALTY] * len(names) + [0.0])
    found = np.zeros(len(names) + 1)
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(z @ found, -30, 30)))
        curvature = (z * (w * (p * (1 - p) + 1e-6))[:, None]).T @ z + penalty
        step = np.linalg.solve(curvature, z.T @ (w * (p - y)) + penalty @ found)
        found -= step
        if np.abs(step).max() < 1e-4:
            break
    weights = found[:-1] / spread
    bias = float(found[-1] - (weights * middle).sum())
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)} | {BIAS: round(bias, 4)}


def _fit_network(columns: Sequence[Columns], train: Sequence[Example], steps: int) -> tuple[Rows, list[float]]:
    """Fit the hidden units in two halves that know nothing of each other, and average what the halves say."""
    names = list(columns[0])
    x = np.vstack([np.column_stack([look[name] for name in names]) for look in columns])
    y = np.concatenate([example.gold for example in train])
    w = np.concatenate([example.weights / math.sqrt(example.weights.sum()) for example in train])
    middle = np.average(x, axis=0, weights=w)
    spread = np.maximum(_LEAST_SPREAD, np.sqrt(np.average((x - middle) ** 2, axis=0, weights=w)))
    seen = standardised(x, middle, spread)
    halves = [_descend(seen, y, w / w.mean(), np.random.default_rng(seed), steps) for seed in range(_NETWORKS)]
    hidden, constants, out = (np.concatenate([half[part] for half in halves], axis=-1) for part in range(3))
    table = np.column_stack([middle, spread, hidden])
    rows = {name: in_thousandths(row) for name, row in zip(names, table, strict=True)}
    rows[BIAS] = in_thousandths(np.concatenate([[0.0, 0.0], constants]))
    constant = sum(float(half[3][0]) for half in halves)
    return rows, [round(float(one) / _NETWORKS, 4) for one in (*out, constant)]


def _descend(x: Column, y: Column, w: Column, chance: np.random.Generator, steps: int) -> list[Column]:
    """Fit one hidden layer by Adam (Kingma and Ba 2015) with an L2 penalty; return its weights, layer by layer."""
    wide = math.sqrt(6 / (x.shape[1] + _HIDDEN))
    found = [chance.uniform(-wide, wide, (x.shape[1], _HIDDEN)), np.zeros(_HIDDEN)]
    found += [chance.uniform(-0.5, 0.5, _HIDDEN), np.zeros(1)]
    means, squares = ([np.zeros_like(part) for part in found] for _ in range(2))
    for step in range(1, steps + 1):
        batch = chance.integers(len(x), size=_BATCH)
        inner = x[batch] @ found[0] + found[1]
        hidden = np.maximum(inner, 0)
        p = 1 / (1 + np.exp(-np.clip(hidden @ found[2] + found[3], -30, 30)))
        error = w[batch] * (p - y[batch]) / _BATCH
        back = np.outer(error, found[2]) * (inner > 0)
        slopes = [x[batch].T @ back, back.sum(axis=0), hidden.T @ error, error.sum(keepdims=True)]
        for part, slope in enumerate(slopes):
            slope = slope + (found[part] / _BATCH if part in (0, 2) else 0.0)
            means[part] = 0.9 * means[part] + 0.1 * slope
            squares[part] = 0.999 * squares[part] + 0.001 * slope**2
            rate = _RATE * math.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            found[part] = found[part] - rate * means[part] / (np.sqrt(squares[part]) + 1e-8)
    return found


def _cross_validate(found: Sequence[Example], steps: int, deals: int) -> int:
    """Print the means over several deals of the pages to folds, and how far the recall of the deals is apart."""
    dealt = [_out_of_fold(found, np.random.default_rng(seed), steps) for seed in range(deals)]
    for likely in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        threshold = math.log(likely / (1 - likely))
        figures = np.array([prf((page, list(scores > threshold)) for page, scores in deal) for deal in dealt])
        recall, precision, f1 = figures.mean(axis=0)
        spread = np.ptp(figures[:, 0])
        print(
            f"{likely:.2f}  recall {recall:.4f}  precision {precision:.4f}  F1 {f1:.4f}  (recall within {spread:.4f})"
        )
    return 0


def _out_of_fold(
    found: Sequence[Example], chance: np.random.Generator, steps: int
) -> list[tuple[LabelledPage, Column]]:
    """Return the scores that each page gets from a model that has not seen it."""
    folds = chance.permutation(len(found)) % _FOLDS
    dealt = [Example(int(fold), one.page, one.weights) for fold, one in zip(folds, found, strict=True)]
    scored: list[tuple[LabelledPage, Column]] = []
    for fold in range(_FOLDS):
        model = fit([example for example in dealt if example.fold != fold], steps)
        held_out = [one.page for one in dealt if one.fold == fold]
        scored.extend((page, model.scores(page.lines)) for page in held_out)
    return scored


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
