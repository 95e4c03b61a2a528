"""The plain baseline that every figure of answering stands beside: the sentences nearest to the question."""

import math
from collections.abc import Sequence

from index.embedding.embedders import Embedder
from qa.models import Hit
from qa.reader.rarity import held_by
from qa.reader.reading import Reading, Scored, Words

_HITS, _SHOWN = 5, 2
_OVERLAP = 0.5
_SURE = (2.508, -2.789)
"""Fitted by `python -m evals.training.calibration`: it can hardly tell what is answered from what is not."""


class Baseline:
    """Cosine similarity plus half the share of the question's words, by rarity, over the first five hits.

    It shows two sentences, and is as sure as the score of the first makes it.
    """

    name = "baseline"

    def __init__(self, embedder: Embedder) -> None:
        """Embed question and sentences, each by itself."""
        self._embedder = embedder

    def rank(self, question: str, hits: Sequence[Hit], words: Words) -> Reading:
        """Return as `Reader.rank` does."""
        sentences = [(hit, span) for hit in hits[:_HITS] for span in hit.passage.sentences]
        if not sentences:
            return Reading()
        texts = [hit.passage.sentence(span) for hit, span in sentences]
        asked, *vectors = self._embedder.embed([question, *texts])
        held = held_by(question, words)
        scores = [float(asked @ vector) + _OVERLAP * held(text) for vector, text in zip(vectors, texts, strict=True)]
        order = sorted(range(len(scores)), key=lambda at: -scores[at])
        shares = [1.0 if place < _SHOWN else 0.0 for place in range(len(order))]
        ranked = tuple(Scored(*sentences[at], share) for at, share in zip(order, shares, strict=True))
        return Reading(ranked, 1 / (1 + math.exp(-_SURE[0] * scores[order[0]] - _SURE[1])))
