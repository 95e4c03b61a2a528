"""Whether a sentence answers a question with yes or with no."""

import re

from qa.flips import flips
from qa.terms import names, stem, terms, words

_DENIAL = re.compile(
    r"\b(?:not|never|no|none|nobody|nor|neither|without|cannot|yet to|ruled out|den(?:y|ies|ied)|refus\w*|fail\w*"
    r"|reject\w*|unclear|unlikely|untrue|false)\b|n['’]t\b",
    re.IGNORECASE,
)
# What is asked, feared, planned or told of others is neither affirmed nor denied.
_OPEN = re.compile(
    r"\?|\b(?:whether|if|unless|(?-i:may)|might|could|would|should|will|can|plan(?:s|ned)?|allege\w*|claim\w*|expect\w*"
    r"|likely|possibl[ey]|perhaps|rumou?r\w*)\b",
    re.IGNORECASE,
)


def polarity(question: str, text: str) -> str | None:
    """Return "yes" or "no", or None where a sentence leaves the question open, or two denials are in it.

    A sentence affirms when it holds all words of the question but names, and denies nothing; "no" is left to `flips`.
    """
    own = {stem(word) for word in words(question)}
    denials = sum(stem(match.group()) not in own for match in _DENIAL.finditer(text))
    if denials > 1 or any(stem(match.group()) not in own for match in _OPEN.finditer(text)):
        return None
    if flips(question, [text]):
        return "no"
    asked = frozenset(terms(question)).difference(terms(" ".join(names(question))))
    return "yes" if asked and not denials and asked.issubset(terms(text)) else None
