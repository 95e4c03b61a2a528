"""Late interaction (ColBERT, Khattab and Zaharia 2020, arXiv 2004.12832): each token of a question finds its match.

A hit is encoded once, with its headline. Of a sentence the reader knows how near each token of the question comes to
its nearest token in the sentence, and in the whole hit, and a few numbers beside it; one fitted layer makes of them
the score that orders the sentences, and the probability that the first of them hold the answer. Encoder and layer are
fitted by `make train-reader`; `CARD.md` says on what, and how well they do.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import regex

from index.embedding.embedders import Embedder
from index.embedding.encoder import Encoded, Encoder
from index.models import Span
from index.passages.chunking import embedded_text, sentences_in
from index.passages.speakers import with_speaker
from qa.language.facts import facts
from qa.models import Hit
from qa.reader.rarity import EVERYWHERE, held_by, rarities
from qa.reader.reading import Reading, Scored, Told, Words
from qa.reader.telling import Telling
from qa.reader.unread import by_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Numbers = NDArray[np.float64]

ENCODER = Path(__file__).with_name("encoder.int8.onnx")
LAYER = Path(__file__).with_name("layer.json")
_WORD = regex.compile(r"[\w\p{M}]+")
_READ, _PLACES, _BEST = 8, 8, 5
"""So many hits are read: the evidence of nine in ten questions stands among them, and each costs some 20 ms."""
_FEWEST = 40
"""The smallest index that `sure` is fitted on has so many passages: with fewer, it is as sure as with these."""
_MARKS = regex.compile(r"[^\w\s\p{M}]")
_OF_A_PASSAGE, _OF_A_QUESTION = 1.5, 2.5
"""More tokens a word than these, and the encoder does not know the language: English news has 1.08 in the mean.

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
class Fitted:
    """The fitted layer: `token` weighs the tokens of a question, its last number is a constant; `score` is in the order
    of `NUMBERS`, `search` weighs what the search says; `sure` makes a probability of the best scores, a constant and
    the logarithm of the number of passages: among more of them, what scores as well is less likely to be the answer.
    """

    token: Sequence[float]
    score: Sequence[float]
    search: Sequence[float]
    sure: Sequence[float]


NUMBERS = ("sentence", "hit", "sentence lacks", "hit lacks", "similarity", "words held")
"""What is known of a sentence: see `LateInteraction.numbers`."""


@cache
def shipped() -> Fitted:
    """Return the layer that ships with the project."""
    return Fitted(**json.loads(LAYER.read_text(encoding="utf-8")))


class Found(NamedTuple):
    """The sentences of some hits, and of each what the layer is fitted on: its own numbers, and those of the search.

    `told` has of each what `Scored` has as `told` and `held`.
    """

    sentences: list[tuple[Hit, Span]]
    readable: list[bool]
    numbers: "Numbers"
    search: "Numbers"
    told: list[tuple[tuple[Told, ...], float]]
    passages: int = 1

    def where_readable(self) -> "Found":
        """Return what is known of the sentences in a language that the encoder knows."""
        rows = [at for at, known in enumerate(self.readable) if known]
        sentences, told = [self.sentences[at] for at in rows], [self.told[at] for at in rows]
        return Found(sentences, [True] * len(rows), self.numbers[rows], self.search[rows], told, self.passages)


