"""Find the passages for a question: each part is ranked on its own, then the best of all are chosen in turn."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from index.corpus.freshness import Since, since
from index.embedding.embedders import Embedder
from index.errors import EmbedderMismatch, SnapshotBroken
from index.models import Article, Passage
from index.store.catalog import About
from index.store.lexical import idf
from index.store.snapshots import Snapshot
from qa.language.dates import full_days, without
from qa.language.terms import names, quotations, terms
from qa.models import ConsideredPassage, Hit, Understanding
from qa.question.outlets import mentions
from qa.question.query import Query
from qa.retrieval.narrowing import Times
from qa.retrieval.ranking import Ranked, in_turn, nearest, rank
from qa.retrieval.relevance import Relevant
from qa.retrieval.reranking import Reranker, reranked
from qa.retrieval.variety import Considered, choose
from qa.retrieval.versions import with_versions

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

CARRIED_WEIGHT = 0.25
"""How much the earlier turns of a follow-up count beside its own words."""
_NO_VECTORS = "The vectors cannot be asked at the moment: these passages were found by words alone."


class _Near(NamedTuple):
    """A part of a question as the dense leg sees it: its vector, and what is nearest to it (see `nearest`)."""

    vector: "Vectors"
    ids: list[str] | None


@dataclass(frozen=True)
class Retrieval:
    """The hits of a question, how it was understood, and all passages that were ranked, with what is known of them."""

    hits: tuple[Hit, ...] = ()
    understanding: Understanding = field(default_factory=Understanding)
    considered: tuple[Considered, ...] = ()
    about: Mapping[str, About] = field(default_factory=dict)

    def explained(self) -> tuple[ConsideredPassage, ...]:
        """Return all passages that were ranked, the hits first, with their scores."""
        return tuple(_explained(one, self.about.get(one.ranked.passage.path)) for one in self.considered)


class Retriever:
    """Searches a snapshot with one embedder."""

    def __init__(
        self,
        embedder: Embedder,
        limit: int,
        clock: Callable[[], date] = date.today,
        reranker: Reranker | None = None,
    ) -> None:
        """Return up to `limit` hits a question; `clock` says which day it is, for "last week"."""
        self._embedder = embedder
        self._limit = limit
        self._clock = clock
        self._reranker = reranker

    def retrieve(self, snapshot: Snapshot, query: Query) -> Retrieval:
        """Return the hits for a query, best first; those of its parts are taken in turn."""
        with ThreadPoolExecutor(1) as beside:  # the embedder and the dense leg, while this thread looks words up
            near = beside.submit(self._near, snapshot, query)
            parts = self._relevant(snapshot, query, near)
            named = [mentions(part.text, snapshot.outlets) for part in parts]
            found = [
                rank(snapshot, part, of_part, partial(_ids, near, row))
                for row, (part, of_part) in enumerate(zip(parts, named, strict=True))
            ]
        found, failures = reranked(self._reranker, snapshot.catalog, parts, found)
        about = snapshot.catalog.about(one.passage.path for of_part in found for one in of_part.all)
        times = Times(self._clock(), about)
        passages = [times.narrowed(*of_part) for of_part in zip(parts, found, strict=True)]
        considered = choose(in_turn(passages), about, self._limit)
        shown = with_versions(snapshot, [one.ranked for one in considered if not one.dropped])
        chosen = {one.passage.id: one for one in shown}
        articles = {one.passage.path: snapshot.catalog.article(one.passage.path) for one in chosen.values()}
        known = {path: article for path, article in articles.items() if article}
        stale = since(snapshot.corpus, known.values(), snapshot.manifest.fields)
        for one in chosen.values():
            _require_in(known, one.passage)
        hits = tuple(_hit(snapshot, one, known[one.passage.path], stale) for one in chosen.values())
        notes = (*times.notes, *failures, *(() if all(of_part.dense for of_part in found) else (_NO_VECTORS,)))
        understanding = Understanding(
            parts=query.parts,
            carried=query.carried,
            outlets=tuple(dict.fromkeys(mention.outlet for of_part in named for mention in of_part)),
            names=tuple(names(query.question)),
            quoted=tuple(quotations(query.question)),
            windows=tuple((asked.first, asked.last) for asked in times.windows),
            latest=times.latest,
            today=times.today,
            notes=notes,
        )
        return Retrieval(hits, understanding, tuple(considered), about)

    def _near(self, snapshot: Snapshot, query: Query) -> list[_Near]:
        """Embed each part of a question and search the dense leg; a follow-up's own words count for more."""
        whole = [query.full_text(part) for part in query.parts]
        texts = list(dict.fromkeys([*query.parts, *whole]))
        rows = self._embedder.embed_questions(texts)
        if rows.shape[1] != snapshot.manifest.dimension:
            raise EmbedderMismatch(
                f"The index holds vectors of {snapshot.manifest.dimension} numbers, but the embedder "
                f"{self._embedder.id!r} gives {rows.shape[1]}. Set QA_DATA_DIR to a new folder and run: newsdesk index"
            )
        embedded = dict(zip(texts, rows, strict=True))
        vectors = [
            (1 - CARRIED_WEIGHT) * embedded[part] + CARRIED_WEIGHT * embedded[text]
            for part, text in zip(query.parts, whole, strict=True)
        ]
        return [_Near(vector, nearest(snapshot, vector)) for vector in vectors]

    def _relevant(self, snapshot: Snapshot, query: Query, near: Future[list[_Near]]) -> list[Relevant]:
        """Read each part of a question; what a follow-up carries over counts less than its own words."""
        lexical, found = snapshot.lexical, []
        count = lexical.count(copies=False)
        for row, part in enumerate(query.parts):
            own = terms(without(part, full_days(part)))  # a day is a period, not words to be found
            weights = dict.fromkeys(terms(query.topic_of(part)), CARRIED_WEIGHT) | dict.fromkeys(own, 1.0)
            rarities = {
                stem: weight * idf(lexical.frequency(stem, copies=False), count) for stem, weight in weights.items()
            }
            unheard = frozenset(stem for stem in rarities if not lexical.frequency(stem))
            found.append(Relevant(query.full_text(part), partial(_vector, near, row), rarities, unheard))
        return found


