"""Narrow and order ranked passages by the time of publication that a question asks for."""

from collections.abc import Mapping, Sequence
from datetime import date

from index.store.catalog import About
from qa.question.periods import Window, asks_for_the_latest, windows
from qa.retrieval.ranking import PartRanking, RankedPassage
from qa.retrieval.relevance import PartQuery

_NEARLY = 0.8
"""A passage is nearly as relevant as the best one with this share of its score."""


class TimeFilter:
    """Applies the windows of one question; where they would leave nothing, it drops them with a note."""

    def __init__(self, today: date, about: Mapping[str, About]) -> None:
        """Take the day that "last week" is reckoned from, and what is known about the ranked articles."""
        self.today = today
        self.windows: list[Window] = []
        self.notes: list[str] = []
        self.latest = False
        self._about = about

    def narrowed(self, part: PartQuery, ranking: PartRanking) -> list[RankedPassage]:
        """Return the passages of a part in order, within its windows."""
        passages = self._within(windows(part.text, self.today), ranking.in_order())
        if asks_for_the_latest(part.text):
            self.latest = True
            passages = self._newest_first(passages)
        return passages

    def _within(self, periods: Sequence[Window], passages: list[RankedPassage]) -> list[RankedPassage]:
        self.windows.extend(window for window in periods if window not in self.windows)
        inside = []
        for ranked in passages:
            day = self._day_of(ranked)
            if any(window.holds(day) for window in periods):
                inside.append(ranked)
        if periods and passages and not inside:
            texts = " or ".join(f"“{window.text}”" for window in periods)
            note = f"No article that fits was published {texts}, so all were searched."
            self.notes += [note] if note not in self.notes else []
        return inside or passages

    def _newest_first(self, passages: Sequence[RankedPassage]) -> list[RankedPassage]:
        bar = _NEARLY * max((ranked.score for ranked in passages), default=0.0)
        near = [ranked for ranked in passages if ranked.score >= bar]
        # The sort is stable: of one day, the best stays first.
        near.sort(key=lambda ranked: self._day_of(ranked) or date.min, reverse=True)
        return near + [ranked for ranked in passages if ranked.score < bar]

    def _day_of(self, ranked: RankedPassage) -> date | None:
        return self._about[ranked.passage.path].published
