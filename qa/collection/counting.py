"""Find all articles of a snapshot that have what is wanted, and say in words how they were counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from index.models import ListedArticle
from index.store.snapshots import Snapshot
from index.text.normal_form import normalised
from qa.collection.wanted import Wanted
from qa.language.dates import said_day
from qa.language.terms import fold, terms


@dataclass(frozen=True)
class Counted:
    """The articles that were found, the newest first, and a sentence that says what was counted."""

    articles: tuple[ListedArticle, ...]
    said: str


def count(snapshot: Snapshot, entries: Sequence[ListedArticle], wanted: Wanted, total: int) -> Counted:
    """Return those of `entries` that have what is wanted; where none holds the whole topic, those that hold most of it.

    `total` is how many articles there are. A topic is held in the text, the headline or the name of the author.
    """
    fitting = [one for one in entries if _fits(one, wanted)]
    held = _held(snapshot, fitting, wanted)
    most = max((len(of_article) for of_article in held.values()), default=0)
    if 2 * most < len(wanted.topic) or (wanted.topic and not most):
        return Counted((), _sentence(0, total, wanted, wanted.topic))
    found = [one for one in fitting if len(held[one.path]) == most]
    shared = [part for part in wanted.topic if all(part in held[one.path] for one in found)]
    said = _sentence(len(found), total, wanted, shared)
    if most < len(wanted.topic):
        said = f"No article holds all of {_listed(wanted.topic)}. " + (
            said if len(shared) == most else f"{said} Each holds {most} of these {len(wanted.topic)}."
        )
    return Counted(tuple(newest_first(found)), said)


def newest_first(articles: Iterable[ListedArticle]) -> list[ListedArticle]:
    """Return articles by their day, those without one at the end."""
    return sorted(articles, key=lambda one: one.published or date.min, reverse=True)


def _fits(article: ListedArticle, wanted: Wanted) -> bool:
    of_outlet = not wanted.outlets or article.outlet in wanted.outlets
    return of_outlet and (not wanted.windows or any(window.holds(article.published) for window in wanted.windows))


def _held(snapshot: Snapshot, articles: Sequence[ListedArticle], wanted: Wanted) -> dict[str, set[str]]:
    """Return by path which parts of the topic each article holds."""
    held: dict[str, set[str]] = {one.path: set() for one in articles}
    for part in wanted.topic:
        stems = set(terms(part))
        holders = [snapshot.catalog.paths_of(snapshot.lexical.holders(stem)) for stem in stems]
        exact = part in wanted.phrases
        for one in articles:
            about = " | ".join(filter(None, (one.headline, one.author)))
            in_text = all(one.path in of_stem for of_stem in holders)
            if exact:
                holds = _stands_in(part, about) or (in_text and _stands_in(part, _text(snapshot, one.path)))
            else:
                holds = in_text or stems <= set(terms(about))
            if holds:
                held[one.path].add(part)
    return held


def _text(snapshot: Snapshot, path: str) -> str:
    article = snapshot.catalog.article(path)
    return article.text if article else ""


def _stands_in(phrase: str, text: str) -> bool:
    """Whether a text holds a phrase as it is, but for capitals, accents and the white space between its words."""
    return " ".join(fold(normalised(phrase)).split()) in " ".join(fold(normalised(text)).split())


def _sentence(number: int, total: int, wanted: Wanted, shared: Sequence[str]) -> str:
    subject = f"There are {number:,} articles" if number > 1 else f"There is {'one' if number else 'no'} article"
    if wanted.outlets:
        subject += f" from {_listed(wanted.outlets, 'or', quoted=False)}"
    if wanted.windows:
        subject += f" published {' or '.join(said_period(window.first, window.last) for window in wanted.windows)}"
    if shared:
        subject += f" that {'hold' if number > 1 else 'holds'} {_listed(shared)}"
    of_all = f", of {total:,} in all" if number < total else ""
    return f"{subject}{of_all}."


def said_period(first: date, last: date) -> str:
    """Return days of publication in words."""
    if first == last:
        return f"on {said_day(first)}"
    if first == date.min:
        return f"until {said_day(last)}"
    if last == date.max:
        return f"since {said_day(first)}"
    return f"from {said_day(first)} to {said_day(last)}"


def _listed(parts: Sequence[str], joined: str = "and", *, quoted: bool = True) -> str:
    said = [f"“{part}”" if quoted else part for part in parts]
    return f" {joined} ".join(filter(None, (", ".join(said[:-1]), said[-1])))
