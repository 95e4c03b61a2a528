"""Order the passages for one part of a question: what two legs find, by their best sentence, as a whole, by words.

The score of a passage is the relevance of its best sentence, plus the similarity of the passage as a whole (the mean of
its sentence vectors) and its share of the best BM25 score, each with a weight; all three are shown by
`newsdesk search --explain`. Holding what the question quotes, word for word, adds to it.
"""

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from index.errors import VectorsUnavailable
from index.models import Passage, Span
from index.passages.speakers import said
from index.store.catalog import Catalog
from index.store.exact import unpacked
from index.store.snapshots import Snapshot
from qa.question.outlets import Mention
from qa.retrieval.relevance import Relevance, Relevant

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

LEG_DEPTH = 50
OUTLET_DEPTH = 40
JUDGED = 32
"""So many candidates are judged sentence by sentence."""
READ_AHEAD = 24
"""So many of what the lexical leg finds are read while the dense leg is waited for: most of them are judged later."""
FLOOR = 0.15
"""The relevance floor: a passage none of whose sentences scores this is no hit."""
PASSAGE_WEIGHT = 0.35
LEXICAL_WEIGHT = 0.25
CLAUSE_WEIGHT = 0.15
COPY_MARGIN = 0.15
QUOTED_WEIGHT = 0.15
_T = TypeVar("_T")


class Candidate(NamedTuple):
    """A sentence of a passage, with its relevance to one part of the question."""

    passage: Passage
    span: Span
    text: str
    relevance: Relevance


class _Read(NamedTuple):
    """A passage, its sentences, how much of the question's words each holds, and of what it quotes the passage."""

    passage: Passage
    texts: list[str]
    coverages: list[float]
    quoted: float


