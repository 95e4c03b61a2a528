"""What a reader returns: the sentences of the hits in the order in which they answer, and a probability."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from index.models import Span
from index.passages.tables import in_full
from qa.language.facts import Fact
from qa.models import Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TermStatistics(Protocol):
    """What a reader needs to know of an index to tell how rare a word is (`LexicalIndex` is one)."""

    def terms(self, text: str) -> tuple[str, ...]:
        """Return the stems of a text's words, each once; words that every text has are left out."""
        ...

    def rarity(self, term: str) -> float:
        """Return how rare a stem is among the passages: 0 where all have it, 1 where none has."""
        ...

    def count(self) -> int:
        """Return the number of passages."""
        ...


class SentenceFact(NamedTuple):
    """A figure or a date of a sentence that the question does not name.

    `question_similarity` is the highest of its tokens; `vector`, of unit length, is the mean of its tokens' vectors.
    """

    fact: Fact
    question_similarity: float
    vector: "NDArray[np.float32]"


@dataclass(frozen=True)
class RankedSentence:
    """A sentence of a hit; `answer_share` is how likely it holds the answer, given that one of all sentences does.

    Where the reader compares tokens, `facts` are those of the sentence, and `context_coverage` is the share of the
    question's words, by rarity, in the headline and the passage, or in the headline and the entry of a live report.
    """

    hit: Hit
    span: Span
    answer_share: float
    facts: tuple[SentenceFact, ...] = field(default=(), compare=False)
    context_coverage: float = field(default=0.0, compare=False)

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.hit.passage.sentence(self.span)

    @property
    def speaker(self) -> str | None:
        """The speaker, in a transcript."""
        return self.hit.passage.speaker(self.span)

    @property
    def in_full(self) -> str:
        """The sentence as it is to be read: in a transcript after its speaker, a row of a table with its columns."""
        return in_full(self.hit.passage, self.span)


MOST, NEARLY = 2, 0.2
"""Two sentences are returned at most, each at least this many times as likely as the first."""
MOST_ALIKE, ALIKE = 5, 0.6
"""But up to five that are about as likely as the first."""


@dataclass(frozen=True)
class ForeignSentences:
    """Sentences in languages that a reader does not know, ordered by the words that they share with the question.

    `shared_words` is the share of them in the best sentence, from 0 to 1; `similarity` is the best cosine of a sentence
    in another language than the question's, 0 without an embedder that knows both. `languages` and
    `question_languages` have names of languages; the one that the encoder knows, and unknown ones, are left out.
    """

    sentences: tuple[RankedSentence, ...]
    shared_words: float
    similarity: float = 0.0
    languages: tuple[str, ...] = ()
    question_languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """The sentences of the hits, the likeliest first, and the probability that `top_sentences` hold the answer.

    Sentences in languages that the reader does not know are apart, in `foreign`.
    """

    sentences: tuple[RankedSentence, ...] = ()
    probability: float = 0.0
    foreign: ForeignSentences | None = None

    @property
    def top_sentences(self) -> tuple[RankedSentence, ...]:
        """The sentences to show: the likeliest, one more that is nearly as likely, up to five that are about equal.

        Of sentences with the same words, the likeliest is among them.
        """
        top: list[RankedSentence] = []
        best = self.sentences[0].answer_share if self.sentences else 0.0
        for sentence in self.sentences:
            bar = (ALIKE if len(top) >= MOST else NEARLY) * best
            if sentence.answer_share < bar or len(top) == MOST_ALIKE:
                break
            # The same words in another article add nothing here, and the first of them is the likeliest.
            if all(sentence.text != other.text for other in top):
                top.append(sentence)
        return tuple(top)


class Reader(Protocol):
    """Reads passages for a question; `name` says which reader it is."""

    name: str

    def rank(self, question: str, hits: Sequence[Hit], statistics: TermStatistics) -> Reading:
        """Return the sentences of the hits in the order in which they answer, and how probable that is."""
        ...
