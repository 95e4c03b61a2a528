"""Evidence sentences: the sentences of the hits, numbered across passages, as a model sees them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from index.models import Passage, Span
from index.passages.tables import in_full
from qa.models import Citation, Hit
from qa.models.markers import neutralised

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""Control, format, private and unassigned characters, and letters without ink (Unicode 16, Default_Ignorable)."""
_JOINERS = re.compile(
    "(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]{2,}|[\u200c\u200d](?![^\x00-\x7f\u200c\u200d])"
)
"""Joiners that join nothing; between two letters of Persian, Urdu or Hindi they are spelling."""
_BRACKETED = re.compile(r"[\[【［〔〖〚⟦⁅❲⦗﹝]([^\[\]【】［］〔〕〖〗〚〛⟦⟧⁅⁆❲❳⦗⦘﹝﹞]{0,80})[\]】］〕〗〛⟧⁆❳⦘﹞]")
_TAG = re.compile(r"<(?=\S)")
_OPENS_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LINK = re.compile(r"\](?=\()|^([^\w\[]*\[[^\]]*\])(?=:)")
"""What makes a link or an image of brackets in Markdown: an address behind them, or the definition of one."""


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

    @property
    def in_full(self) -> str:
        """The sentence as it is to be read: in a transcript after its speaker, a row of a table with its columns."""
        return in_full(self.passage, self.span)

    def is_in(self, citation: Citation) -> bool:
        """Return whether a citation holds the sentence."""
        start, end = self.span
        return citation.passage_id == self.passage.id and citation.start <= start and end <= citation.end


def number_evidence(hits: Sequence[Hit]) -> list[EvidenceSentence]:
    """Return the sentences of the hits numbered 1..n, running on across passages."""
    pairs = [(hit, span) for hit in hits for span in hit.passage.sentences]
    return [EvidenceSentence(number, hit, span) for number, (hit, span) in enumerate(pairs, start=1)]


def evidence_text(evidence: Sequence[EvidenceSentence], nonce: str) -> str:
    """Return the evidence as the model sees it: articles headed, sentences numbered, each heading marked with `nonce`.

    The headings and the fence delimit text that is no instruction (spotlighting, Hines et al. 2024, arXiv 2403.14720).
    No text of an article can begin a line, since each stands on one line, after its number, or know the nonce.
    """
    blocks = []
    for _, group in groupby(evidence, key=lambda sentence: sentence.passage.path):
        sentences = list(group)
        # A bar in a headline would begin another field of the heading.
        parts = [prompt_safe(part).replace("|", "/") for part in heading_of(sentences[0].hit)]
        lines = [" | ".join([f"## {nonce}", *parts])]
        lines += [f"[{sentence.number}] {prompt_safe(sentence.in_full)}" for sentence in sentences]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def heading_of(hit: Hit) -> tuple[str, str, str, str]:
    """Return outlet, date, author and headline of an article for its heading; a file name is no headline."""
    day = str(hit.published) if hit.published else "undated"
    return hit.outlet or "outlet unknown", day, hit.author or "author unknown", hit.headline or "no headline"


def prompt_safe(text: str) -> str:
    """Return text for a prompt: on one line, with no hidden characters, and nothing that reads as a marker or a tag.

    Brackets around numbers, signs or capitals become round (`[3]`, `⟦3⟧`, `[INST]`; "[sic]" stays), and no `<` touches
    what follows it (`<|im_start|>`). Only the prompt holds this copy: citations quote the article itself.
    """
    # From the inside outwards: hidden characters go first, for they may stand inside what reads as a marker; brackets
    # become round before what is left of markers does; `<` comes last.
    return " ".join(_TAG.sub("< ", neutralised(_BRACKETED.sub(_rounded, visible(text)))).split())


def inert(text: str) -> str:
    """Return a line that reads the same, but holds no link, image or tag of Markdown and no escape code of a terminal.

    Links and tags are those of CommonMark 0.31, sections 6.3 and 6.6.
    """
    # With a space before its address, or its colon, neither is a link.
    return _LINK.sub(r"\g<0> ", _OPENS_TAG.sub("< ", visible(text)))


def visible(text: str) -> str:
    """Return text without control, format and private characters, and without joiners that join nothing."""
    return _JOINERS.sub("", _INVISIBLE.sub("", text))


def _rounded(match: re.Match[str]) -> str:
    inside = match[1]
    return match.group() if any(map(str.islower, inside)) else f"({inside})"
