"""Find all articles of a snapshot that meet the requirements of a question, and say in words how they were counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from index.models import ListedArticle
from index.store.snapshots import Snapshot
from index.text.normal_form import normalised
from qa.collection.requirements import Requirements
from qa.language.dates import period_text
from qa.language.terms import fold, listed, terms


@dataclass(frozen=True)
class CountResult:
    """The articles that were counted, the newest first, and a sentence that says so."""

    articles: tuple[ListedArticle, ...]
    sentence: str


def count(
    snapshot: Snapshot, articles: Sequence[ListedArticle], required: Requirements, total: int, where: str = ""
) -> CountResult:
    """Return the articles that meet the requirements; where none holds the whole topic, those that hold most of it.

    `total` is how many articles there are, and `where` says in words which ones are meant. The text, the headline or
    the name of the author may hold the topic.
    """
    fitting = [article for article in articles if _fits(article, required)]
    topics = _topics(snapshot, fitting, required)
    most = max(map(len, topics.values()), default=0)
    # Articles with less than half of the topic are about something else.
    if 2 * most < len(required.topic) or (required.topic and not most):
        return CountResult((), _sentence(0, total, required, required.topic, where))
    best = [article for article in fitting if len(topics[article.path]) == most]
    shared = [part for part in required.topic if all(part in topics[article.path] for article in best)]
    sentence = _sentence(len(best), total, required, shared, where)
    if most < len(required.topic):
        if len(shared) < most:
            sentence += f" Each holds {most} of these {len(required.topic)}."
        sentence = f"No article holds all of {listed(_quoted(required.topic))}. {sentence}"
    return CountResult(tuple(newest_first(best)), sentence)


def newest_first(articles: Iterable[ListedArticle]) -> list[ListedArticle]:
    """Return articles by their day, those without one at the end."""
    return sorted(articles, key=lambda article: article.published or date.min, reverse=True)


def _fits(article: ListedArticle, required: Requirements) -> bool:
    if required.outlets and article.outlet not in required.outlets:
        return False
    return not required.windows or any(window.holds(article.published) for window in required.windows)


def _topics(snapshot: Snapshot, articles: Sequence[ListedArticle], required: Requirements) -> dict[str, set[str]]:
    """Return by path the parts of the topic that each article holds."""
    topics: dict[str, set[str]] = {article.path: set() for article in articles}
    for part in required.topic:
        stems = set(terms(part))
        holders = [snapshot.catalog.paths_of(snapshot.lexical.holders(stem)) for stem in stems]
        for article in articles:
            about = " | ".join(filter(None, (article.headline, article.author)))
            # The words of the index first: a text is read for a phrase only where it has all of its words.
            in_text = all(article.path in paths for paths in holders)
            if part in required.phrases:
                holds = _stands_in(part, about) or (in_text and _stands_in(part, _text(snapshot, article.path)))
            else:
                holds = in_text or stems <= set(terms(about))
            if holds:
                topics[article.path].add(part)
    return topics


def _text(snapshot: Snapshot, path: str) -> str:
    article = snapshot.catalog.article(path)
    return article.text if article else ""


def _stands_in(phrase: str, text: str) -> bool:
    """Return whether a text holds a phrase; capitals, accents and the white space between its words do not count."""
    return " ".join(fold(normalised(phrase)).split()) in " ".join(fold(normalised(text)).split())


def _sentence(number: int, total: int, required: Requirements, shared: Sequence[str], where: str) -> str:
    sentence = f"There are {number:,} articles" if number > 1 else f"There is {'one' if number else 'no'} article"
    sentence += where
    if required.outlets:
        sentence += f" from {listed(required.outlets, 'or')}"
    if required.windows:
        periods = [period_text(window.first, window.last) for window in required.windows]
        sentence += f" published {' or '.join(periods)}"
    if shared:
        sentence += f" that {'hold' if number > 1 else 'holds'} {listed(_quoted(shared))}"
    of_all = f", of {total:,} in all" if number < total else ""
    return f"{sentence}{of_all}."


def _quoted(parts: Sequence[str]) -> list[str]:
    return [f"“{part}”" for part in parts]
