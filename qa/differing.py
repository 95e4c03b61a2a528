"""Where stories that answer the same question disagree, both are shown and the reader is told.

Stories disagree when they speak of different things of one name, or when each says about as much of what is asked,
with a number or date of the kind asked for, a yes or a no, and none of the one's could be one of the other's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from qa.models import Citation, Hit
from qa.namesakes import Introduction, introduction, namesakes
from qa.questions import Query
from qa.ranking import Candidate
from qa.signals import WEIGHTS, Signals
from qa.terms import terms
from qa.values import Value, told

_AS_MUCH = 0.9
_NEARLY_AS_MUCH = 0.75
_AS_NEAR = 0.5
_LEAST = 0.5
_MOST = 4

DIFFER = "The articles differ"
"""So begins a note of this module."""
Quote = tuple[Candidate, ...]
"""Sentences that follow one another in one passage: they are cited as one."""
Choose = Callable[[Sequence[Signals]], list[Quote]]


def rivals(
    part: str, quotes: Sequence[Quote], signals: Sequence[Signals], hits: Sequence[Hit], choose: Choose
) -> list[Quote]:
    """Return what other stories say that the quotes do not: of each what `choose` takes from it.

    A story that introduces another thing of the name is quoted as if it were the only one, with its introduction, and
    what this adds to those quoted already is added; of one that gives another value, it is the likeliest quote, or the
    sentence that states it more plainly.
    """
    stories = {hit.passage.path: hit.story for hit in hits}
    introduced = namesakes(part, signals, stories)
    seen = {stories[quote[0].passage.path] for quote in quotes}
    found: list[Quote] = []
    ranked = _by_story(signals, stories)
    if len(introduced) > 1:
        shown = (_alone(one, ranked[story], quotes) for story, one in introduced.items() if story in seen)
        found += [quote for of_story in shown for quote in of_story if quote not in quotes]
    others = {story: its for story, its in ranked.items() if story not in seen}
    for story, its in sorted(others.items(), key=lambda item: item[0] not in introduced):
        if len(seen) == _MOST:
            break
        if first := introduced.get(story):
            its_own = _alone(first, its, choose(its))
        else:
            its_own = _plainest(its, choose(its))
            if not its_own or not _disagrees(part, its_own[0], its, [*quotes, *found], signals):
                continue
        found += its_own
        seen.add(story)
    return found


def _holds(quotes: Sequence[Quote], sentence: Candidate) -> bool:
    return any(sentence in quote for quote in quotes)


def _alone(first: Candidate, its: Sequence[Signals], quotes: Sequence[Quote]) -> list[Quote]:
    """Return the quotes of a story about the name: with its introduction, and with one that states what is asked.

    A sentence of such a story may say it without the name ("It was consecrated in 1586").
    """
    found = list(quotes) if _holds(quotes, first) else [(first,), *quotes]
    return [*found, *_plainer(its, found)]


def _plainest(its: Sequence[Signals], quotes: Sequence[Quote]) -> list[Quote]:
    """Return the sentence that states what is asked more plainly than the likeliest quote, or that quote, if any."""
    return [*_plainer(its, quotes[:1]), *quotes][:1]


def _plainer(its: Sequence[Signals], quotes: Sequence[Quote]) -> list[Quote]:
    """Return the best sentence of those that state what is asked more plainly than the quotes; none where none does.

    Where a number is asked for, any figure is of the kind: a sentence with one must hold a word of what is asked, too.
    """
    stating = [one for one in its if one.states > 1 or (one.states and one.topic)]
    best = max(stating, key=lambda one: (one.states, one.weighed(WEIGHTS)), default=None)
    said = max((one.states for one in its if _holds(quotes, one.candidate)), default=0)
    return [(best.candidate,)] if best and best.states > said else []


def _by_story(signals: Sequence[Signals], stories: Mapping[str, str]) -> dict[str, list[Signals]]:
    """Return the signals of each story, in their order; the story with the best sentence first."""
    found: dict[str, list[Signals]] = {}
    for one in signals:
        found.setdefault(stories[one.path], []).append(one)
    return dict(sorted(found.items(), key=lambda item: -max(one.weighed(WEIGHTS) for one in item[1])))


def _disagrees(
    part: str, quote: Quote, its: Sequence[Signals], quotes: Sequence[Quote], signals: Sequence[Signals]
) -> bool:
    """Whether a quote of a story, whose signals are `its`, says nearly as much as the first and gives another value.

    One that states the attribute in words of its own says enough.
    """
    asked = frozenset(terms(part))
    first = [one for one in signals if one.candidate in quotes[0]]
    near = [one for one in its if one.candidate in quote]
    held = 0.0 if any(one.states > 1 for one in near) else _share(asked, quotes[0][0].passage.text)
    if max(_share(asked, one.candidate.passage.text) for one in its) < max(_LEAST, _NEARLY_AS_MUCH * held):
        return False
    if max(one.context for one in near) < _AS_NEAR * max(one.context for one in first):
        return False
    said = [value for one in quotes for value in _told(part, one)]
    here = _told(part, quote)
    return bool(said and here) and not _any_agree(here, said)


def _told(part: str, quote: Quote) -> list[Value]:
    return [value for one in quote for value in told(part, one.text)]


def differences(query: Query, citations: Sequence[Citation], hits: Sequence[Hit]) -> list[str]:
    """Return a note for each part of a question to which the cited stories give answers that disagree."""
    notes = (note for part in query.parts for note in _notes(part, citations, hits))
    return list(dict.fromkeys(notes))


def _notes(part: str, citations: Sequence[Citation], hits: Sequence[Hit]) -> Iterator[str]:
    """Give the note on different things of one name; where there is none, that on different values."""
    asked = frozenset(terms(part))
    stories = {hit.passage.path: hit.story for hit in hits}
    passages = {hit.passage.id: hit.passage.text for hit in hits}  # a citation may be of one beside a hit
    meant: dict[str, tuple[Citation, Introduction]] = {}
    answers: dict[str, tuple[Citation, list[Value]]] = {}
    for one in citations:
        story, passage = stories[one.path], passages.get(one.passage_id, one.quote)
        said = introduction(part, one.quote, one.start == 0)
        if said and not any(said.agrees(other) for _, other in meant.values()):
            meant.setdefault(story, (one, said))
        here = told(part, one.quote) if _share(asked, passage) >= _AS_MUCH else []
        if here and not any(_any_agree(here, of_story) for _, of_story in answers.values()):
            answers.setdefault(story, (one, here))
    if len(meant) > 1:
        shown = [f"{said.description} ({_source(one)})" for one, said in meant.values()]
        yield f"{DIFFER} in what they mean by the name: {_listed(shown)}."
    elif len(answers) > 1:
        shown = [f"{here[0].text} ({_source(one)})" for one, here in answers.values()]
        yield f"{DIFFER} on this: {_listed(shown)}."


def _share(asked: frozenset[str], text: str) -> float:
    """Return the share of the question's stems that a text holds."""
    return len(asked.intersection(terms(text))) / (len(asked) or 1)


def _listed(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _any_agree(some: Sequence[Value], others: Sequence[Value]) -> bool:
    return any(one.agrees(other) for one in some for other in others)


def _source(citation: Citation) -> str:
    day = f"{citation.published:%-d %B %Y}" if citation.published else ""
    return ", ".join(filter(None, (citation.outlet or citation.headline or citation.path, day)))
