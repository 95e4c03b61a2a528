"""The support score: how likely it is that the cited text bears a statement out, by a small network over local signals.

The signals are the words, pairs and runs of words that the text shares with the statement, what the guard finds, and
the similarity of the statement to the text's nearest sentences. What they say is that the text speaks of the same thing
in the same way: a score is no proof, a "not" put in hardly moves it, and a true inference may score low.

`support_weights.json` was fitted by `evals.benchmarks.checking.support_weights` on the split `train` of the verify
benchmark (pairs of WiCE, ExpertQA, SummEdits, Factcheck-GPT, FM2, FEVER Symmetric and DocNLI, each file weighing the
same) with the bundled embedder; it holds no text.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from index.embedding.embedders import Embedder
from qa.language.terms import stem, terms, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index.embedding.embedders import Vectors

    Column = NDArray[np.float64]

WEIGHTS = Path(__file__).with_name("support_weights.json")
LIMIT = 4.0
"""How many standard deviations from the mean a signal may count."""

_NEAREST = 6
_SAME_BEGINNING = 4
Signals = dict[str, float]


@dataclass(frozen=True)
class SupportModel:
    """One hidden layer of rectified units over standardised signals; `names` are those of the signals, in order.

    `hidden` has a row for each signal and one for the constants, `out` a weight for each unit and a constant;
    `supported` and `partly` are the least scores of these verdicts.
    """

    names: Sequence[str]
    middle: Sequence[float]
    spread: Sequence[float]
    hidden: Sequence[Sequence[float]]
    out: Sequence[float]
    supported: float
    partly: float

    def score(self, signals: Mapping[str, float]) -> float:
        """Return the likelihood, from 0 to 1; raise ValueError when the signals are not those of the weights."""
        import numpy as np

        if list(signals) != list(self.names):
            raise ValueError(
                "other signals than the weights'; fit them: python -m evals.benchmarks.checking.support_weights"
            )
        seen = standardised(np.array(list(signals.values())), np.array(self.middle), np.array(self.spread))
        rows = np.array(self.hidden)
        units = np.maximum(seen @ rows[:-1] + rows[-1], 0)
        return 1 / (1 + math.exp(-float(units @ np.array(self.out[:-1]) + self.out[-1])))


def standardised(x: "Column", middle: "Column", spread: "Column") -> "Column":
    """Return signals as the network sees them."""
    import numpy as np

    return np.asarray(np.clip((x - middle) / spread, -LIMIT, LIMIT))


@cache
def shipped() -> SupportModel:
    """Return the model that ships with the project."""
    return SupportModel(**json.loads(WEIGHTS.read_text(encoding="utf-8")))


def signals(statement: str, sentences: Sequence[str], found: Mapping[str, int], embedder: Embedder) -> Signals:
    """Return the signals of a statement and the sentences that it cites, at least one.

    `found` says what the guard finds, in counts by kind.
    """
    wanted = terms(statement)
    held = [set(terms(sentence)) for sentence in sentences]
    shares = [_share(wanted, one) for one in held]
    best = max(range(len(sentences)), key=shares.__getitem__)
    nearest = sorted(sorted(range(len(sentences)), key=lambda at: -shares[at])[:_NEAREST])
    return {
        **_of_words(wanted, held, shares, best, [terms(sentences[best]), terms(" ".join(sentences))]),
        **_of_runs(statement, sentences),
        **{kind: float(min(count, 3)) for kind, count in found.items()},
        **_of_vectors(embedder.embed([statement, *(sentences[at] for at in nearest)])),
    }


def _share(wanted: Sequence[str], held: set[str]) -> float:
    return sum(one in held for one in wanted) / len(wanted) if wanted else 1.0


def _of_words(
    wanted: Sequence[str], held: Sequence[set[str]], shares: Sequence[float], best: int, order: Sequence[Sequence[str]]
) -> Signals:
    every = set().union(*held)
    missing = [one for one in dict.fromkeys(wanted) if one not in every]
    begun = {one[:_SAME_BEGINNING] for one in every}
    half = len(wanted) // 2
    return {
        "recall": _share(wanted, every),
        "recall of the best": shares[best],
        "recall of the first half": _share(wanted[:half], every),
        "recall of the second half": _share(wanted[half:], every),
        "subject in the best": float(bool(wanted) and wanted[0] in held[best]),
        "object in the best": float(bool(wanted) and wanted[-1] in held[best]),
        "missing": math.log1p(len(missing)),
        "missing, begun alike": _share([one[:_SAME_BEGINNING] for one in missing], begun),
        "in order": _subsequence(wanted, order[0]) / max(1, len(wanted)),
        "pairs": _share_of_runs(wanted, order[1], 2),
        "of the best": _share(sorted(held[best]), set(wanted)),
        "words": math.log1p(len(wanted)),
        "words of the text": math.log1p(len(order[1])),
        "sentences": math.log(len(held)),
    }


def _of_runs(statement: str, sentences: Sequence[str]) -> Signals:
    said = [stem(word) for word in words(statement)]
    text = [stem(word) for sentence in sentences for word in words(sentence)]
    return {
        "runs of two": _share_of_runs(said, text, 2),
        "runs of three": _share_of_runs(said, text, 3),
    }


def _share_of_runs(said: Sequence[str], text: Sequence[str], size: int) -> float:
    runs, held = ({tuple(row[at : at + size]) for at in range(len(row) - size + 1)} for row in (said, text))
    return len(runs & held) / len(runs) if runs else 1.0


def _subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for mine in one:
        before = 0
        for at, yours in enumerate(other, 1):
            before, row[at] = row[at], before + 1 if mine == yours else max(row[at], row[at - 1])
    return row[-1]


def _of_vectors(vectors: "Vectors") -> Signals:
    """Return the similarity to the nearest sentence, to the nearest two together, to all; the first vector asks."""
    import numpy as np

    said, text = vectors[0], vectors[1:]
    pairs = [one + other for one, other in pairwise(text)]
    alike = [float(said @ one / max(float(np.linalg.norm(one)), 1e-9)) for one in (*text, *pairs, text.sum(axis=0))]
    each = alike[: len(text)]
    return {
        "similarity": max(each),
        "similarity to two": max(alike[:-1]),
        "similarity to all": alike[-1],
        "similarity on average": sum(each) / len(each),
    }
