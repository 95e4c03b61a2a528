"""The scope of a question: made of what a face is given, looked up among the articles, and said in words."""

from collections.abc import Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from index.models import Scope
from index.store.snapshots import Snapshot
from qa.language.dates import period_text
from qa.language.terms import listed
from qa.models.errors import InvalidScope

FOLDERS = 200
"""The most folders that are offered."""
_LEVELS = 2
_NAMED = 3


def scope_of(**fields: Any) -> Scope:
    """Return the scope with these fields, an empty one of which asks for nothing; raises InvalidScope."""
    try:
        return Scope(**{name: value for name, value in fields.items() if value})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "value_error":
            why = str(first["ctx"]["error"])
            raise InvalidScope(why[:1].upper() + why[1:]) from None
        name = first["loc"][0]
        why = f"The field {name!r} of the scope is not valid: {first['msg']}. Mend it or leave it out"
        raise InvalidScope(why) from None


def require_known(snapshot: Snapshot, scope: Scope) -> None:
    """Raise InvalidScope where no article has an outlet or the folder of a scope: with the nearest that there are."""
    for outlet in scope.outlets:
        if outlet not in snapshot.outlets:
            how = "To see all outlets, ask: Which outlets are there?"
            raise InvalidScope(f"No article is from the outlet {outlet!r}. {_nearest(outlet, snapshot.outlets)}{how}")
    if scope.folder:
        paths = snapshot.catalog.paths()
        if not any(path.startswith(f"{scope.folder}/") for path in paths):
            how = "The paths in the list of articles show all folders"
            nearest = _nearest(scope.folder, folders(paths))
            raise InvalidScope(f"No article is in the folder {scope.folder!r}. {nearest}{how}")


def _nearest(name: str, names: Sequence[str]) -> str:
    nearest = get_close_matches(name, names, _NAMED, 0.0)
    return f"Those with the nearest names are {listed(list(map(repr, nearest)))}. " if nearest else ""


def folders(paths: Iterable[str], most: int = FOLDERS) -> tuple[str, ...]:
    """Return the folders that hold articles, sorted, of the first two levels; of too many, those of the first alone."""
    levels: list[set[str]] = [set() for _ in range(_LEVELS)]
    for path in paths:
        names = path.split("/")[:-1]
        for level in range(min(_LEVELS, len(names))):
            levels[level].add("/".join(names[: level + 1]))
    while len(levels) > 1 and sum(map(len, levels)) > most:
        levels.pop()
    return tuple(sorted(set().union(*levels))[:most])


def scope_words(scope: Scope) -> tuple[str, ...]:
    """Return what a scope asks of articles in words, by condition; nothing for the scope of everything."""
    words = []
    if scope.outlets:
        words.append(f"from {listed(scope.outlets, 'or')}")
    if scope.first or scope.last:
        words.append(f"published {period_text(scope.first or date.min, scope.last or date.max)}")
    if scope.folder:
        words.append(f"in the folder {scope.folder}")
    return tuple(words)


def nothing_within(scope: Scope) -> str:
    """Return the sentence that no article is within a scope."""
    return f"No article is within the scope: {', '.join(scope_words(scope))}."
