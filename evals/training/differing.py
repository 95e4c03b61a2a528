"""Fit what tells that two articles give values of the same thing, on half of the questions; report the other half.

    python -m evals.training.differing DATA [RAMDOCS_INDEX [NEWS_INDEX]]

DATA holds `ramdocs` and, as for the benchmark `newsquestions`, `newsquestions` and `multihop`. Pairs are those of
`qa.writing.differing.pairs`. In RAMDocs a pair is one of values of the same thing where both are answers of the
question, right or wrong, to its own documents; the questions of `newsquestions` (300 of dev, by a digest) are about one
article each, so that none of their pairs is taken for one. The plain baseline says of every pair that it is.

Printed are the weights, and for some marks, of the other half: the share of such pairs that reach it and of those that
do so the share of such pairs, in RAMDocs, and the questions with one right answer, and of news, with a pair that does.
"""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evals.benchmarks.answering import newsquestions, ramdocs
from evals.benchmarks.corpus import Corpus, articles_of, indexed, named, questions_of, written
from evals.benchmarks.halves import first_half
from evals.benchmarks.ranking import auroc
from evals.scoring.wording import says
from qa.reader.late_interaction import LateInteraction
from qa.writing.differing import Pair, Side, pairs

_NEWS = 300
_STEPS, _RIDGE = 60, 0.3
Column = NDArray[np.float64]


class Row(NamedTuple):
    """The numbers of a pair, the question it is of, and whether both are values of the same thing."""

    question: str
    of_news: bool
    has_one_answer: bool
    numbers: tuple[float, ...]
    is_same: bool


def main(arguments: Sequence[str]) -> int:
    """Fit on the first half, and print the figures of the other."""
    data, folders = Path(arguments[0]), [Path(one) for one in arguments[1:]]
    rows = [*_of_ramdocs(data / "ramdocs", *folders[:1]), *_of_news(data, *folders[1:])]
    chosen = np.array([first_half(row.question) for row in rows])
    numbers, same = np.array([row.numbers for row in rows]), np.array([float(row.is_same) for row in rows])
    weights = _fitted(numbers[chosen], same[chosen])
    print(f"weights: {', '.join(f'{weight:.2f}' for weight in weights)}")
    others = [row for row, of_half in zip(rows, chosen, strict=True) if not of_half]
    scores = 1 / (1 + np.exp(-(numbers[~chosen] @ weights[:-1] + weights[-1])))
    there = [score for row, score in zip(others, scores, strict=True) if row.is_same]
    print(f"AUROC: {auroc(there, [score for row, score in zip(others, scores, strict=True) if not row.is_same]):.3f}")
    for mark in (0.0, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        reach = [row for row, score in zip(others, scores, strict=True) if score >= mark]
        found = sum(row.is_same for row in reach)
        precise = found / (sum(not row.of_news for row in reach) or 1)
        alarms = len({row.question for row in reach if row.has_one_answer})
        news = len({row.question for row in reach if row.of_news})
        print(f"  {mark:.2f}: {found / (len(there) or 1):.2f}, {precise:.2f}, {alarms} and {news} questions")
    return 0


def _of_ramdocs(data: Path, index: Path | None = None) -> Iterator[Row]:
    asked = questions_of(data, ramdocs.Question)
    names = named(document.article for one in asked for document in one.documents)
    with written(names) as articles, indexed(articles, index) as corpus:
        for one in asked:
            own = {names[document.article] for document in one.documents}
            answers = (*one.gold_answers, *one.wrong_answers)
            for pair in _pairs(corpus, one.question):
                same = _answers(pair.first, answers, own) and _answers(pair.other, answers, own)
                yield Row(one.question, False, len(one.gold_answers) == 1, pair.numbers, same)


def _of_news(data: Path, index: Path | None = None) -> Iterator[Row]:
    asked = [one for one in questions_of(data / "newsquestions", newsquestions.Question) if one.split == "dev"]
    asked.sort(key=lambda one: hashlib.sha256(one.question.encode()).hexdigest())
    with indexed(articles_of(data / "multihop"), index) as corpus:
        for one in asked[:_NEWS]:
            for pair in _pairs(corpus, one.question):
                yield Row(one.question, True, False, pair.numbers, False)


def _pairs(corpus: Corpus, question: str) -> list[Pair]:
    return list(pairs(corpus.read(question, LateInteraction.name)[1]))


def _answers(side: Side, answers: Sequence[str], own: set[str]) -> bool:
    is_one = any(says(answer, side.value) or says(side.value, answer) for answer in answers)
    return is_one and side.sentence.hit.passage.path in own


def _fitted(x: Column, y: Column) -> Column:
    """Return the weights of a logistic regression, and last its constant, by Newton's method with a small ridge."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    rows = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    ridge = np.diag([_RIDGE] * x.shape[1] + [1e-6])
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-(rows @ weights)))
        curve = rows.T @ (rows * (said * (1 - said))[:, None]) + ridge
        weights = weights + np.linalg.solve(curve, rows.T @ (y - said) - ridge @ weights)
    scaled: Column = weights[:-1] / spread
    return np.append(scaled, weights[-1] - scaled @ mean)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
