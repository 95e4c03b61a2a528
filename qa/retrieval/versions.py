"""Add other versions of a chosen article: near-identical, of the same outlet, published on another day.

Copies of a story stand aside in a search. A version does not, for what it says may have changed.
"""

from collections.abc import Iterable
from dataclasses import replace

from index.store.snapshots import Snapshot
from qa.language.terms import terms
from qa.retrieval.ranking import RankedPassage
from qa.retrieval.variety import overlap

_MOST = 2


def with_versions(snapshot: Snapshot, chosen: Iterable[RankedPassage]) -> list[RankedPassage]:
    """Return passages, each followed by the one most like it of the two newest other versions of its article."""
    chosen = list(chosen)
    paths = {ranked.passage.path for ranked in chosen}
    extended: dict[str, RankedPassage] = {}
    for ranked in chosen:
        extended[ranked.passage.id] = ranked
        stems = frozenset(terms(ranked.passage.text))
        for path in _versions(snapshot, ranked.passage.path):
            if path not in paths and (passages := snapshot.catalog.passages_of(path)):
                closest = max(passages, key=lambda passage: overlap(stems, frozenset(terms(passage.text))))
                # It was not ranked itself, so it takes over the scores of the passage that it is like.
                extended[closest.id] = replace(ranked, passage=closest)
    return list(extended.values())


def _versions(snapshot: Snapshot, path: str) -> list[str]:
    others = [other for other in snapshot.catalog.story_paths(snapshot.catalog.story_of(path)) if other != path]
    if not others:
        return []
    about = snapshot.catalog.about([path, *others])
    outlet, published = about[path].outlet, about[path].published
    days = {}
    for other in others:
        day = about[other].published
        if outlet and about[other].outlet == outlet and published and day and day != published:
            days[other] = day
    return sorted(days, key=days.__getitem__, reverse=True)[:_MOST]
