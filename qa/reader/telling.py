"""The figures and dates that the sentences of a hit tell, as a reader of tokens sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from index.embedding.encoder import Encoded
from index.models import Span
from qa.language.facts import Entry, Fact, entries, entry_at, facts
from qa.reader.reading import Told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Telling:
    """A hit with its headline as it was encoded: `vectors` are its tokens, each of unit length, and `near` says how
    near each comes to the question, in the mean over its tokens; `share_held` gives the share of its words in a text.
    """

    text: str
    headline: str | None
    encoded: Encoded
    vectors: "NDArray[np.float32]"
    near: "NDArray[np.float32]"
    share_held: Callable[[str], float]

    def told(self, where: Span, asked: list[Fact]) -> tuple[Told, ...]:
        """Return the facts of a sentence but for those of the question."""
        found = []
        for fact in facts(self.text[where.start : where.end]):
            rows = self.encoded.rows(where.start + fact.start, where.start + fact.end)
            if rows.start < rows.stop and not any(map(fact.agrees, asked)):
                mean = self.vectors[rows].mean(axis=0)
                found.append(Told(fact, float(self.near[rows].max()), mean / max(float((mean @ mean) ** 0.5), 1e-9)))
        return tuple(found)

    def held(self, where: Span) -> float:
        """Return the share of the question's words that headline and passage hold, or of a live report the entry."""
        entry = entry_at(self._entries, where.start)
        return self.share_held(f"{self.headline or ''}\n{self.text[entry.start : entry.end]}") if entry else self._whole

    @cached_property
    def _entries(self) -> list[Entry]:
        return entries(self.text)

    @cached_property
    def _whole(self) -> float:
        return self.share_held(self.text)
