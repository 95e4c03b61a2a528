"""The first page: what the corpus holds, and questions that its articles answer."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import islice, zip_longest
from typing import NamedTuple

from index.errors import IndexingError
from index.store.snapshots import Snapshot
from qa.language.dates import day_text
from qa.language.terms import names
from qa.models import EXTRACTIVE, Status
from qa.models.errors import QAError
from qa.question.scopes import folders
from qa.service import QAService

SHOWN, _TRIED = 4, 16
"""The most questions shown, and the most topics tried for them."""
_NEWEST, _PASSAGES = 200, 3
"""The newest articles whose topics are taken, and the passages at the beginning of each that are searched for one."""
_QUESTIONS = ("What did {} say?", "What is new about {}?")


class Corpus(NamedTuple):
    """What a snapshot holds."""

    snapshot: str
    """The digest of its manifest: a data folder that is made anew counts its snapshots from the beginning again."""
    articles: int
    outlets: tuple[str, ...]
    period: tuple[date, date] | None
    counts: tuple[int, int]
    """The numbers of articles that name an outlet, and that name a day."""
    folders: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """The corpus in words; where only some articles name an outlet or a day, their number is given."""
        text = f"{self.articles:,} {'article' if self.articles == 1 else 'articles'}"
        with_outlet, with_day = self.counts
        if self.outlets:
            number = "" if with_outlet == self.articles else f", {with_outlet:,}"
            text += f"{number} from {len(self.outlets)} {'outlet' if len(self.outlets) == 1 else 'outlets'}"
        if self.period:
            first, last = map(day_text, self.period)
            number = "" if with_day == self.articles else f" {with_day:,} dated"
            text += f",{number} {first}" if first == last else f",{number} {first} to {last}"
        return f"{text}."


def corpus_of(snapshot: Snapshot) -> Corpus:
    """Return what a snapshot holds."""
    catalog = snapshot.catalog
    numbers = catalog.counts()[0], tuple(catalog.outlets()), catalog.period(), catalog.naming()
    return Corpus(snapshot.manifest.digest, *numbers, folders(catalog.paths()))


class Starters:
    """Questions to start with, made once for each snapshot."""

    def __init__(self, service: QAService) -> None:
        self._service = service
        self._tasks: dict[str, asyncio.Task[tuple[str, ...]]] = {}

    async def of(self, snapshot: str) -> tuple[str, ...]:
        """Return up to four questions that the service answers with the status `answered`; none where a model answers.

        A model would be paid for answers that nobody asked for.
        """
        if self._service.model != EXTRACTIVE:
            return ()
        if snapshot not in self._tasks:
            # Questions of an older snapshot are dropped with its task.
            self._tasks = {snapshot: asyncio.create_task(self._questions())}
        # Whoever leaves the page must not end the task for those who still wait.
        return await asyncio.shield(self._tasks[snapshot])

    async def _questions(self) -> tuple[str, ...]:
        questions: list[str] = []
        try:
            for topic in await self._service.read(lambda snapshot: list(islice(_topics(snapshot), _TRIED))):
                if question := await self._question_on(topic):
                    questions.append(question)
                if len(questions) == SHOWN:
                    break
        except (QAError, IndexingError):
            pass  # the first page does without them
        return tuple(questions)

    async def _question_on(self, topic: str) -> str | None:
        """Return the first question on a topic that the articles answer."""
        for question in (form.format(topic) for form in _QUESTIONS):
            if (await self._service.ask(question)).status is Status.ANSWERED:
                return question
        return None


def _topics(snapshot: Snapshot) -> Iterator[str]:
    """Yield the topics of the newest stories, one of each outlet in turn."""
    by_outlet: dict[str | None, list[str]] = {}
    for path, outlet in snapshot.catalog.newest(_NEWEST):
        by_outlet.setdefault(outlet, []).append(path)
    used = {name.casefold() for name in snapshot.catalog.names()}  # an outlet or an author is no topic
    for paths in zip_longest(*by_outlet.values()):
        for topic in (_topic(snapshot, path) for path in paths if path):
            if topic and not any(name in topic.casefold() for name in used):
                used.add(topic.casefold())
                yield topic


def _topic(snapshot: Snapshot, path: str) -> str:
    """Return the name of more than one word that the beginning of an article has most often; empty without one."""
    text = "\n".join(passage.text for passage in snapshot.catalog.passages_of(path)[:_PASSAGES])
    plain = (name.removesuffix("’s").removesuffix("'s") for name in names(text))
    counts = Counter(name for name in plain if " " in name)
    name, count = counts.most_common(1)[0] if counts else ("", 0)
    return name if count > 1 else ""
