"""Choose the hits among ranked passages: one article of a story, and no article or claim fills the context alone.

At most half of the hits come from one article, or say nearly the same in other articles: a fact that is planted in
five files (Zou et al. 2024, arXiv 2402.07867) leaves room for what else is said. An article that repeats a sentence
shows it once. Where there is nothing else, passages that were held back fill the rest; other articles of a story never
do.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.store.catalog import About
from qa.language.terms import terms
from qa.retrieval.ranking import COPY_MARGIN, RankedPassage

_SHARE = 0.5
_NEARLY_THE_SAME = 0.68
"""The least cosine of two passages that say nearly the same."""
_REPEATED = 0.9
"""The least overlap of the terms of two sentences that say the same."""


@dataclass(frozen=True)
class Candidate:
    """A ranked passage, and why it is no hit; None for a hit."""

    ranked: RankedPassage
    dropped: str | None


def choose(ranked: Sequence[RankedPassage], about: Mapping[str, About], limit: int) -> list[Candidate]:
    """Choose up to `limit` hits; return them in the order of the ranking, then the passages that were dropped."""
    choice = _Choice(about, _representatives(ranked, about), limit)
    for passage in ranked:
        choice.consider(passage)
    choice.fill()
    return sorted(choice.candidates.values(), key=lambda candidate: candidate.dropped is not None)


def _representatives(ranked: Sequence[RankedPassage], about: Mapping[str, About]) -> dict[str, str]:
    """Return for each story the path of its first article, unless that is an edited copy in the same outlet.

    Such a copy stands aside for the most typical article as in `qa.retrieval.ranking`, now that both are judged.
    """
    best: dict[str, float] = {}
    for passage in ranked:
        path = passage.passage.path
        best[path] = max(passage.sort_score, best.get(path, passage.sort_score))
    representatives: dict[str, str] = {}
    for path, score in best.items():
        story = about[path].story
        stands_aside = (
            story in best and about[story].outlet == about[path].outlet and score <= best[story] + COPY_MARGIN
        )
        representatives.setdefault(story, story if stands_aside else path)
    return representatives


class _Choice:
    """The hits chosen so far."""

    def __init__(self, about: Mapping[str, About], representatives: Mapping[str, str], limit: int) -> None:
        self.candidates: dict[str, Candidate] = {}
        self._about = about
        self._limit = limit
        self._most = max(1, round(_SHARE * limit))
        self._representatives = representatives
        self._held_back: list[RankedPassage] = []
        self._hits_of: Counter[str] = Counter()
        self._groups: list[list[RankedPassage]] = []
        self._best_terms: defaultdict[str, list[frozenset[str]]] = defaultdict(list)

    def consider(self, passage: RankedPassage) -> None:
        """Take a passage, or say why not."""
        identity, path = passage.passage.id, passage.passage.path
        if identity in self.candidates:
            return
        representative = self._representatives[self._about[path].story]
        if representative != path:
            dropped: str | None = f"the same story as {representative}"
        # What is the same story is never a hit, what is merely like other hits may fill the rest.
        elif self._hits_of.total() == self._limit:
            dropped = f"beyond the first {self._limit}"
        elif dropped := self._crowded(passage):
            self._held_back.append(passage)
        else:
            self._hits_of[path] += 1
        self.candidates[identity] = Candidate(passage, dropped)

    def fill(self) -> None:
        """Take passages that were held back where there is room."""
        for passage in self._held_back[: self._limit - self._hits_of.total()]:
            self.candidates[passage.passage.id] = Candidate(passage, None)

    def _crowded(self, passage: RankedPassage) -> str | None:
        """Return why there are enough hits like this passage, or count it with those that say nearly the same."""
        path = passage.passage.path
        if self._hits_of[path] == self._most:
            return f"{self._most} passages of this article are hits already"
        stems = frozenset(terms(passage.best_sentence))
        if any(overlap(stems, before) >= _REPEATED for before in self._best_terms[path]):
            return "a hit of this article says the same"
        # Groups that this passage ties together become one with it.
        others, group = [], [passage]
        for members in self._groups:
            if any(_say_nearly_the_same(passage, member) for member in members):
                group += members
            else:
                others.append(members)
        # The first of the group is the passage itself.
        articles = {member.passage.path for member in group[1:]}
        if len(articles) >= self._most and path not in articles:
            return f"{self._most} articles say nearly the same already"
        self._groups = [*others, group]
        self._best_terms[path].append(stems)
        return None


def _say_nearly_the_same(passage: RankedPassage, other: RankedPassage) -> bool:
    return float(passage.vector @ other.vector) >= _NEARLY_THE_SAME


def overlap(stems: frozenset[str], others: frozenset[str]) -> float:
    """Return the share of all terms of two texts that both hold (Jaccard); 0 where neither has any."""
    return len(stems & others) / (len(stems | others) or 1)
