"""Outlets that a question names, as in "what did The Verge report, and what TechCrunch?"."""

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
    found = places(text, outlets)
    ends = [*(place.start for place in found.values()), len(text)][1:]
    pairs = zip(found.items(), ends, strict=False)
    return [Mention(outlet, text[place.end : end].strip()) for (outlet, place), end in pairs]


def places(text: str, outlets: Iterable[str]) -> dict[str, Span]:
    """Return where a text names outlets for the first time, in the order of the text."""
    found = _found(text, outlets)
    kept = [outlet for outlet in found if not any(_inside(found[outlet], found[o]) for o in found)]
    return {outlet: Span(*found[outlet].span()) for outlet in sorted(kept, key=lambda outlet: found[outlet].start())}


def _found(text: str, outlets: Iterable[str]) -> dict[str, re.Match[str]]:
    """Return where a text names outlets."""
    # A character for each, so that places are the same.
    folded = text.lower() if text.isascii() else "".join((fold(char) or " ")[0] for char in text)
    found: dict[str, re.Match[str]] = {}
    for outlet in outlets:
        match = _name(outlet).search(folded)
        if match and not (_PLAIN.fullmatch(outlet) and text[match.start()].islower()):
            found[outlet] = match
    return found


@lru_cache(maxsize=10_000)
def _name(outlet: str) -> re.Pattern[str]:
    full = fold(outlet)
    short = _DOMAIN.sub("", _ARTICLE.sub("", full)) or full
    forms = sorted({full, _ARTICLE.sub("", full), short} - {""}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, forms)) or '(?!)'})(?!\w)")


def _inside(one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether a name is part of a longer one ("Sun" in "The Vancouver Sun")."""
    return one.group() != other.group() and other.start() <= one.start() and one.end() <= other.end()
