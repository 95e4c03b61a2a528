"""The plain baseline that every figure of answering stands beside: the sentences nearest to the question."""

import math
from collections.abc import Sequence

from index.embedding.embedders import Embedder, MiniLM
from qa.models import Hit
from qa.models.errors import InvalidSettings
from qa.reader.late_interaction import LateInteraction
from qa.reader.rarity import coverage_of
from qa.reader.reading import RankedSentence, Reader, Reading, TermStatistics
from qa.wiring import build_reader

_HITS, _SHOWN = 5, 2
_OVERLAP = 0.5
_SURE = (2.508, -2.789)
"""Fitted by `python -m evals.training.calibration`: it can hardly tell answered questions from others."""


class BaselineReader:
    """Ranks by cosine similarity plus half the share of the question's words, by rarity, over the first five hits.

    It shows two sentences; the score of the first makes its probability.
    """

    name = "baseline"

    def __init__(self, embedder: Embedder) -> None:
        """Embed question and sentences, each by itself."""
        self._embedder = embedder

    def rank(self, question: str, hits: Sequence[Hit], statistics: TermStatistics) -> Reading:
        """Return as `Reader.rank` does."""
        sentences = [(hit, span) for hit in hits[:_HITS] for span in hit.passage.sentences]
        if not sentences:
            return Reading()
        texts = [hit.passage.sentence(span) for hit, span in sentences]
        question_vector, *vectors = self._embedder.embed([question, *texts])
        coverage = coverage_of(question, statistics)
        scores = [
            float(question_vector @ vector) + _OVERLAP * coverage(text)
            for vector, text in zip(vectors, texts, strict=True)
        ]
        order = sorted(range(len(scores)), key=lambda index: -scores[index])
        ranked = [
            RankedSentence(*sentences[index], answer_share=1.0 if place < _SHOWN else 0.0)
            for place, index in enumerate(order)
        ]
        return Reading(tuple(ranked), 1 / (1 + math.exp(-_SURE[0] * scores[order[0]] - _SURE[1])))


def reader_named(name: str) -> Reader:
    """Return the reader that ships with the project, or the baseline; raise InvalidSettings for another name."""
    if name == BaselineReader.name:
        return BaselineReader(MiniLM())
    if name != LateInteraction.name:
        raise InvalidSettings(f"There is no reader {name!r}. There are: {LateInteraction.name}, {BaselineReader.name}")
    return build_reader()
