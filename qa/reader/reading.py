"""What a reader gives: the sentences of the hits in the order in which they answer, and how sure it is of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from index.models import Span
from index.passages.speakers import with_speaker
from qa.language.facts import Fact
from qa.models import Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Words(Protocol):
    """The words of an index: what a reader needs to know how rare a word is (`LexicalIndex` is one)."""

    def terms(self, text: str) -> tuple[str, ...]:
        """Return the stems of a text's words, each once; words that every text has are left out."""
        ...

    def rarity(self, term: str) -> float:
        """Return how rare a stem is among the passages: 0 where all have it, 1 where none has."""
        ...

    def count(self) -> int:
        """Return the number of passages."""
        ...


class Told(NamedTuple):
    """A figure or a date of a sentence that the question does not name.

    `near` says how near its tokens come to the question; `vector`, of unit length, is what they mean where they stand.
    """

    fact: Fact
    near: float
    vector: "NDArray[np.float32]"


@dataclass(frozen=True)
class Scored:
    """A sentence of a hit; `share` is how likely it holds the answer, given that one of all does.

    Where the reader compares tokens, `told` are the facts of the sentence, and `held` is the share of the question's
    words, by rarity, that the headline holds and the passage, or of a live report the entry.
    """

    hit: Hit
    span: Span
    share: float
    told: tuple[Told, ...] = field(default=(), compare=False)
    held: float = field(default=0.0, compare=False)

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.hit.passage.sentence(self.span)

    @property
    def speaker(self) -> str | None:
        """Who says it, in a transcript."""
        return self.hit.passage.speaker(self.span)

    @property
    def said(self) -> str:
        """The sentence, and in a transcript before it who says it."""
        return with_speaker(self.hit.passage, self.span)


MOST, NEAR = 2, 0.2
MOST_ALIKE, ALIKE = 5, 0.6


@dataclass(frozen=True)
class Unread:
    """Sentences that a reader does not know the language of, ordered by the words that they share with the question.

    `shared` says how many of these the best of them holds, from 0 to 1; `near` is the best cosine of one in another
    language than the question's, 0 without an embedder that knows both. The names of the languages follow, of the
    passages and of the question; those that are not told, or known, are left out.
    """

    sentences: tuple[Scored, ...]
    shared: float
    near: float = 0.0
    languages: tuple[str, ...] = ()
    asked_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """The sentences of the hits, the likeliest first, and the probability that those shown hold the answer.

    What the reader does not know the language of stands apart, as `unread`.
    """

    sentences: tuple[Scored, ...] = ()
    probability: float = 0.0
    unread: Unread | None = None

    @property
    def shown(self) -> tuple[Scored, ...]:
        """The sentences to show: the likeliest, one more that is nearly as likely, up to five that are about equal.

        Of sentences that say the same word for word, the likeliest is shown.
        """
        found: list[Scored] = []
        for one in self.sentences:
            best = self.sentences[0].share
            if one.share < NEAR * best or len(found) == MOST_ALIKE or (len(found) >= MOST and one.share < ALIKE * best):
                break
            if not any(one.text == other.text for other in found):
                found.append(one)
        return tuple(found)


class Reader(Protocol):
    """Reads passages for a question; `name` says which reader it is."""

    name: str

    def rank(self, question: str, hits: Sequence[Hit], words: Words) -> Reading:
        """Return the sentences of the hits in the order in which they answer, and how sure that is."""
        ...
