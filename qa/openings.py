"""Which of the words that open the sentences of a statement are names: there every word has a capital."""

import re

from qa.terms import STOPWORDS, fold
from qa.thesaurus import bundled

OPENERS = frozenset(
    """despite although though since unless like unlike amid including following using being during whereas however
    meanwhile later today yesterday even yet still many another moreover furthermore nevertheless nonetheless hence
    instead next thus therefore finally overall besides indeed otherwise perhaps maybe soon part""".split()
)
"""Folded words that open a sentence before a name and are none of it: "Despite Perry's fame"."""

_ENDS_COMMON = re.compile(r"(?:ing|ed|ly|ions?|ments?|ness|ity|ism|ists?|ers|ors|ies|ics)$")
_PLURAL = re.compile(r"[^aious]s$")
_OPENING = re.compile(r"""(?:\A\W*|(?<=[.!?]\s)|(?<=[.!?]["']\s))([A-Z][^\W\d_]+)""")
# What follows a name: it owns, lies somewhere, is a page, is explained in brackets, acts.
_AFTER_NAME = re.compile(r"'(?:s\b|\s)|,? \(|, [A-Z]|\.(?:com|org|net)\b| (?:&|(?:and|also|only|[a-z]{2,}ed)\b)")
_VERB = re.compile(
    r" (?:is|are|was|were|has|have|had|will|would|can|could|may|might|must|did|became|began|beat|built|came|cut|drew|"
    r"fell|fought|gave|got|grew|held|hit|kept|led|left|lost|made|met|paid|ran|rose|said|saw|sent|sold|spoke|stood|"
    r"struck|threw|told|took|went|won|wrote)\b"
)
_VERB_OF_ONE = re.compile(r" (?:is|was|has|does|[a-z]{2,}[^s\W]s)\b")


def opening(statement: str) -> list[str]:
    """Return the words that open a sentence of a plain statement, by themselves, and read as names.

    What follows must fit a name; a plural is one only when it has a verb in the singular, as in "Stripes was seen".
    """
    return [
        match[1]
        for match in _OPENING.finditer(statement)
        if not is_ordinary(match[1])
        and not _ENDS_COMMON.search(match[1])
        and (
            _VERB_OF_ONE.match(statement, match.end())
            or (
                not _PLURAL.search(match[1])
                and any(form.match(statement, match.end()) for form in (_AFTER_NAME, _VERB))
            )
        )
    ]


def is_ordinary(word: str) -> bool:
    """Whether a word is hardly a name: a function word, or one of the thesaurus that is no place."""
    known = any(concept.alternatives for concept in bundled().concepts(word)) and not bundled().places(word)
    return known or fold(word) in STOPWORDS | OPENERS
