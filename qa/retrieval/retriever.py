"""Find the passages for a question: each part is ranked on its own, then the best of all parts are chosen in turn."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from index.corpus.freshness import stale_articles
from index.embedding.embedders import Embedder
from index.errors import EmbedderMismatch, SnapshotBroken
from index.models import EVERYTHING, Article, Passage, Since
from index.store.catalog import About
from index.store.lexical import idf
from index.store.snapshots import Snapshot
from qa.language.dates import full_days, without_days
from qa.language.terms import names, quotations, terms
from qa.models import ConsideredPassage, Hit, Understanding
from qa.question.outlets import mentions
from qa.question.query import Query
from qa.question.scopes import nothing_within
from qa.retrieval.narrowing import TimeFilter
from qa.retrieval.ranking import RankedPassage, in_turn, nearest, rank
from qa.retrieval.relevance import PartQuery
from qa.retrieval.reranking import Reranker, rerank
from qa.retrieval.variety import Candidate, choose
from qa.retrieval.versions import with_versions

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

    DenseResult = tuple[Vectors, list[str] | None]
    """The vector of a part of a question, and the ids of the passages nearest to it (see `nearest`)."""

CARRIED_WEIGHT = 0.25
"""How much the earlier turns of a follow-up count beside its own words."""
_NO_VECTORS = "The vectors cannot be asked at the moment: these passages were found by words alone."


@dataclass(frozen=True)
class Retrieval:
    """The hits of a question, how it was understood, all ranked passages, and what is known of their articles."""

    hits: tuple[Hit, ...] = ()
    understanding: Understanding = field(default_factory=Understanding)
    candidates: tuple[Candidate, ...] = ()
    about: Mapping[str, About] = field(default_factory=dict)

    def explained(self) -> tuple[ConsideredPassage, ...]:
        """Return all ranked passages, the hits first, with their scores."""
        return tuple(
            _explained(candidate, self.about.get(candidate.ranked.passage.path)) for candidate in self.candidates
        )


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
        """Return the hits for a query among the articles within its scope, best first; its parts are taken in turn."""
        with snapshot.within(query.scope) as part:
            return self._retrieve(part, query)

    def _retrieve(self, snapshot: Snapshot, query: Query) -> Retrieval:
        with ThreadPoolExecutor(1) as background:  # embeds and searches the dense leg, while this thread looks words up
            dense = background.submit(self._dense_results, snapshot, query)
            parts = self._part_queries(snapshot, query, dense)
            mentioned = [mentions(part.text, snapshot.outlets) for part in parts]
            rankings = [
                rank(snapshot, part, outlets, partial(_nearest_ids, dense, row))
                for row, (part, outlets) in enumerate(zip(parts, mentioned, strict=True))
            ]
        rankings, failures = rerank(self._reranker, snapshot.catalog, parts, rankings)
        about = snapshot.catalog.about(ranked.passage.path for ranking in rankings for ranked in ranking.passages)
        times = TimeFilter(self._clock(), about)
        passages = [times.narrowed(part, ranking) for part, ranking in zip(parts, rankings, strict=True)]
        candidates = choose(in_turn(passages), about, self._limit)
        chosen = with_versions(snapshot, [candidate.ranked for candidate in candidates if not candidate.dropped])
        without_vectors = () if all(ranking.is_complete for ranking in rankings) else (_NO_VECTORS,)
        is_empty = query.scope != EVERYTHING and not any(snapshot.catalog.listed())
        understanding = Understanding(
            scope=query.scope,
            parts=query.parts,
            carried=query.carried,
            outlets=tuple(dict.fromkeys(mention.outlet for mention in chain(*mentioned))),
            names=tuple(names(query.question)),
            quoted=tuple(quotations(query.question)),
            windows=tuple((window.first, window.last) for window in times.windows),
            latest=times.latest,
            today=times.today,
            notes=(*([nothing_within(query.scope)] if is_empty else ()), *times.notes, *failures, *without_vectors),
        )
        return Retrieval(tuple(_hits(snapshot, chosen)), understanding, tuple(candidates), about)

    def _dense_results(self, snapshot: Snapshot, query: Query) -> "list[DenseResult]":
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
        # One vector stands between the part alone and the part with its topic, nearer to the first.
        vectors = [
            (1 - CARRIED_WEIGHT) * embedded[part] + CARRIED_WEIGHT * embedded[text]
            for part, text in zip(query.parts, whole, strict=True)
        ]
        return [(vector, nearest(snapshot, vector)) for vector in vectors]

    def _part_queries(self, snapshot: Snapshot, query: Query, dense: "Future[list[DenseResult]]") -> list[PartQuery]:
        """Read each part of a question; what a follow-up carries over counts less than its own words."""
        lexical, parts = snapshot.lexical, []
        count = lexical.count(copies=False)
        for row, part in enumerate(query.parts):
            own = terms(without_days(part, full_days(part)))  # a day is a period, not words to be found
            # A word of both counts as the part's own.
            weights = dict.fromkeys(terms(query.topic_of(part)), CARRIED_WEIGHT) | dict.fromkeys(own, 1.0)
            rarities = {
                stem: weight * idf(lexical.frequency(stem, copies=False), count) for stem, weight in weights.items()
            }
            unknown = frozenset(stem for stem in rarities if not lexical.frequency(stem))
            parts.append(PartQuery(query.full_text(part), partial(_vector, dense, row), rarities, unknown))
        return parts


def _vector(dense: "Future[list[DenseResult]]", row: int) -> "Vectors":
    return dense.result()[row][0]


def _nearest_ids(dense: "Future[list[DenseResult]]", row: int) -> list[str] | None:
    return dense.result()[row][1]


def _hits(snapshot: Snapshot, chosen: Sequence[RankedPassage]) -> list[Hit]:
    """Return passages as hits; raise SnapshotBroken as `hit_of`, and where an article is missing."""
    articles = {ranked.passage.path: snapshot.catalog.article(ranked.passage.path) for ranked in chosen}
    stale = stale_articles(snapshot.corpus, filter(None, articles.values()), snapshot.manifest.fields)
    hits = []
    for ranked in chosen:
        passage = ranked.passage
        article = articles[passage.path]
        if not article:
            raise SnapshotBroken("A passage has no article. Run: newsdesk doctor --repair")
        scores = {"score": ranked.score, "similarity": ranked.similarity, "lexical": ranked.lexical}
        hits.append(hit_of(snapshot, article, passage, stale, **scores, url=article.url, cut_off=article.cut_off))
    return hits


def hit_of(snapshot: Snapshot, article: Article, passage: Passage, stale: Mapping[str, Since], **more: Any) -> Hit:
    """Return a passage as a hit with what is known of its article; `more` are the scores and other fields of it.

    Raises SnapshotBroken unless the passage stands in the article, whose own digest was compared as it was read.
    """
    # The passage and its article are rows of their own, each with a digest; this holds them against each other.
    if article.text[passage.start : passage.end] != passage.text:
        raise SnapshotBroken("A passage does not stand in its article. Run: newsdesk doctor --repair")
    story = snapshot.catalog.story_of(article.path)
    return Hit(
        passage=passage,
        headline=article.headline,
        outlet=article.outlet,
        author=article.author,
        published=article.published,
        story=story,
        also_in=tuple(other for other in snapshot.catalog.story_paths(story) if other != article.path),
        since=stale.get(article.path),
        **more,
    )


def _explained(candidate: Candidate, about: About | None) -> ConsideredPassage:
    ranked, passage = candidate.ranked, candidate.ranked.passage
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
        dropped=candidate.dropped,
        text=ranked.best_sentence,
    )
