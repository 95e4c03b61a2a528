"""Fit the line model of `index.line_model` on the pages with split `train`, and choose nothing by any other page.

    python -m evals.benchmarks.line_weights DATA [WEIGHTS.json]

DATA has the layout of the cleaning benchmark. The passes are fitted by Newton's method with an L2 penalty, a line
weighing as its characters do. The second pass and the lexicon are fitted on what models that have not seen the page say
of it (stacking, Wolpert 1992). Without WEIGHTS.json the
figures of a cross-validation by page are printed instead, by threshold.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evals.benchmarks.cleaning import LabelledPage, prf, read_pages
from index.cleaning import heads_a_tail, is_junk
from index.line_context import Column, Columns, second_look
from index.line_features import entries
from index.line_model import BIAS, LineModel, Weights, first_look, weigh

_PENALTY = 30.0
_FOLDS = 6
_PAGES_OF_A_WORD = 10
_SMOOTHING = 2.0


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


def main(arguments: Sequence[str]) -> int:
    """Fit and write the weights, or cross-validate."""
    found = examples(Path(arguments[0]))
    if len(arguments) > 1:
        model = fit(found)
        told = {"lexicon": model.lexicon, "first": model.first, "second": model.second}
        rounded = {part: {name: round(w, 4) for name, w in sorted(all_.items())} for part, all_ in told.items()}
        Path(arguments[1]).write_text(json.dumps(rounded, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
        return 0
    return _cross_validate(found)


def examples(data: Path) -> list[Example]:
    """Return the pages of split `train`, dealt to the folds in turn."""
    return [Example(at % _FOLDS, page, _line_weights(page)) for at, page in enumerate(read_pages(data, "train"))]


def fit(train: Sequence[Example]) -> LineModel:
    """Fit all three parts of the model."""
    folds = sorted({example.fold for example in train})
    unseen = {fold: fit_lexicon([example for example in train if example.fold != fold]) for fold in folds}
    columns = [_first_columns(example, unseen[example.fold]) for example in train]
    others = {fold: [at for at, example in enumerate(train) if example.fold != fold] for fold in folds}
    passes = {
        fold: _fit_pass([columns[at] for at in rest], [train[at] for at in rest]) for fold, rest in others.items()
    }
    both = [
        look | second_look(example.page.lines, weigh(look, passes[example.fold]))
        for look, example in zip(columns, train, strict=True)
    ]
    return LineModel(fit_lexicon(train), _fit_pass(columns, train), _fit_pass(both, train))


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
    return {entry: math.log((text[entry] + _SMOOTHING) / (junk[entry] + _SMOOTHING)) for entry in common}


def _line_weights(page: LabelledPage) -> Column:
    return np.array([min(len(line.text), 600) + 15.0 for line in page.lines])


def _notices(page: LabelledPage) -> tuple[list[bool], list[bool]]:
    return [is_junk(line) for line in page.lines], [heads_a_tail(line) for line in page.lines]


def _first_columns(example: Example, lexicon: Weights) -> Columns:
    return first_look(example.page.lines, *_notices(example.page), lexicon)


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
    return {name: float(weight) for name, weight in zip(names, weights, strict=True)} | {BIAS: bias}


def _cross_validate(found: Sequence[Example]) -> int:
    scored: list[tuple[LabelledPage, Column]] = []
    for fold in sorted({example.fold for example in found}):
        model = fit([example for example in found if example.fold != fold])
        held_out = [one.page for one in found if one.fold == fold]
        scored.extend((page, model.scores(page.lines, *_notices(page))) for page in held_out)
    for likely in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        threshold = math.log(likely / (1 - likely))
        figures = prf((page, [score > threshold for score in scores]) for page, scores in scored)
        print(f"{likely:.2f}  recall {figures[0]:.4f}  precision {figures[1]:.4f}  F1 {figures[2]:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
