"""The log-odds that a line is article text: a logistic model, a small network and a lexicon over features of lines.

The logistic model sees a line, its neighbours and its place; the network (one hidden layer) also sees the odds that the
first gave to the lines around, and how many words a line shares with the article. The lexicon holds, for words that
stand on at least ten pages, the logarithm of how many more pages have it in article text than in junk.

`line_weights.json` was fitted by `evals.benchmarks.reading.line_weights` on 144 English pages (split `train` of the
cleaning benchmark: pages of the article-extraction-benchmark, of Mozilla's Readability and of Fundus, with their gold
text); it holds no text of those pages but single words. The same page always gets the same scores.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from index.cleaning.line_context import Column, Columns, lexicon_features, place_features, second_pass_features
from index.cleaning.line_features import entries, features
from index.text.lines import Line

WEIGHTS = Path(__file__).with_name("line_weights.json")
BIAS = ""
"""The name of the constant among the weights."""

LIMIT = 4.0
"""How many standard deviations from the mean a feature may count: a rare one must not decide alone."""

_THOUSANDTHS = 1000
_SURE = 4.0

Weights = Mapping[str, float]
Rows = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class LineModel:
    """The lexicon, the weights of the first pass, the network of the second.

    `second` holds in thousandths, by the name of the feature, its mean, its deviation and its weights to the hidden
    units, and the constants of these under `BIAS`; `out` has the weights of the hidden units and a constant.
    """

    lexicon: Weights
    first: Weights
    second: Rows
    out: Sequence[float]

    def scores(self, page: Sequence[Line]) -> Column:
        """Return the log-odds of article text for each line of a page that has at least one."""
        columns = first_pass_features(page, self.lexicon)
        # The second pass sees what the first made of all lines: what a line is depends on what stands around it.
        return self._judge(columns | second_pass_features(page, weigh(columns, self.first)))

    def evidence_of_a_page(self, page: Sequence[Line], scores: Column) -> float:
        """Return the log-odds that a text is a page dump, from the short lines and their scores.

        A line counts once, and only where two judges agree that it belongs to a page: its score, which depends on its
        place, and the lexicon, which looks at its words alone.
        """
        # By its text: a menu that stands twice on a page is no more evidence than once.
        short = {line.text: (line, score) for line, score in zip(page, scores, strict=True) if not line.is_prose}
        evidence = np.array([(score / 2, self._of_words(line)) for line, score in short.values()]).reshape(-1, 2)
        # Only what goes beyond being sure counts, so that many doubtful lines do not add up to a page.
        return float(np.maximum(0.0, -evidence.sum(axis=1) - _SURE).sum())

    def _of_words(self, line: Line) -> float:
        mean, *_, first, last = _look_up(line, self.lexicon)
        return (mean + first + last) / 3

    def _judge(self, columns: Columns) -> Column:
        _check(columns, self.second)
        # Rows of the weights follow the order of the columns, whatever that of the file.
        rows = np.array([self.second[name] for name in (*columns, BIAS)]) / _THOUSANDTHS
        inputs = standardised(np.column_stack(list(columns.values())), rows[:-1, 0], rows[:-1, 1])
        hidden = np.maximum(inputs @ rows[:-1, 2:] + rows[-1, 2:], 0)
        scores: Column = hidden @ np.array(self.out[:-1]) + self.out[-1]
        return scores


def standardised(x: Column, middle: Column, spread: Column) -> Column:
    """Return features brought to mean 0 and deviation 1, and cut off at `LIMIT`."""
    return np.clip((x - middle) / spread, -LIMIT, LIMIT)


def in_thousandths(values: Column) -> list[int]:
    """Return values in thousandths, as the rows of a model hold them."""
    return [int(value) for value in np.round(values * _THOUSANDTHS)]


def first_pass_features(page: Sequence[Line], lexicon: Weights) -> Columns:
    """Return the features of the first pass by name."""
    rows = [features(line) for line in page]
    line_columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    lexicon_scores = np.array([_look_up(line, lexicon) for line in page])
    return line_columns | place_features(page, line_columns) | lexicon_features(lexicon_scores)


def weigh(columns: Columns, weights: Weights) -> Column:
    """Return the weighted sum of the columns; both must have the same names, but for the bias."""
    _check(columns, weights)
    return sum((weights[name] * column for name, column in columns.items()), np.array(weights[BIAS]))


def _check(columns: Columns, weights: Mapping[str, object]) -> None:
    if columns.keys() != weights.keys() - {BIAS}:
        raise ValueError("the weights are of other features; fit them: python -m evals.benchmarks.reading.line_weights")


def _look_up(line: Line, lexicon: Weights) -> tuple[float, ...]:
    """Return the scores of a line: mean, sum over the root of the count, least and largest of its words, both ends."""
    scores = [(entry[0], lexicon[entry]) for entry in entries(line) if entry in lexicon]
    words = [value for kind, value in scores if kind in "sl"]
    first, last = (sum(value for kind, value in scores if kind == end) for end in "fe")
    count = max(1, len(words))
    total = sum(words)
    return total / count, total / math.sqrt(count), min(words, default=0), max(words, default=0), first, last


@cache
def shipped() -> LineModel:
    """Return the model that ships with the project."""
    return LineModel(**json.loads(WEIGHTS.read_text(encoding="utf-8")))
