"""The first page, made of the corpus: what there is, and questions about it that it has been seen to answer."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import islice, zip_longest
from typing import NamedTuple

from index.errors import IndexingError
from index.store.snapshots import Snapshot
from qa.errors import QAError
from qa.language.dates import said_day
from qa.language.terms import names
from qa.models import Status
from qa.service import QAService
from qa.settings import EXTRACTIVE

SHOWN = 4
_TRIED = 16
_NEWEST = 200
_PASSAGES = 3
_QUESTIONS = ("What did {} say?", "What is new about {}?")


class Corpus(NamedTuple):
    """What there is to ask about."""

    snapshot: str
    articles: int
    outlets: tuple[str, ...]
    period: tuple[date, date] | None
    known: tuple[int, int]
    """How many of the articles name an outlet, and how many a day."""

    @property
    def said(self) -> str:
        """It in words; what only some of the articles name is said of those."""
        said = f"{self.articles:,} {'article' if self.articles == 1 else 'articles'}"
        named, dated = self.known
        if self.outlets:
            of_some = "" if named == self.articles else f", {named:,}"
            said += f"{of_some} from {len(self.outlets)} {'outlet' if len(self.outlets) == 1 else 'outlets'}"
        if self.period:
            first, last = map(said_day, self.period)
            of_some = "" if dated == self.articles else f" {dated:,} dated"
            said += f",{of_some} {first}" if first == last else f",{of_some} {first} to {last}"
        return f"{said}."


def corpus_of(snapshot: Snapshot) -> Corpus:
    """Return what a snapshot holds."""
    catalog = snapshot.catalog
    return Corpus(snapshot.name, catalog.counts()[0], tuple(catalog.outlets()), catalog.period(), catalog.naming())


class Starters:
    """Questions to begin with, made once for each snapshot."""

    def __init__(self, service: QAService) -> None:
        """Have the service answer each question before it is shown.

        Only without a model: a model would be paid for answers that nobody asked for.
        """
        self._service = service
        self._making: dict[str, asyncio.Task[tuple[str, ...]]] = {}

    async def of(self, snapshot: str) -> tuple[str, ...]:
        """Return up to four questions whose answers have the status `answered`; those who come meanwhile wait too."""
        if self._service.model != EXTRACTIVE:
            return ()
        if snapshot not in self._making:
            self._making = {snapshot: asyncio.create_task(self._made())}
        return await asyncio.shield(self._making[snapshot])

    async def _made(self) -> tuple[str, ...]:
        found: list[str] = []
        try:
            for topic in await self._service.read(lambda snapshot: list(islice(_topics(snapshot), _TRIED))):
                if question := await self._answered(topic):
                    found.append(question)
                if len(found) == SHOWN:
                    break
        except (QAError, IndexingError):
            pass  # the first page does without them
        return tuple(found)

    async def _answered(self, topic: str) -> str | None:
        """Return the first question about a topic that the articles answer."""
        for question in (form.format(topic) for form in _QUESTIONS):
            if (await self._service.ask(question)).status is Status.ANSWERED:
                return question
        return None


def _topics(snapshot: Snapshot) -> Iterator[str]:
    """Yield what the newest stories are about, one of each outlet in turn."""
    by_outlet: dict[str | None, list[str]] = {}
    for path, outlet in snapshot.catalog.newest(_NEWEST):
        by_outlet.setdefault(outlet, []).append(path)
    used = {name.casefold() for name in snapshot.catalog.names()}  # who printed or wrote it is no topic
    for paths in zip_longest(*by_outlet.values()):
        for topic in (_topic(snapshot, path) for path in paths if path):
            if topic and not any(name in topic.casefold() for name in used):
                used.add(topic.casefold())
                yield topic


def _topic(snapshot: Snapshot, path: str) -> str:
    """Return the name of more than one word that the beginning of an article has most often; empty without one."""
    text = "\n".join(passage.text for passage in snapshot.catalog.passages_of(path)[:_PASSAGES])
    plain = (name.removesuffix("’s").removesuffix("'s") for name in names(text))
    name, often = max(Counter(name for name in plain if " " in name).items(), key=lambda item: item[1], default=("", 0))
    return name if often > 1 else ""