def _vector(near: Future[list[_Near]], row: int) -> "Vectors":
    return near.result()[row].vector


def _ids(near: Future[list[_Near]], row: int) -> list[str] | None:
    return near.result()[row].ids


def _require_in(articles: Mapping[str, Article], passage: Passage) -> None:
    """Raise SnapshotBroken unless a passage stands in its article, whose own digest was compared as it was read."""
    article = articles.get(passage.path)
    if not article or article.text[passage.start : passage.end] != passage.text:
        raise SnapshotBroken("A passage does not stand in its article. Run: newsdesk doctor --repair")


def _hit(snapshot: Snapshot, found: Ranked, article: Article, stale: Mapping[str, Since]) -> Hit:
    story = snapshot.catalog.story_of(article.path)
    return Hit(
        passage=found.passage,
        score=found.score,
        similarity=found.similarity,
        lexical=found.lexical,
        headline=article.headline,
        outlet=article.outlet,
        author=article.author,
        published=article.published,
        url=article.url,
        story=story,
        also_in=tuple(other for other in snapshot.catalog.story_paths(story) if other != article.path),
        cut_off=article.cut_off,
        since=stale.get(article.path),
    )


def _explained(one: Considered, about: About | None) -> ConsideredPassage:
    passage, ranked = one.ranked.passage, one.ranked
    return ConsideredPassage(
        id=passage.id,
        path=passage.path,
        start=passage.start,
        end=passage.end,
        outlet=about.outlet if about else None,
        published=about.published if about else None,
        score=ranked.score,
        relevance=ranked.relevance,
        similarity=ranked.similarity,
        lexical=ranked.lexical,
        reranked=ranked.reranked,
        dropped=one.dropped,
        text=ranked.best.text if ranked.best else "",
    )
