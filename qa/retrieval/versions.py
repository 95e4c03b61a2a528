"""Other versions of an article that was found: near-identical, of the same outlet, published on another day.

Copies of a story stand aside in a search. A version is told apart from them, for what it says may have changed.
"""

from collections.abc import Iterable
from dataclasses import replace

from index.models import Passage
from index.store.snapshots import Snapshot
from qa.language.terms import terms
from qa.retrieval.ranking import Ranked

_MOST = 2


def with_versions(snapshot: Snapshot, chosen: Iterable[Ranked]) -> list[Ranked]:
    """Return passages, each followed by the one most like it of the two newest other versions of its article."""
    found: list[Ranked] = []
    chosen = list(chosen)
    paths = {one.passage.path for one in chosen}
    for one in chosen:
        found.append(one)
        for path in _versions(snapshot, one.passage.path):
            if path not in paths and (passages := snapshot.catalog.passages_of(path)):
                of_this = frozenset(terms(one.passage.text))
                found.append(replace(one, passage=max(passages, key=lambda other: _shared(of_this, other))))
    return list({one.passage.id: one for one in found}.values())


def _versions(snapshot: Snapshot, path: str) -> list[str]:
    others = [other for other in snapshot.catalog.story_paths(snapshot.catalog.story_of(path)) if other != path]
    if not others:
        return []
    about = snapshot.catalog.about([path, *others])
    mine = about[path]
    days = {
        other: day
        for other in others
        if mine.outlet and about[other].outlet == mine.outlet
        if mine.published and (day := about[other].published) and day != mine.published
    }
    return sorted(days, key=days.__getitem__, reverse=True)[:_MOST]


def _shared(of_one: frozenset[str], other: Passage) -> float:
    of_other = frozenset(terms(other.text))
    return len(of_one & of_other) / (len(of_one | of_other) or 1)
