"""Rank the passages that the two legs find for one part of a question.

The score of a passage is a weighted sum: the relevance of its best sentence (its cosine similarity to the question, and
the share of the question's words that it holds), the similarity of the passage as a whole (the mean of its sentence
vectors), its share of the best BM25 score, and the share of the question's quotations that it holds word for word.
`newsdesk search --explain` shows the first three.
"""

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from index.errors import VectorsUnavailable
from index.models import Passage
from index.passages.tables import in_full
from index.store.catalog import Catalog
from index.store.dense import unpacked
from index.store.snapshots import Snapshot
from qa.question.outlets import Mention
from qa.retrieval.relevance import PartQuery

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

LEG_DEPTH = 50
OUTLET_DEPTH = 40
JUDGED = 32
"""So many candidates are judged sentence by sentence."""
READ_AHEAD = 24
"""So many passages of the lexical leg are read while the dense leg is waited for: most of them are judged later."""
FLOOR = 0.15
"""The relevance floor: a passage none of whose sentences scores this is no hit."""
COVERAGE_WEIGHT = 0.7
PASSAGE_WEIGHT = 0.35
LEXICAL_WEIGHT = 0.25
CLAUSE_WEIGHT = 0.15
COPY_MARGIN = 0.15
QUOTED_WEIGHT = 0.15
_T = TypeVar("_T")


class _ReadPassage(NamedTuple):
    """A passage, its sentences, the share of the question's words in each, and that of its quotations in all."""

    passage: Passage
    sentences: list[str]
    coverages: list[float]
    quoted_share: float