class LateInteraction:
    """The reader that ships with the project."""

    name = "late-interaction"

    def __init__(self, encoder: Encoder, fitted: Fitted, multilingual: Embedder | None = None) -> None:
        """Read with `encoder`, and judge by the layer that was fitted to it.

        Sentences in a language that it does not know are ordered by words, and by a `multilingual` embedder.
        """
        self._encoder, self._fitted, self._multilingual = encoder, fitted, multilingual
        self._kept: tuple[tuple[str, Encoded], ...] = ()

    def rank(self, question: str, hits: Sequence[Hit], words: Words) -> Reading:
        """Return as `Reader.rank` does."""
        found = self.found(question, hits, words)
        reading = judged(found, self._fitted)
        if all(found.readable):
            return reading
        known = {
            (hit.passage.id, span) for (hit, span), one in zip(found.sentences, found.readable, strict=True) if one
        }
        unread = [one for one in reading.sentences if (one.hit.passage.id, one.span) not in known]
        read = judged(found.where_readable(), self._fitted)
        return replace(read, unread=by_words(question, unread, words, self._multilingual))

    def found(self, question: str, hits: Sequence[Hit], words: Words) -> Found:
        """Return the sentences that may answer, with their numbers.

        The numbers of a sentence, in the order of `NUMBERS`: how near the tokens of the question come to those of the
        sentence, and of the whole hit, in the mean (both weighted by rarity and the fitted weight); the mean square of
        what is lacking to 1 in each; the similarity of question and sentence as wholes; the share of the question's
        words, by rarity, that it holds. Those of the search: the score of the hit, its place, and the sentence's.
        """
        import numpy as np

        hits = hits[:_READ]
        texts = [embedded_text(hit.headline, hit.passage) for hit in hits]
        asked, *read = self._encoded([question, *texts])
        known = _is_known(question, asked, _OF_A_QUESTION)
        weights, tokens = self._weights(question, asked, words), _unit(asked.tokens)
        whole = _unit(tokens.mean(axis=0))
        share_held, of_question = held_by(question, words), facts(question)
        sentences, readable, numbers, search, told = [], [], [], [], []
        for place, (hit, text, encoded) in enumerate(zip(hits, texts, read, strict=True)):
            against = _unit(encoded.tokens)
            similar = tokens @ against.T
            of_hit = _held(weights, similar)
            telling = Telling(text, hit.headline, encoded, against, similar[1:-1].mean(axis=0), share_held)
            wheres = sentences_in(text, hit.passage)
            for at, (span, where) in enumerate(zip(hit.passage.sentences, wheres, strict=True)):
                rows, sentence = encoded.rows(*where), hit.passage.sentence(span)
                if rows.start >= rows.stop or not may_answer(sentence, hit.headline):
                    continue
                of_sentence = _held(weights, similar[:, rows])
                alike = float(whole @ _unit(against[rows].mean(axis=0)))
                sentences.append((hit, span))
                readable.append(known and _is_known(text, encoded, _OF_A_PASSAGE))
                share = share_held(with_speaker(hit.passage, span))
                numbers.append((of_sentence[0], of_hit[0], of_sentence[1], of_hit[1], alike, share))
                search.append((hit.score / 2, place / _PLACES, min(at, 5) / 5))
                told.append((telling.told(where, of_question), telling.held(where)))
        rows_of = np.array(numbers).reshape(-1, len(NUMBERS)), np.array(search).reshape(-1, 3)
        return Found(sentences, readable, *rows_of, told, words.count())

    def _encoded(self, texts: Sequence[str]) -> list[Encoded]:
        """Return texts as the encoder reads them; the hits of the last call are kept, for statements share them."""
        known = dict(self._kept)
        new = [text for text in texts if text not in known]
        known |= dict(zip(new, self._encoder.encode(new), strict=True)) if new else {}
        self._kept = tuple((text, known[text]) for text in texts[1:])
        return [known[text] for text in texts]

    def _weights(self, question: str, asked: Encoded, words: Words) -> "Numbers":
        """Return what each token of the question counts for; together 1."""
        import numpy as np

        rarity = np.full(len(asked.ids), EVERYWHERE)
        rarity[[0, -1]] = 0.0  # the marks of beginning and end
        for start, end, told in rarities(question, words):
            rarity[asked.rows(start, end)] = told
        weights = rarity * np.exp(asked.tokens @ np.array(self._fitted.token[:-1]) + self._fitted.token[-1])
        return np.asarray(weights / weights.sum())


def judged(found: Found, fitted: Fitted) -> Reading:
    """Return what the fitted layer makes of the numbers."""
    import numpy as np

    if not found.sentences:
        return Reading()
    own = found.numbers @ np.array(fitted.score)
    ranks = own + found.search @ np.array(fitted.search)
    raised = np.exp(ranks - ranks.max())
    order = np.argsort(-raised, kind="stable")
    shares = raised / raised.sum()
    ordered = ((*found.sentences[at], float(shares[at]), *found.told[at]) for at in order)
    sentences = tuple(Scored(hit, span, share, told, held) for hit, span, share, told, held in ordered)
    return Reading(sentences, probability(own, fitted, found.passages))


def probability(own: "Numbers", fitted: Fitted, passages: int) -> float:
    """Return the calibrated probability that the first sentences hold the answer, from the best of their own scores.

    Of a few only, so that it does not grow with the number of sentences that are read.
    """
    import numpy as np

    best = float(np.logaddexp.reduce(np.sort(own)[-_BEST:]))
    slope, constant, by_size = fitted.sure
    return 1 / (1 + math.exp(-(slope * best + constant + by_size * math.log(max(_FEWEST, passages)))))


def may_answer(sentence: str, headline: str | None) -> bool:
    """Whether a sentence states something by its form: no question, no headline, no subheading."""
    end = sentence.rstrip("\"'”’»)]")[-1:]
    if end in _ASKS or sentence == headline:
        return False
    return end in _STATES or bool(_NO_STOPS.match(end)) or len(sentence.split()) >= _LONG


def _is_known(text: str, encoded: Encoded, most: float) -> bool:
    """Whether the encoder's vocabulary has the words of a text, or cuts them into so few pieces at most."""
    pieces = len(encoded.ids) - 2 - len(_MARKS.findall(text))
    return pieces <= most * len(_WORD.findall(text))


def _held(weights: "Numbers", similar: "Vectors") -> tuple[float, float]:
    """Return the weighted mean of each token's nearest match, and of the square of what is lacking in it."""
    nearest = similar.max(axis=1)
    return float(weights @ nearest), float(weights @ (1 - nearest) ** 2)


def _unit(vectors: "Vectors") -> "Vectors":
    import numpy as np

    found: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return found
