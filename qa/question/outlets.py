"""Find the outlets that a question names, as in "what did The Verge report, and what TechCrunch?"."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from index.models import Span
from qa.language.terms import fold

_PLAIN = re.compile(r"(?:The )?[A-Z][a-z]+")
_ARTICLE = re.compile(r"^the ")
_DOMAIN = re.compile(r"\.(?:com|org|net|co\.[a-z]{2}|[a-z]{2})$")


class Mention(NamedTuple):
    """An outlet that a question names, and the words after it, up to the next one."""

    outlet: str
    clause: str


def mentions(text: str, outlets: Iterable[str]) -> list[Mention]:
    """Return the outlets that a text names, each once, in the order of the text.

    "The" and the end of a host name may be left out; a name like a plain word has to be capitalised, since "time" is
    not always Time.
    """
    spans = places(text, outlets)
    ends = [*(span.start for span in spans.values()), len(text)][1:]
    pairs = zip(spans.items(), ends, strict=True)
    return [Mention(outlet, text[span.end : end].strip()) for (outlet, span), end in pairs]


def places(text: str, outlets: Iterable[str]) -> dict[str, Span]:
    """Return where a text names outlets for the first time, in the order of the text."""
    matches = _matches(text, outlets)
    spans = {}
    for outlet, match in sorted(matches.items(), key=lambda item: item[1].start()):
        if not any(_is_inside(match, other) for other in matches.values()):
            spans[outlet] = Span(*match.span())
    return spans


def _matches(text: str, outlets: Iterable[str]) -> dict[str, re.Match[str]]:
    # One character for each, so that places are the same.
    folded = text.lower() if text.isascii() else "".join((fold(char) or " ")[0] for char in text)
    matches: dict[str, re.Match[str]] = {}
    for outlet in outlets:
        match = _name(outlet).search(folded)
        if match and not (_PLAIN.fullmatch(outlet) and text[match.start()].islower()):
            matches[outlet] = match
    return matches


@lru_cache(maxsize=10_000)
def _name(outlet: str) -> re.Pattern[str]:
    full = fold(outlet)
    # "The Verge" is found as "Verge", "theguardian.com" as "theguardian".
    short = _DOMAIN.sub("", _ARTICLE.sub("", full)) or full
    forms = sorted({full, _ARTICLE.sub("", full), short} - {""}, key=len, reverse=True)
    # `(?!)` fits nowhere: the name is nothing but signs.
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, forms)) or '(?!)'})(?!\w)")


def _is_inside(match: re.Match[str], other: re.Match[str]) -> bool:
    """Return whether a name is part of a longer one ("Sun" in "The Vancouver Sun")."""
    return match.group() != other.group() and other.start() <= match.start() and match.end() <= other.end()
