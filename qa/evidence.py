"""Evidence sentences: the sentences of the hits, numbered across passages, as a writer sees them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from index.models import Passage, Span
from qa.markers import neutralised
from qa.models import Hit

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True)
class EvidenceSentence:
    """One numbered sentence of a hit."""

    number: int
    hit: Hit
    span: Span

    @property
    def passage(self) -> Passage:
        """The passage that the sentence stands in."""
        return self.hit.passage

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.passage.sentence(self.span)


def number_evidence(hits: Sequence[Hit]) -> list[EvidenceSentence]:
    """Return the sentences of the hits numbered 1..n, running on across passages."""
    pairs = [(hit, span) for hit in hits for span in hit.passage.sentences]
    return [EvidenceSentence(number, hit, span) for number, (hit, span) in enumerate(pairs, start=1)]


def shown(evidence: Sequence[EvidenceSentence]) -> str:
    """Return the evidence as the model sees it: passages headed, sentences numbered, nothing that reads as a marker."""
    blocks = []
    for hit, sentences in groupby(evidence, key=lambda sentence: sentence.hit):
        about = [hit.outlet, str(hit.published or ""), hit.headline or hit.passage.path]
        heading = " | ".join(_plain(part) for part in about if part)
        rows = [f"[{sentence.number}] {_plain(sentence.text)}" for sentence in sentences]
        blocks.append("\n".join([f"## {heading}", *rows]))
    return "\n\n".join(blocks)


def _plain(text: str) -> str:
    return " ".join(neutralised(_INVISIBLE.sub("", text)).split())
