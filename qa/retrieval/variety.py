"""Choose the hits among ranked passages: one article of a story, and nobody fills the context alone.

No more than half of the hits come from one article, or say nearly the same in other articles: a fact that is planted in
five files (Zou et al. 2024, arXiv 2402.07867) leaves room for what else is said. An article that says the same sentence
again and again shows it once. Where there is nothing else, the rest is filled with what was held back; other articles
of a story never are.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.store.catalog import About
from qa.language.terms import terms
from qa.retrieval.ranking import COPY_MARGIN, Ranked

_SHARE = 0.5
_NEARLY_THE_SAME = 0.68
_REPEATED = 0.9


@dataclass(frozen=True)
class Considered:
    """A passage that was ranked, and why it is no hit; None for a hit."""

    ranked: Ranked
    dropped: str | None


def choose(ranked: Sequence[Ranked], about: Mapping[str, About], limit: int) -> list[Considered]:
    """Choose up to `limit` hits; return them in the order of the ranking, then what was dropped."""
    choice = _Choice(about, _shown(ranked, about), limit)
    for one in ranked:
        choice.consider(one)
    choice.fill()
    return sorted(choice.considered.values(), key=lambda one: one.dropped is not None)


def _shown(ranked: Sequence[Ranked], about: Mapping[str, About]) -> dict[str, str]:
    """Return for each story the article that is shown: the first, unless it is an edited copy in the same outlet.

    That stands aside for the most typical article as in `qa.retrieval.ranking`, now that both are judged.
    """
    best: dict[str, float] = {}
    for one in ranked:
        best[one.passage.path] = max(one.standing, best.get(one.passage.path, one.standing))
    shown: dict[str, str] = {}
    for path, standing in best.items():
        story = about[path].story
        aside = story in best and about[story].outlet == about[path].outlet and standing <= best[story] + COPY_MARGIN
        shown.setdefault(story, story if aside else path)
    return shown


class _Choice:
    """The hits chosen so far."""

    def __init__(self, about: Mapping[str, About], shown: Mapping[str, str], limit: int) -> None:
        self.considered: dict[str, Considered] = {}
        self._about = about
        self._limit = limit
        self._most = max(1, round(_SHARE * limit))
        self._shown = shown
        self._held_back: list[Ranked] = []
        self._articles: Counter[str] = Counter()
        self._groups: list[list[Ranked]] = []
        self._said: defaultdict[str, list[frozenset[str]]] = defaultdict(list)

    def consider(self, one: Ranked) -> None:
        """Take a passage, or say why not."""
        if one.passage.id in self.considered:
            return
        path = one.passage.path
        representative = self._shown[self._about[path].story]
        if representative != path:
            dropped: str | None = f"the same story as {representative}"
        elif sum(self._articles.values()) == self._limit:
            dropped = f"beyond the first {self._limit}"
        elif dropped := self._crowded(one):
            self._held_back.append(one)
        else:
            self._articles[path] += 1
        self.considered[one.passage.id] = Considered(one, dropped)

    def fill(self) -> None:
        """Take what was held back where there is room."""
        for one in self._held_back[: self._limit - sum(self._articles.values())]:
            self.considered[one.passage.id] = Considered(one, None)

    def _crowded(self, one: Ranked) -> str | None:
        """Return why there are enough like this passage, or count it with those that say nearly the same."""
        said, by_article = _said_best(one), self._said[one.passage.path]
        if self._articles[one.passage.path] == self._most:
            return f"{self._most} passages of this article are hits already"
        if any(_shared(said, before) >= _REPEATED for before in by_article):
            return "a hit of this article says the same"
        near = [group for group in self._groups if any(_nearly_the_same(one, other) for other in group)]
        joined = [other for group in near for other in group]
        articles = {other.passage.path for other in joined}
        if len(articles) >= self._most and one.passage.path not in articles:
            return f"{self._most} articles say nearly the same already"
        self._groups = [group for group in self._groups if not any(group is other for other in near)] + [[*joined, one]]
        by_article.append(said)
        return None


def _nearly_the_same(one: Ranked, other: Ranked) -> bool:
    return float(one.vector @ other.vector) >= _NEARLY_THE_SAME


def _said_best(one: Ranked) -> frozenset[str]:
    """Return the terms of the sentence for which a passage was found."""
    return frozenset(terms(one.best.text) if one.best else ())


def _shared(said: frozenset[str], before: frozenset[str]) -> float:
    return len(said & before) / (len(said | before) or 1)