class _PassageReader:
    """Reads each passage for one part once: ahead of the dense leg's reply, or when it is needed."""

    def __init__(self, catalog: Catalog, part: PartQuery) -> None:
        self._catalog = catalog
        self._part = part
        self._read: dict[str, _ReadPassage] = {}
        self._vectors: dict[str, bytes] = {}

    def passages(self, ids: Sequence[str]) -> list[_ReadPassage]:
        """Return passages in the order of `ids`, with all that can be judged without vectors."""
        new = [identity for identity in ids if identity not in self._read]
        for passage in self._catalog.passages(new).values():
            sentences = [in_full(passage, span) for span in passage.sentences]
            coverages = [self._part.coverage(sentence) for sentence in sentences]
            self._read[passage.id] = _ReadPassage(passage, sentences, coverages, self._part.quoted_share(passage.text))
        return [self._read[identity] for identity in ids]

    def vectors(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Return by passage id the vectors of its sentences, as the catalog stores them."""
        new = [identity for identity in ids if identity not in self._vectors]
        self._vectors |= self._catalog.sentence_vectors(new)
        return {identity: self._vectors[identity] for identity in ids}


@dataclass(frozen=True)
class RankedPassage:
    """A passage with its score for one part, and what the score is made of; `vector` has unit length.

    `relevance` is that of `best_sentence`.
    """

    passage: Passage
    vector: "Vectors"
    score: float
    similarity: float
    lexical: float
    relevance: float
    best_sentence: str = ""
    reranked: float | None = None

    @property
    def sort_score(self) -> float:
        """The reranker's score, or without one the score of the search."""
        return self.score if self.reranked is None else self.reranked


@dataclass(frozen=True)
class PartRanking:
    """The passages for one part of a question, best first: all of them, and those of each outlet that it names.

    `is_complete` is False where the dense leg could not be asked.
    """

    by_outlet: list[list[RankedPassage]]
    passages: list[RankedPassage]
    is_complete: bool = True

    def in_order(self) -> list[RankedPassage]:
        """Return all passages: those of the outlets in turn, the outlet with the best one first, then the others."""
        outlets = sorted(self.by_outlet, key=lambda ranked: -ranked[0].sort_score if ranked else 0.0)
        # A passage of several outlets' turns keeps its first place.
        first = {ranked.passage.id: ranked for ranked in in_turn(outlets)}
        return [*first.values(), *(ranked for ranked in self.passages if ranked.passage.id not in first)]


def nearest(snapshot: Snapshot, vector: "Vectors") -> list[str] | None:
    """Search the dense leg: return the ids of the nearest passages, best first, or None if it cannot be asked."""
    try:
        return [identity for identity, _ in snapshot.dense.query(vector, min(LEG_DEPTH, snapshot.manifest.passages))]
    except VectorsUnavailable:
        return None


def rank(
    snapshot: Snapshot, part: PartQuery, mentions: Sequence[Mention], dense: Callable[[], Sequence[str] | None]
) -> PartRanking:
    """Search the lexical leg for one part and each outlet that the question names, and judge what both legs find.

    `dense` returns the ids that the dense leg finds, as `nearest` does; it is called last, for it may have to wait.
    """
    # Words first: the dense leg embeds and searches meanwhile, in another thread.
    scores = dict(snapshot.lexical.search(part.text, LEG_DEPTH))
    lexical_ids = list(scores)
    outlet_shares = []
    for mention in mentions:
        of_outlet = dict(snapshot.lexical.search(part.text, OUTLET_DEPTH, mention.outlet))
        scores |= of_outlet
        outlet_shares.append(_outlet_shares(snapshot, mention, of_outlet))
    reader = _PassageReader(snapshot.catalog, part)
    reader.passages(lexical_ids[:READ_AHEAD])
    reader.vectors(list(scores))
    dense_ids = dense()
    ids = list(dict.fromkeys(chain(dense_ids or (), lexical_ids, *outlet_shares)))
    # A copy may be found where its original is not, so the originals are candidates, too.
    originals = _originals(snapshot, ids, {mention.outlet for mention in mentions})
    ids = list(dict.fromkeys(chain(ids, *originals.values())))
    # What the dense leg alone has found has no BM25 score yet.
    scores |= snapshot.lexical.scores(part.text, [identity for identity in ids if identity not in scores])
    judged = _ranked(reader, part, scores, originals)
    by_id = {ranked.passage.id: ranked for ranked in judged if ranked.relevance >= FLOOR}
    by_outlet = [_raised(shares, by_id) for shares in outlet_shares]
    return PartRanking(by_outlet, _best_first(by_id.values()), dense_ids is not None)


def in_turn(lists: Sequence[Sequence[_T]]) -> list[_T]:
    """Return the items of several lists, one of each by turns."""
    longest = max(map(len, lists), default=0)
    return [items[index] for index in range(longest) for items in lists if index < len(items)]


def _outlet_shares(snapshot: Snapshot, mention: Mention, by_part: Iterable[str]) -> dict[str, float]:
    """Return passages of an outlet by id, with their share of the best score for the words that follow its name.

    They are those that the whole part finds (`by_part`), those that these words find, and the originals of the copies.
    """
    by_clause = snapshot.lexical.search(mention.clause, OUTLET_DEPTH, mention.outlet)
    shares = dict.fromkeys(by_part, 0.0) | _shares(dict(by_clause))
    originals = list(chain(*_originals(snapshot, list(shares), {mention.outlet}).values()))
    if not originals:
        return shares
    return _shares(snapshot.lexical.scores(mention.clause, [*shares, *originals]))


def _originals(snapshot: Snapshot, ids: Sequence[str], outlets: Container[str]) -> dict[str, list[str]]:
    """Return for each passage of a copy the ids of the passages of its story's most typical article.

    A copy of a named outlet stands for itself, unless the typical article is of that outlet too.
    """
    copies = snapshot.catalog.copies(ids)
    about = snapshot.catalog.about(chain(*copies.values()))
    originals = {story: snapshot.catalog.ids_of(story) for _, story in copies.values()}
    return {
        identity: originals[story]
        for identity, (path, story) in copies.items()
        if about[path].outlet == about[story].outlet or about[path].outlet not in outlets
    }


def _raised(shares: Mapping[str, float], by_id: Mapping[str, RankedPassage]) -> list[RankedPassage]:
    """Return the passages of one outlet, best first, raised by what they hold of the words that follow its name."""
    raised = []
    for identity, share in shares.items():
        if ranked := by_id.get(identity):
            raised.append(replace(ranked, score=ranked.score + CLAUSE_WEIGHT * share))
    return _best_first(raised)


def _best_first(passages: Iterable[RankedPassage]) -> list[RankedPassage]:
    return sorted(passages, key=lambda ranked: (-ranked.score, ranked.passage.id))


def _ranked(
    reader: _PassageReader, part: PartQuery, scores: Mapping[str, float], originals: Mapping[str, Sequence[str]]
) -> list[RankedPassage]:
    """Judge passages: all by their BM25 scores and vectors, the most likely sentence by sentence.

    A passage of a copy stands aside for its `originals`, unless it is notably likelier.
    """
    shares, vectors = _shares(scores), _SentenceVectors(reader.vectors(list(scores)), part.vector)
    # A cheap estimate, without reading a text, says which passages are judged sentence by sentence.
    likely = {identity: share + max(0.0, vectors.best[identity]) for identity, share in shares.items()}
    bar = {copy: max(map(likely.__getitem__, ids), default=-1.0) for copy, ids in originals.items()}
    ids = [identity for identity in likely if identity not in bar or likely[identity] > bar[identity] + COPY_MARGIN]
    # Ties go by id, so that the order is the same on every machine.
    ids = sorted(ids, key=lambda identity: (-likely[identity], identity))[:JUDGED]
    ranked = []
    for passage, sentences, coverages, quoted_share in reader.passages(ids):
        similarities = (vectors.of(passage.id) @ part.vector).tolist()
        pairs = zip(similarities, coverages, strict=True)
        relevances = [similarity + COVERAGE_WEIGHT * coverage for similarity, coverage in pairs]
        relevance = max(relevances, default=0.0)
        best_sentence = sentences[relevances.index(relevance)] if relevances else ""
        vector = vectors.mean(passage.id)
        similarity = float(vector @ part.vector)
        score = relevance + PASSAGE_WEIGHT * similarity + LEXICAL_WEIGHT * shares[passage.id]
        score += QUOTED_WEIGHT * quoted_share
        ranked.append(RankedPassage(passage, vector, score, similarity, scores[passage.id], relevance, best_sentence))
    return ranked


class _SentenceVectors:
    """The vectors of the sentences of passages, all in one matrix."""

    def __init__(self, stored: Mapping[str, bytes], vector: "Vectors") -> None:
        """Read float16 vectors by passage id; `best` is the highest similarity of each passage to `vector`."""
        import numpy as np

        self._matrix, self._rows = unpacked(stored, len(vector))
        starts = [rows.start for rows in self._rows.values()]
        similarities = np.einsum("ij,j->i", self._matrix, vector)  # on one thread: BLAS would take all cores
        best = np.maximum.reduceat(similarities, starts) if starts else np.empty(0)
        self.best: dict[str, float] = dict(zip(stored, best.tolist(), strict=True))

    def of(self, identity: str) -> "Vectors":
        """Return the vectors of one passage, `[sentences, dimension]`."""
        return self._matrix[self._rows[identity]]

    def mean(self, identity: str) -> "Vectors":
        """Return the mean of the vectors of one passage, of unit length."""
        total: Vectors = self.of(identity).sum(axis=0)
        return total / (math.sqrt(total @ total) or 1.0)


def _shares(scores: Mapping[str, float]) -> dict[str, float]:
    best = max(scores.values(), default=0.0) or 1.0
    return {identity: score / best for identity, score in scores.items()}
