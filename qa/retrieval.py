"""Find the passages for a question: two legs fused by rank, then ordered by their most relevant sentence."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from index.embedding import Embedder
from index.freshness import Since, since
from index.models import Article, Passage, Span
from index.snapshots import Snapshot
from qa.models import Hit
from qa.questions import Query
from qa.relevance import Relevance, Relevant, rarity
from qa.thesaurus import Concept, Thesaurus

if TYPE_CHECKING:
    from index.embedding import Vectors

LEG_DEPTH = 50
DENSE_WEIGHT = 1.0
LEXICAL_WEIGHT = 1.0
FLOOR = 0.15
"""The relevance floor: a passage none of whose sentences scores this is no hit."""
CARRIED_WEIGHT = 0.25
"""How much the earlier turns of a follow-up count beside its own words."""
_RRF_K = 60


@dataclass(frozen=True)
class Candidate:
    """A sentence of a hit, with its relevance to one part of the question."""

    passage: Passage
    span: Span
    text: str
    relevance: Relevance


@dataclass(frozen=True)
class Retrieval:
    """The hits of a question with their articles, and part by part the sentences of the hits with their relevance."""

    hits: tuple[Hit, ...]
    articles: Mapping[str, Article]
    parts: tuple[Relevant, ...]
    candidates: tuple[tuple[Candidate, ...], ...]


@dataclass(frozen=True)
class _Ranked:
    """A passage found for one part: its scores in the legs, and its sentences."""

    passage: Passage
    similarity: float
    lexical: float
    sentences: tuple[Candidate, ...]

    @property
    def score(self) -> float:
        return max((candidate.relevance.score for candidate in self.sentences), default=0.0)


class Retriever:
    """Searches a snapshot with one embedder and one thesaurus."""

    def __init__(self, embedder: Embedder, thesaurus: Thesaurus, limit: int) -> None:
        """Return up to `limit` hits a question."""
        self._embedder = embedder
        self._thesaurus = thesaurus
        self._limit = limit

    def retrieve(self, snapshot: Snapshot, query: Query) -> Retrieval:
        """Return the hits for a query, best first; those of its parts are taken in turn."""
        parts = self._relevant(snapshot, query)
        ranked = [_rank(snapshot, part) for part in parts]
        chosen: dict[str, _Ranked] = {}
        for found in chain.from_iterable(zip_longest(*ranked)):
            if found and found.passage.id not in chosen and len(chosen) < self._limit:
                chosen[found.passage.id] = found
        articles = {found.passage.path: snapshot.catalog.article(found.passage.path) for found in chosen.values()}
        known = {path: article for path, article in articles.items() if article}
        stale = since(snapshot.corpus, known.values())
        hits = tuple(_hit(snapshot, found, known[found.passage.path], stale) for found in chosen.values())
        candidates = tuple(
            tuple(sentence for found in of_part if found.passage.id in chosen for sentence in found.sentences)
            for of_part in ranked
        )
        return Retrieval(hits, known, tuple(parts), candidates)

    def _relevant(self, snapshot: Snapshot, query: Query) -> list[Relevant]:
        """Read each part of a question; what a follow-up carries over counts less than its own words."""
        whole = [query.search_text(part) for part in query.parts]
        vectors = self._embedder.embed([*query.parts, *whole])
        found = []
        for row, part in enumerate(query.parts):
            own = self._thesaurus.concepts(part)
            carried = self._thesaurus.concepts(query.carried_by(part))
            weighed = [*((concept, CARRIED_WEIGHT) for concept in carried), *((concept, 1.0) for concept in own)]
            concepts = {concept: weight * self._rarity(snapshot, concept) for concept, weight in weighed}
            vector = (1 - CARRIED_WEIGHT) * vectors[row] + CARRIED_WEIGHT * vectors[len(query.parts) + row]
            found.append(Relevant(whole[row], vector, concepts))
        return found

    def _rarity(self, snapshot: Snapshot, concept: Concept) -> float:
        return rarity(concept, snapshot.lexical.frequency, snapshot.manifest.passages)


def fuse(rankings: Sequence[tuple[Sequence[str], float]]) -> list[str]:
    """Fuse rankings by weighted reciprocal rank (Cormack et al. 2009, k = 60), best first, ties by id."""
    scores: dict[str, float] = defaultdict(float)
    for ids, weight in rankings:
        for rank, identity in enumerate(ids, start=1):
            scores[identity] += weight / (_RRF_K + rank)
    return sorted(scores, key=lambda identity: (-scores[identity], identity))


def _rank(snapshot: Snapshot, part: Relevant) -> list[_Ranked]:
    """Search both legs for one part, and order what is above the floor by its most relevant sentence."""
    dense = dict(snapshot.dense.query(part.vector, min(LEG_DEPTH, snapshot.manifest.passages)))
    also = [" ".join(entry) for concept in part.concepts for entry in concept.alternatives]
    lexical = dict(snapshot.lexical.search(part.text, LEG_DEPTH, also))
    fused = fuse([(list(dense), DENSE_WEIGHT), (list(lexical), LEXICAL_WEIGHT)])[:LEG_DEPTH]
    passages, vectors = snapshot.catalog.passages(fused), snapshot.catalog.sentence_vectors(fused)
    sentences = partial(_sentences, part)
    ranked = [
        _Ranked(passages[i], dense.get(i, 0.0), lexical.get(i, 0.0), sentences(passages[i], vectors[i])) for i in fused
    ]
    return sorted((found for found in ranked if found.score >= FLOOR), key=lambda found: -found.score)


def _sentences(part: Relevant, passage: Passage, stored: bytes) -> tuple[Candidate, ...]:
    texts = [passage.sentence(span) for span in passage.sentences]
    relevances = part.to(texts, _matrix(stored, len(texts)))
    return tuple(
        Candidate(passage, span, text, relevance)
        for span, text, relevance in zip(passage.sentences, texts, relevances, strict=True)
    )


def _matrix(stored: bytes, rows: int) -> "Vectors":
    import numpy as np

    return np.frombuffer(stored, dtype=np.float16).reshape(rows, -1).astype(np.float32)


def _hit(snapshot: Snapshot, found: _Ranked, article: Article, stale: Mapping[str, Since]) -> Hit:
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
        story=story,
        also_in=tuple(other for other in snapshot.catalog.story_paths(story) if other != article.path),
        since=stale.get(article.path),
    )
