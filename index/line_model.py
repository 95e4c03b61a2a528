"""The log-odds that a line is article text: two logistic models over the features of lines, and a lexicon.

The first model sees a line, its neighbours and its place; the second also sees what the first said about the lines
around, and whether a line speaks of what the article speaks of. The lexicon holds, for words that stand on at least ten
pages, the logarithm of how many more pages have it in article text than in junk.

`line_weights.json` was fitted by `python -m evals.benchmarks.line_weights` on 144 English pages (split `train` of the
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

from index.line_context import Column, Columns, of_lexicon, place, second_look
from index.line_features import entries, features
from index.lines import Line

WEIGHTS = Path(__file__).with_name("line_weights.json")
BIAS = ""
"""The name of the constant among the weights."""

Weights = Mapping[str, float]


@dataclass(frozen=True)
class LineModel:
    """The lexicon, and the weights of the first and of the second pass by the name of the feature."""

    lexicon: Weights
    first: Weights
    second: Weights

    def scores(self, page: Sequence[Line], notices: Sequence[bool], tails: Sequence[bool]) -> Column:
        """Return the log-odds of article text for each line of a page that has at least one.

        `notices` and `tails` say of each line whether the hard rules find it a notice, or the head of a list of links.
        """
        columns = first_look(page, notices, tails, self.lexicon)
        return weigh(columns | second_look(page, weigh(columns, self.first)), self.second)


def first_look(page: Sequence[Line], notices: Sequence[bool], tails: Sequence[bool], lexicon: Weights) -> Columns:
    """Return the features of the first pass by name."""
    rows = [features(*one) for one in zip(page, notices, tails, strict=True)]
    own = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    looked_up = np.array([_look_up(line, lexicon) for line in page])
    return own | place(page, own) | of_lexicon(looked_up)


def weigh(columns: Columns, weights: Weights) -> Column:
    """Return the weighted sum of the columns; both must have the same names, but for the bias."""
    if columns.keys() != weights.keys() - {BIAS}:
        raise ValueError("the weights are of other features; fit them anew: python -m evals.benchmarks.line_weights")
    return sum((weights[name] * column for name, column in columns.items()), np.array(weights[BIAS]))


def _look_up(line: Line, lexicon: Weights) -> tuple[float, ...]:
    """Return the mean, the sum over the root of the count, the least and the largest of the words, the ends."""
    known = [(entry[0], lexicon[entry]) for entry in entries(line) if entry in lexicon]
    words = [value for kind, value in known if kind in "sl"]
    first, last = (sum(value for kind, value in known if kind == end) for end in "fe")
    count = max(1, len(words))
    total = sum(words)
    return total / count, total / math.sqrt(count), min(words, default=0), max(words, default=0), first, last


@cache
def shipped() -> LineModel:
    """Return the model that ships with the project."""
    return LineModel(**json.loads(WEIGHTS.read_text(encoding="utf-8")))
