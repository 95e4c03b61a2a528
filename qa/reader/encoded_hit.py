"""A hit as the encoder reads it: the figures and dates of its sentences, and how much of the question it holds."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from index.embedding.encoder import Encoded
from index.models import Span
from qa.language.facts import Entry, Fact, entries, entry_at, facts
from qa.reader.reading import SentenceFact

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EncodedHit:
    """A hit with its headline as it was encoded.

    `vectors` are its tokens, each of unit length; `similarities` has for each the mean similarity to the tokens of the
    question; `coverage` gives the share of the question's words that a text has.
    """

    text: str
    headline: str | None
    encoded: Encoded
    vectors: "NDArray[np.float32]"
    similarities: "NDArray[np.float32]"
    coverage: Callable[[str], float]

    def facts(self, sentence: Span, question_facts: list[Fact]) -> tuple[SentenceFact, ...]:
        """Return the facts of a sentence, without those of the question."""
        new_facts = []
        for fact in facts(self.text[sentence.start : sentence.end]):
            tokens = self.encoded.rows(sentence.start + fact.start, sentence.start + fact.end)
            # A fact beyond what the encoder has read has no tokens, and one that the question names answers nothing.
            if tokens.start < tokens.stop and not any(map(fact.agrees, question_facts)):
                mean = self.vectors[tokens].mean(axis=0)
                vector = mean / max(float((mean @ mean) ** 0.5), 1e-9)
                new_facts.append(SentenceFact(fact, float(self.similarities[tokens].max()), vector))
        return tuple(new_facts)

    def context_coverage(self, sentence: Span) -> float:
        """Return the share of the question's words in headline and passage; in a live report, in headline and entry."""
        entry = entry_at(self._entries, sentence.start)
        if entry is None:
            return self._whole_coverage
        return self.coverage(f"{self.headline or ''}\n{self.text[entry.start : entry.end]}")

    @cached_property
    def _entries(self) -> list[Entry]:
        return entries(self.text)

    @cached_property
    def _whole_coverage(self) -> float:
        return self.coverage(self.text)
