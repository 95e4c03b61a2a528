"""Where stories that answer the same question disagree, both are shown and the reader is told.

Two stories disagree when each has a sentence that says as much of what is asked, with a number, date or name of the
kind asked for, and none of the one's could be one of the other's.
"""

from collections.abc import Mapping, Sequence

from qa.kinds import Kind, kind_of
from qa.models import Citation, Hit
from qa.questions import Query
from qa.ranking import Candidate
from qa.signals import Signals
from qa.terms import terms
from qa.values import Value, values

_AS_MUCH = 0.6
_LEAST = 0.5
_MOST = 4


def rivals(
    part: str, quoted: Sequence[Candidate], signals: Sequence[Signals], shares: Sequence[float], hits: Sequence[Hit]
) -> list[Candidate]:
    """Return of each other story the likeliest sentence, by its share, that gives another answer than those quoted."""
    kind, asked = kind_of(part), frozenset(terms(part))
    stories = {hit.passage.path: hit.story for hit in hits}
    told = [value for one in quoted for value in values(one.text, kind, asked)]
    seen = {stories[one.passage.path] for one in quoted}
    least = max(_LEAST, _AS_MUCH * max(one.context for one in signals if one.candidate in quoted))
    found: list[Candidate] = []
    for _, one in sorted(zip(shares, signals, strict=True), key=lambda pair: -pair[0]):
        here = values(one.candidate.text, kind, asked)
        # The sentence before says what a number is about, but not who a name is.
        held = one.candidate.relevance.coverage if kind in (Kind.PERSON, Kind.PLACE) else one.context
        if stories[one.path] in seen or not told or not here or held < least or one.official < 0 or len(seen) == _MOST:
            continue
        seen.add(stories[one.path])
        if not _any_agree(here, told):
            found.append(one.candidate)
            told += here
    return found


def differences(query: Query, citations: Sequence[Citation], hits: Sequence[Hit]) -> list[str]:
    """Return a note for each part of a question to which the cited stories give answers that disagree."""
    stories = {hit.passage.path: hit.story for hit in hits}
    return list(filter(None, (_difference(part, citations, stories) for part in query.parts)))


def _difference(part: str, citations: Sequence[Citation], stories: Mapping[str, str]) -> str | None:
    kind, asked = kind_of(part), frozenset(terms(part))
    told: dict[str, tuple[Citation, list[Value]]] = {}
    for one in citations:
        here = values(one.quote, kind, asked)
        if here and not any(_any_agree(here, of_story) for _, of_story in told.values()):
            told.setdefault(stories[one.path], (one, here))
    if len(told) < 2:
        return None
    shown = [f"{here[0].text} ({_source(one)})" for one, here in told.values()]
    return f"The articles differ on this: {', '.join(shown[:-1])} and {shown[-1]}."


def _any_agree(some: Sequence[Value], others: Sequence[Value]) -> bool:
    return any(one.agrees(other) for one in some for other in others)


def _source(citation: Citation) -> str:
    day = f"{citation.published:%-d %B %Y}" if citation.published else ""
    return ", ".join(filter(None, (citation.outlet or citation.headline or citation.path, day)))
