"""Things of one name: stories that say of the subject of a question that it is this, and that it is something else."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qa.signals import Signals
from qa.terms import names, terms

_OPENING = 400
_SAME = 0.7
_IS = re.compile(
    r"\b(?:is|was|are|were) (?:an?|the|one of the) (.+?)(?= (?:who|which|that|for|in|from|of|by|on|at)\b|[,.;:(]|$)"
)


class Introduction(NamedTuple):
    """A sentence that says what the subject of a question is: what it is called, and all it says besides the name."""

    description: str
    said: frozenset[str]

    def agrees(self, other: "Introduction") -> bool:
        """Whether two may speak of one thing: most of what the shorter says stands in the other."""
        return len(self.said & other.said) >= _SAME * (min(len(self.said), len(other.said)) or 1)


def introduction(part: str, text: str) -> Introduction | None:
    """Return what a text says that the subject of a question is, where its first clause does ("Ada Berg was a baker").

    The subject is all that the question names.
    """
    subject, match = frozenset(terms(" ".join(names(part)))), _IS.search(text)
    if not subject or not match or not subject.issubset(terms(text[: match.start()])):
        return None
    return Introduction(match[1], frozenset(terms(text)) - frozenset(terms(part)))


def namesakes(part: str, signals: Sequence[Signals], stories: Mapping[str, str]) -> dict[str, Signals]:
    """Return by story the sentence near the head of an article that introduces another thing of the name asked about.

    There are none where all that introduce it may mean the same.
    """
    found: dict[str, tuple[Signals, Introduction]] = {}
    for one in signals:
        said = introduction(part, one.candidate.text) if one.candidate.span.start < _OPENING else None
        if said and stories[one.path] not in found and not any(said.agrees(other) for _, other in found.values()):
            found[stories[one.path]] = one, said
    return {story: one for story, (one, _) in found.items()} if len(found) > 1 else {}
