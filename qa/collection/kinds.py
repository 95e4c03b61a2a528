"""Classify what a question asks of the collection: a multinomial logistic model over the vectors of the question.

It sees the mean of the vectors that the bundled encoder gives the question's words, each weighted by the probability
that it is not of the topic: so a topic that was never seen changes little. A logistic model over the vector of a word,
which knows the words around it, gives that probability. `python -m evals.training.collection` fitted `weights.json`,
and reports how often it is right; the file holds numbers only.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from index.embedding.embedders import Embedder
from index.models import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating[Any]]

WEIGHTS = Path(__file__).with_name("weights.json")
WORD = re.compile(r"\w+")
OF_TOPIC = 0.3
"""The least probability of a word of the topic: the answer shows one too many, but not one that is lost."""


class Kind(StrEnum):
    """What a question asks of the collection; `none`: the sentences of the articles answer it."""

    NONE = "none"
    COUNT = "count"
    LIST = "list"
    AUTHOR = "author"
    DATE = "date"
    NEWEST = "newest"
    OLDEST = "oldest"
    OUTLETS = "outlets"
    FILE = "file"


KINDS = tuple(Kind)


@dataclass(frozen=True)
class KindWeights:
    """The fitted numbers: `topic` weighs the vector of a word, its last number is a constant.

    `kinds` has a row for each of `KINDS`, which weighs the vector of a question, and a constant at its end; `mark` is
    the least probability for which a question is taken to be about the collection.
    """

    topic: Sequence[float]
    kinds: Sequence[Sequence[float]]
    mark: float


class Classification(NamedTuple):
    """The kind of a question, the probability that it is about the collection, and the words of its topic."""

    kind: Kind
    probability: float
    topic: tuple[Span, ...]


class KindClassifier:
    """Classifies questions with the bundled embedder."""

    def __init__(self, embedder: Embedder) -> None:
        """Judge by the numbers that ship with the project."""
        self._embedder, self._weights = embedder, shipped_weights()

    def classify(self, question: str) -> Classification:
        """Return the kind of a question; it is `none` below the mark."""
        import numpy as np

        spans = [Span(*match.span()) for match in WORD.finditer(question)]
        _, words = self._embedder.embed_passages([(question, spans)])
        in_topic = of_topic(words[0], np.array(self._weights.topic))
        vector = frame_vector(words[0], in_topic)
        shares = softmax(np.array(self._weights.kinds) @ np.append(vector, 1.0))
        # The first kind is `none`.
        probability = float(1 - shares[0])
        topic = tuple(span for span, share in zip(spans, in_topic, strict=True) if share > OF_TOPIC)
        kind = KINDS[1 + int(shares[1:].argmax())] if probability >= self._weights.mark else Kind.NONE
        return Classification(kind, probability, topic)


def of_topic(words: "Numbers", weights: "Numbers") -> "Numbers":
    """Return for each word, a row of `words`, the probability that it belongs to the topic."""
    import numpy as np

    shares: Numbers = 1 / (1 + np.exp(-(words @ weights[:-1] + weights[-1])))
    return shares


def frame_vector(words: "Numbers", in_topic: "Numbers") -> "Numbers":
    """Return the mean of the words' vectors, each weighted by the probability that it is not of the topic."""
    import numpy as np

    # A question may be nothing but its topic, and all weights 0.
    mean: Numbers = (1 - in_topic) @ words / np.maximum((1 - in_topic).sum(), 1e-6)
    return mean


def softmax(scores: "Numbers") -> "Numbers":
    """Return probabilities for scores, along the last axis."""
    import numpy as np

    # The largest becomes 1, so that nothing overflows.
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Numbers = raised / raised.sum(axis=-1, keepdims=True)
    return shares


@cache
def shipped_weights() -> KindWeights:
    """Return the numbers that ship with the project."""
    return KindWeights(**json.loads(WEIGHTS.read_text(encoding="utf-8")))
