"""Late interaction (ColBERT, Khattab and Zaharia 2020, arXiv 2004.12832): each token of a question finds its match.

A hit is encoded once, with its headline. The reader measures how near each token of the question comes to its nearest
token in a sentence, and in the whole hit, and takes a few more numbers; one fitted layer turns them into the score that
orders the sentences, and into the probability that the first of them hold the answer. `make train-reader` fits encoder
and layer; `CARD.md` says on what, and how well they do.
"""

import json
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import regex

from index.embedding.embedders import Embedder
from index.embedding.encoder import Encoded, Encoder
from index.models import Span
from index.passages.tables import Row, in_full, rows, text_in_full
from qa.language.facts import Fact, facts
from qa.language.terms import terms
from qa.models import Hit
from qa.reader.encoded_hit import EncodedHit
from qa.reader.foreign import ranked_by_words
from qa.reader.rarity import EVERYWHERE, coverage_of, rarities
from qa.reader.reading import RankedSentence, Reading, SentenceFact, TermStatistics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Numbers = NDArray[np.float64]

ENCODER = Path(__file__).with_name("encoder.int8.onnx")
LAYER = Path(__file__).with_name("layer.json")
_WORD = regex.compile(r"[\w\p{M}]+")
_READ, _PLACES, _BEST = 8, 8, 5
"""Eight hits are read: the evidence of nine in ten questions stands among them, and each costs some 20 ms."""
_FEWEST = 40
"""The smallest index that `sure` is fitted on has so many passages: with fewer, it is as sure as with these."""
_MARKS = regex.compile(r"[^\w\s\p{M}]")
_PASSAGE_TOKENS, _QUESTION_TOKENS = 1.5, 2.5
"""With more tokens a word than these, the encoder does not know the language: English news has 1.08 in the mean.

Of English passages one in a thousand has more than 1.42, of English questions, short and full of names, more than 2;
sentences of German, French, Spanish and Dutch have 1.5 to 2, of other scripts 3 and more.
"""
_ASKS = frozenset("?？؟")
_STATES = frozenset(".!…。！۔।॥:")
_NO_STOPS = regex.compile(r"\p{Line_Break=SA}")
"""Scripts that are written without stops: Thai, Lao, Khmer, Burmese."""
_LONG = 10
"""A line of so many words without a stop is no heading, but an item of a list or a row of a table."""


@dataclass(frozen=True)
class Layer:
    """The fitted layer.

    `token` weighs the tokens of a question, its last number is a constant; `score` is in the order of `NUMBERS`;
    `search` weighs the numbers of the search; `sure` makes a probability of the best scores, a constant and the
    logarithm of the number of passages: among more of them, a sentence with the same score is less likely the answer.
    """

    token: Sequence[float]
    score: Sequence[float]
    search: Sequence[float]
    sure: Sequence[float]


NUMBERS = ("sentence", "hit", "sentence lacks", "hit lacks", "similarity", "words held")
"""The numbers of a sentence: see `LateInteraction.measure`."""


@cache
def shipped_layer() -> Layer:
    """Return the layer that ships with the project."""
    return Layer(**json.loads(LAYER.read_text(encoding="utf-8")))


class MeasuredSentence(NamedTuple):
    """A sentence of a hit with the numbers that the layer weighs, and with facts and coverage as in RankedSentence."""

    hit: Hit
    span: Span
    is_readable: bool
    numbers: tuple[float, ...]
    search: tuple[float, ...]
    facts: tuple[SentenceFact, ...]
    context_coverage: float


class Measurements(NamedTuple):
    """The sentences of some hits with their numbers, and how many passages the index has."""

    sentences: list[MeasuredSentence]
    passages: int = 1


class _EncodedQuestion(NamedTuple):
    """A question as the encoder reads it: `tokens` have unit length, `weights` sum to 1."""

    tokens: "Vectors"
    weights: "Numbers"
    coverage: Callable[[str], float]
    facts: list[Fact]
    is_known: bool