class _Reading:
    """What is read of the passages found for one part, each once: ahead of the dense leg's reply, or when wanted."""

    def __init__(self, catalog: Catalog, part: Relevant) -> None:
        self._catalog = catalog
        self._part = part
        self._read: dict[str, _Read] = {}
        self._vectors: dict[str, bytes] = {}

    def sentences(self, ids: Sequence[str]) -> list[_Read]:
        """Return passages in the order of `ids`, with all that can be judged without vectors."""
        for passage in self._catalog.passages([one for one in ids if one not in self._read]).values():
            texts = [said(passage, span) for span in passage.sentences]
            coverages = [self._part.coverage(text) for text in texts]
            self._read[passage.id] = _Read(passage, texts, coverages, self._part.quoted_in(passage.text))
        return [self._read[one] for one in ids]

    def vectors(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Return by passage id the vectors of its sentences, as the catalog stores them."""
        self._vectors |= self._catalog.sentence_vectors([one for one in ids if one not in self._vectors])
        return {one: self._vectors[one] for one in ids}


@dataclass(frozen=True)
class Ranked:
    """A passage found for one part: its score, what it is made of, and the sentences; `vector` has unit length.

    `relevance` is that of its best sentence.
    """

    passage: Passage
    vector: "Vectors"
    score: float
    similarity: float
    lexical: float
    relevance: float
    sentences: tuple[Candidate, ...]
    reranked: float | None = None

    @property
    def best(self) -> Candidate | None:
        """The sentence for which it was found."""
        return max(self.sentences, key=lambda sentence: sentence.relevance.score, default=None)

    @property
    def standing(self) -> float:
        """What it is ordered by: the reranker's score where there is one."""
        return self.score if self.reranked is None else self.reranked


@dataclass(frozen=True)
class Found:
    """What one part of a question finds, best first: of each outlet named, and in all; `dense`: by both legs."""

    of_outlets: list[list[Ranked]]
    all: list[Ranked]
    dense: bool = True

    def in_order(self) -> list[Ranked]:
        """Return all passages: those of the outlets in turn, the best turn first, then the others."""
        turns = sorted(self.of_outlets, key=lambda turn: -turn[0].standing if turn else 0.0)
        first = {one.passage.id: one for one in in_turn(turns)}
        return [*first.values(), *(one for one in self.all if one.passage.id not in first)]


def nearest(snapshot: Snapshot, vector: "Vectors") -> list[str] | None:
    """Search the dense leg: the ids of the passages nearest to a vector, best first; None when it cannot be asked."""
    try:
        return [identity for identity, _ in snapshot.dense.query(vector, min(LEG_DEPTH, snapshot.manifest.passages))]
    except VectorsUnavailable:
        return None


def rank(
    snapshot: Snapshot, part: Relevant, mentions: Sequence[Mention], dense: Callable[[], Sequence[str] | None]
) -> Found:
    """Search the lexical leg for one part and each outlet that the question names, and judge what both legs find.

    `dense` gives what the other leg finds, as `nearest` does; it is called last, for it may have to be waited for.
    """
    lexical = dict(snapshot.lexical.search(part.text, LEG_DEPTH))
    by_words = list(lexical)
    of_outlets = []
    for mention in mentions:
        by_part = dict(snapshot.lexical.search(part.text, OUTLET_DEPTH, mention.outlet))
        lexical |= by_part
        of_outlets.append(_of_outlet(snapshot, mention, by_part))
    reading = _Reading(snapshot.catalog, part)
    reading.sentences(by_words[:READ_AHEAD])
    reading.vectors(list(lexical))
    by_meaning = dense()
    ids = list(dict.fromkeys(chain(by_meaning or (), by_words, *of_outlets)))
    copied = _copied(snapshot, ids, {mention.outlet for mention in mentions})
    ids = list(dict.fromkeys(chain(ids, *copied.values())))
    lexical |= snapshot.lexical.scores(part.text, [one for one in ids if one not in lexical])
    judged = _ranked(reading, part, lexical, copied)
    ranked = {one.passage.id: one for one in judged if one.relevance >= FLOOR}
    return Found(
        [_raised(clauses, ranked) for clauses in of_outlets], _best_first(ranked.values()), by_meaning is not None
    )


def in_turn(lists: Sequence[Sequence[_T]]) -> list[_T]:
    """Return the items of several lists, one of each by turns."""
    longest = max(map(len, lists), default=0)
    return [items[at] for at in range(longest) for items in lists if at < len(items)]


def _of_outlet(snapshot: Snapshot, mention: Mention, by_part: Iterable[str]) -> dict[str, float]:
    """Return passages of an outlet by id, with their share of the best score for the words said of it.

    They are those found by the whole part (`by_part`), those found by these words, and what they are copies of.
    """
    by_clause = snapshot.lexical.search(mention.clause, OUTLET_DEPTH, mention.outlet)
    found = dict.fromkeys(by_part, 0.0) | _shares(dict(by_clause))
    originals = list(chain(*_copied(snapshot, list(found), {mention.outlet}).values()))
    if not originals:
        return found
    return _shares(snapshot.lexical.scores(mention.clause, [*found, *originals]))


def _copied(snapshot: Snapshot, ids: Sequence[str], outlets: Container[str]) -> dict[str, list[str]]:
    """Return for each passage of a copy those of its story's most typical article.

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


def _raised(clauses: Mapping[str, float], ranked: Mapping[str, Ranked]) -> list[Ranked]:
    """Return the passages of one outlet, best first, those raised that hold what the question says of it."""
    held = ((ranked[i], share) for i, share in clauses.items() if i in ranked)
    return _best_first(replace(one, score=one.score + CLAUSE_WEIGHT * share) for one, share in held)


def _best_first(ranked: Iterable[Ranked]) -> list[Ranked]:
    return sorted(ranked, key=lambda one: (-one.score, one.passage.id))


def _ranked(
    reading: _Reading, part: Relevant, lexical: Mapping[str, float], copied: Mapping[str, Sequence[str]]
) -> list[Ranked]:
    """Judge passages with their BM25 scores: all by these and their vectors, the most likely sentence by sentence.

    A passage of a copy stands aside for what it copies (`copied`), unless it is notably likelier.
    """
    shares, rows = _shares(lexical), _Rows(reading.vectors(list(lexical)), part.vector)
    likely = {identity: share + max(0.0, rows.nearest[identity]) for identity, share in shares.items()}
    bar = {one: max(map(likely.__getitem__, originals), default=-1.0) for one, originals in copied.items()}
    ids = [one for one in likely if one not in bar or likely[one] > bar[one] + COPY_MARGIN]
    ids = sorted(ids, key=lambda identity: (-likely[identity], identity))[:JUDGED]
    found = []
    for passage, texts, coverages, quoted in reading.sentences(ids):
        identity = passage.id
        similarities = (rows.of(identity) @ part.vector).tolist()
        sentences = tuple(
            Candidate(passage, span, text, Relevance(similarity, coverage))
            for span, text, similarity, coverage in zip(passage.sentences, texts, similarities, coverages, strict=True)
        )
        vector = rows.mean(identity)
        similarity = float(vector @ part.vector)
        best = max((one.relevance.score for one in sentences), default=0.0)
        score = best + PASSAGE_WEIGHT * similarity + LEXICAL_WEIGHT * shares[identity] + QUOTED_WEIGHT * quoted
        found.append(Ranked(passage, vector, score, similarity, lexical[identity], best, sentences))
    return found


class _Rows:
    """The vectors of the sentences of passages, all in one matrix."""

    def __init__(self, stored: Mapping[str, bytes], vector: "Vectors") -> None:
        """Read float16 vectors by passage id, and compare them with `vector`: `nearest` is the best by passage."""
        import numpy as np

        self._rows, self._places = unpacked(stored, len(vector))
        starts = [place.start for place in self._places.values()]
        similarities = np.einsum("ij,j->i", self._rows, vector)  # on one thread: BLAS would take all cores for a moment
        best = np.maximum.reduceat(similarities, starts) if starts else np.empty(0)
        self.nearest: dict[str, float] = dict(zip(stored, best.tolist(), strict=True))

    def of(self, identity: str) -> "Vectors":
        """Return the vectors of one passage, `[sentences, dimension]`."""
        return self._rows[self._places[identity]]

    def mean(self, identity: str) -> "Vectors":
        """Return the mean of the vectors of one passage, of unit length."""
        total: Vectors = self.of(identity).sum(axis=0)
        return total / (math.sqrt(total @ total) or 1.0)


def _shares(scores: Mapping[str, float]) -> dict[str, float]:
    best = max(scores.values(), default=0.0) or 1.0
    return {identity: score / best for identity, score in scores.items()}
