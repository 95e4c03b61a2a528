"""Narrow and order what was found by the time of publication that a question asks for."""

from collections.abc import Mapping, Sequence
from datetime import date

from index.store.catalog import About
from qa.question.periods import Window, asks_for_the_latest, windows
from qa.retrieval.ranking import Found, Ranked
from qa.retrieval.relevance import Relevant

_NEARLY = 0.8


class Times:
    """The windows of one question; windows only narrow, and are dropped with a note where they would leave nothing."""

    def __init__(self, today: date, about: Mapping[str, About]) -> None:
        """Take the day that "last week" is reckoned from, and what is known about the articles found."""
        self.today = today
        self.windows: list[Window] = []
        self.notes: list[str] = []
        self.latest = False
        self._about = about

    def narrowed(self, part: Relevant, found: Found) -> list[Ranked]:
        """Return the passages of a part in order, within its windows."""
        passages = found.in_order()
        passages = self._within(windows(part.text, self.today), passages)
        if asks_for_the_latest(part.text):
            self.latest = True
            passages = self._newest_first(passages)
        return passages

    def _note(self, note: str) -> None:
        self.notes += [note] if note not in self.notes else []

    def _within(self, asked: Sequence[Window], passages: list[Ranked]) -> list[Ranked]:
        self.windows.extend(window for window in asked if window not in self.windows)
        days = {one.passage.id: self._about[one.passage.path].published for one in passages}
        inside = [one for one in passages if any(window.holds(days[one.passage.id]) for window in asked)]
        if asked and passages and not inside:
            said = " or ".join(f"“{window.said}”" for window in asked)
            self._note(f"No article that fits was published {said}, so all were searched.")
        return inside or passages

    def _newest_first(self, passages: Sequence[Ranked]) -> list[Ranked]:
        """Put the newest first of those that are nearly as relevant as the best one."""
        best = max((one.score for one in passages), default=0.0)
        near = [one for one in passages if one.score >= _NEARLY * best]
        near.sort(key=lambda one: self._about[one.passage.path].published or date.min, reverse=True)
        return near + [one for one in passages if one.score < _NEARLY * best]