class LateInteraction:
    """The reader that ships with the project."""

    name = "late-interaction"

    def __init__(self, encoder: Encoder, layer: Layer, multilingual: Embedder | None = None) -> None:
        """Read with `encoder`, and judge by the layer that was fitted to it.

        Sentences in a language that it does not know are ordered by words, and by a `multilingual` embedder.
        """
        self._encoder, self._layer, self._multilingual = encoder, layer, multilingual
        self._encoded_hits: dict[str, Encoded] = {}

    def rank(self, question: str, hits: Sequence[Hit], statistics: TermStatistics) -> Reading:
        """Return as `Reader.rank` does."""
        measured = self.measure(question, hits, statistics)
        reading = reading_of(measured, self._layer)
        # Foreign sentences are measured as well: what the encoder makes of them still counts a little in their order.
        readable = [sentence for sentence in measured.sentences if sentence.is_readable]
        if len(readable) == len(measured.sentences):
            return reading
        places = {(sentence.hit.passage.id, sentence.span) for sentence in readable}
        foreign = [sentence for sentence in reading.sentences if (sentence.hit.passage.id, sentence.span) not in places]
        # Once more, without the foreign sentences: shares and probability are then those of what the encoder can read.
        reading = reading_of(measured._replace(sentences=readable), self._layer)
        return replace(reading, foreign=ranked_by_words(question, foreign, statistics, self._multilingual))

    def measure(self, question: str, hits: Sequence[Hit], statistics: TermStatistics) -> Measurements:
        """Return the sentences that may answer, with their numbers.

        The numbers of a sentence, in the order of `NUMBERS`: how near the tokens of the question come to those of the
        sentence, and of the whole hit, in the mean (both weighted by rarity and the fitted weight); the mean square of
        what each lacks to 1; the similarity of question and sentence as wholes; the share of the question's words, by
        rarity, in the sentence. Those of the search: the score of the hit, its place, and the place of the sentence.
        """
        hits = hits[:_READ]
        is_asked = partial(_is_named, words=frozenset(terms(question)))
        read = [text_in_full(hit.headline, hit.passage, is_asked) for hit in hits]
        encoded, *encoded_hits = self._encode([question, *(text for text, _ in read)])
        encoded_question = _EncodedQuestion(
            _unit(encoded.tokens),
            self._weights(question, encoded, statistics),
            coverage_of(question, statistics),
            facts(question),
            _is_known(question, encoded, _QUESTION_TOKENS),
        )
        measured: list[MeasuredSentence] = []
        for place, (hit, (text, spans), encoded_hit) in enumerate(zip(hits, read, encoded_hits, strict=True)):
            measured += _measured(encoded_question, hit, text, spans, encoded_hit, place)
        return Measurements(measured, statistics.count())

    def _encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encode a question and hits; the hits of the last call are kept, for statements of one answer share them."""
        known = dict(self._encoded_hits)
        new = [text for text in texts if text not in known]
        known |= dict(zip(new, self._encoder.encode(new), strict=True)) if new else {}
        # Of the question nothing is kept: the next one is another.
        self._encoded_hits = {text: known[text] for text in texts[1:]}
        return [known[text] for text in texts]

    def _weights(self, question: str, encoded: Encoded, statistics: TermStatistics) -> "Numbers":
        """Return the weight of each token of the question; their sum is 1."""
        import numpy as np

        rarity = np.full(len(encoded.ids), EVERYWHERE)
        rarity[[0, -1]] = 0.0  # the marks of beginning and end
        for start, end, weight in rarities(question, statistics):
            rarity[encoded.rows(start, end)] = weight
        weights = rarity * np.exp(encoded.tokens @ np.array(self._layer.token[:-1]) + self._layer.token[-1])
        return np.asarray(weights / weights.sum())


def _measured(
    question: _EncodedQuestion, hit: Hit, text: str, spans: Sequence[tuple[Span, Span]], encoded: Encoded, place: int
) -> Iterator[MeasuredSentence]:
    vectors = _unit(encoded.tokens)
    similar = question.tokens @ vectors.T
    # Without the marks of beginning and end, which are no words of the question.
    encoded_hit = EncodedHit(text, hit.headline, encoded, vectors, similar[1:-1].mean(axis=0), question.coverage)
    is_readable = question.is_known and _is_known(text, encoded, _PASSAGE_TOKENS)
    whole = _unit(question.tokens.mean(axis=0))
    near, lack = _nearness(question.weights, similar)
    table = rows(hit.passage)
    for span, in_text in spans:
        tokens = encoded.rows(*in_text)
        # A sentence that the encoder does not reach has no tokens to compare.
        if tokens.start >= tokens.stop or (
            span not in table and not may_answer(hit.passage.sentence(span), hit.headline)
        ):
            continue
        sentence_near, sentence_lack = _nearness(question.weights, similar[:, tokens])
        alike = float(whole @ _unit(vectors[tokens].mean(axis=0)))
        coverage = question.coverage(in_full(hit.passage, span))
        yield MeasuredSentence(
            hit,
            span,
            is_readable,
            (sentence_near, near, sentence_lack, lack, alike, coverage),
            (hit.score / 2, place / _PLACES, min(hit.passage.sentences.index(span), 5) / 5),
            encoded_hit.facts(in_text, question.facts),
            encoded_hit.context_coverage(in_text),
        )


def reading_of(measured: Measurements, layer: Layer) -> Reading:
    """Return the reading that the fitted layer makes of the numbers."""
    import numpy as np

    if not measured.sentences:
        return Reading()
    own = np.array([sentence.numbers for sentence in measured.sentences]) @ np.array(layer.score)
    # The numbers of the search order sentences of one question. They are left out of the probability, since they cannot
    # be compared with those of another question.
    scores = own + np.array([sentence.search for sentence in measured.sentences]) @ np.array(layer.search)
    # The largest becomes 1, so that nothing overflows.
    raised = np.exp(scores - scores.max())
    shares = raised / raised.sum()
    ranked = []
    for index in np.argsort(-raised, kind="stable"):
        sentence, share = measured.sentences[index], float(shares[index])
        ranked.append(RankedSentence(sentence.hit, sentence.span, share, sentence.facts, sentence.context_coverage))
    return Reading(tuple(ranked), probability(own, layer, measured.passages))


def probability(own: "Numbers", layer: Layer, passages: int) -> float:
    """Return the calibrated probability that the first sentences hold the answer, from the best of their own scores.

    A few of the best, so that it does not grow with the number of sentences that are read.
    """
    import numpy as np

    best = float(np.logaddexp.reduce(np.sort(own)[-_BEST:]))
    slope, constant, by_size = layer.sure
    return 1 / (1 + math.exp(-(slope * best + constant + by_size * math.log(max(_FEWEST, passages)))))


def may_answer(sentence: str, headline: str | None) -> bool:
    """Return whether a sentence states something by its form: no question, no headline, no subheading."""
    end = sentence.rstrip("\"'”’»)]")[-1:]
    if end in _ASKS or sentence == headline:
        return False
    return end in _STATES or bool(_NO_STOPS.match(end)) or len(sentence.split()) >= _LONG


def _is_named(row: Row, words: Collection[str]) -> bool:
    """Return whether a question with these words has all those of a cell: the encoder cannot tell rows apart."""
    return any(cell_words and all(map(words.__contains__, cell_words)) for cell_words in map(terms, row.cells))


def _is_known(text: str, encoded: Encoded, most: float) -> bool:
    """Return whether the encoder cuts the words of a text into at most so many tokens each."""
    # Signs of punctuation are a token each in every language, and say nothing of it.
    tokens = len(encoded.ids) - 2 - len(_MARKS.findall(text))
    return tokens <= most * len(_WORD.findall(text))


def _nearness(weights: "Numbers", similar: "Vectors") -> tuple[float, float]:
    """Return the weighted mean similarity of each token's nearest match, and that of the square of what it lacks."""
    nearest = similar.max(axis=1)
    return float(weights @ nearest), float(weights @ (1 - nearest) ** 2)


def _unit(vectors: "Vectors") -> "Vectors":
    import numpy as np

    scaled: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return scaled
