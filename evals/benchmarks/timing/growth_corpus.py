"""Corpora of any size, grown from real articles, for the benchmark `growth`; and the index of one, built directly.

The first articles are the real ones. Further ones are copies of them in which about a third of the words of each
sentence are replaced by words of the corpus, drawn as often as they occur there, and in which the vectors of a passage
and of its sentences are turned, so that the passage's cosine to the original is 0.8 to 0.95. They are turned in the
directions in which the real vectors differ: noise of all directions alike would be a geometry that no corpus has.
Headlines, outlets and dates stay.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from index.models import Article, IngestReport, Passage, Span
from index.store.catalog import Catalog, CatalogWriter
from index.store.chroma import ChromaVectors, row
from index.store.files import Manifest, write_manifest
from index.store.lexical import LexicalIndex
from index.sync.ingesting import INGEST_VERSION

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

NEAREST = 50
ORIGINALS = "00000"
_REPLACED = 1 / 3
_COSINES = (0.8, 0.95)
_STORED_AT_ONCE = 2000
_SEED = 20261122


class Cut(NamedTuple):
    """An article with its passages, the vector of each, and those of its sentences, float16, row-major."""

    article: Article
    passages: list[Passage]
    vectors: "Vectors"
    sentences: list[bytes]


@dataclass(frozen=True)
class Base:
    """The real articles, the words of all of them, and a root of the covariance of their vectors."""

    cuts: list[Cut]
    vocabulary: list[str]
    spread: "Vectors"


def base_of(snapshot: Path, most_sentences: int | None) -> Base:
    """Read the real articles from a snapshot of them; each passage keeps its first `most_sentences`."""
    import numpy as np

    with (
        closing(Catalog(snapshot / "catalog.sqlite")) as catalog,
        closing(ChromaVectors(snapshot / "chroma")) as chroma,
    ):
        cuts = [_cut(article, catalog, chroma, most_sentences) for article in catalog.articles()]
    cuts = [cut for cut in cuts if cut.passages]
    values, axes = np.linalg.eigh(np.cov(np.concatenate([cut.vectors for cut in cuts]).T))
    spread = (axes * np.sqrt(np.maximum(values, 0))).T.astype(np.float32)
    return Base(cuts, [word for cut in cuts for one in cut.passages for word in one.text.split()], spread)


def _cut(article: Article, catalog: Catalog, chroma: ChromaVectors, most_sentences: int | None) -> Cut:
    whole = catalog.passages_of(article.path)
    ids = [passage.id for passage in whole]
    vectors, stored = chroma.vectors(ids), catalog.sentence_vectors(ids)
    passages = [_shortened(passage, most_sentences) for passage in whole]
    rows = [
        stored[one.id][: len(one.sentences) * len(stored[one.id]) // len(of.sentences)]
        for one, of in zip(passages, whole, strict=True)
    ]
    return Cut(article, passages, vectors, rows)


def _shortened(passage: Passage, most_sentences: int | None) -> Passage:
    sentences = passage.sentences[:most_sentences]
    text = passage.text[: sentences[-1].end - passage.start]
    return passage.model_copy(update={"sentences": sentences, "text": text, "end": passage.start + len(text)})


def grown(base: Base, size: int) -> Iterator[Cut]:
    """Yield articles with `size` passages in all: the real ones first, then copy after copy of them."""
    import numpy as np

    chance = np.random.default_rng(_SEED)
    for copy in count():
        for cut in base.cuts:
            if size <= 0:
                return
            one = _copied(_first(cut, size), copy, base, chance)
            size -= len(one.passages)
            yield one


def _first(cut: Cut, passages: int) -> Cut:
    return Cut(cut.article, cut.passages[:passages], cut.vectors[:passages], cut.sentences[:passages])


def _copied(cut: Cut, copy: int, base: Base, chance: Any) -> Cut:
    """Return an article under the path of a copy; copy 0 is the article as it is."""
    path = f"{copy:05d}/{cut.article.path}"
    ids = [hashlib.blake2b(f"{copy}/{one.id}".encode(), digest_size=8).hexdigest() for one in cut.passages]
    if not copy:
        passages = [one.model_copy(update={"path": path, "id": i}) for one, i in zip(cut.passages, ids, strict=True)]
        return Cut(cut.article.model_copy(update={"path": path}), passages, cut.vectors, cut.sentences)
    texts = [_reworded(one, base.vocabulary, chance) for one in cut.passages]
    starts = accumulate((sum(map(len, text)) + len(text) for text in texts), initial=0)
    passages = [_passage(i, path, start, text) for i, start, text in zip(ids, starts, texts, strict=False)]
    article = cut.article.model_copy(
        update={"path": path, "text": "\n".join(one.text for one in passages), "kept": (), "found": {}}
    )
    return Cut(article, passages, *_turned(cut, base.spread, chance))


def _reworded(passage: Passage, vocabulary: Sequence[str], chance: Any) -> list[str]:
    """Return the sentences of a passage with about a third of their words replaced."""
    split = [passage.sentence(span).split() for span in passage.sentences]
    words = [word for sentence in split for word in sentence]
    places = (chance.random(len(words)) < _REPLACED).nonzero()[0].tolist()
    for place, word in zip(places, chance.integers(0, len(vocabulary), len(places)).tolist(), strict=True):
        words[place] = vocabulary[word]
    rest = iter(words)
    return [" ".join(next(rest) for _ in sentence) for sentence in split]


def _passage(identity: str, path: str, start: int, sentences: Sequence[str]) -> Passage:
    starts = list(accumulate((len(one) + 1 for one in sentences), initial=start))
    spans = tuple(Span(at, at + len(one)) for at, one in zip(starts, sentences, strict=False))
    return Passage(id=identity, path=path, start=start, end=spans[-1].end, text=" ".join(sentences), sentences=spans)


def _turned(cut: Cut, spread: "Vectors", chance: Any) -> "tuple[Vectors, list[bytes]]":
    """Turn the vectors of each passage and of its sentences into one direction of its own."""
    import numpy as np

    dimension = len(spread)
    noise = chance.standard_normal((len(cut.passages), dimension), dtype=np.float32) @ spread
    noise -= (noise * cut.vectors).sum(axis=1, keepdims=True) * cut.vectors
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    cosines = chance.uniform(*_COSINES, (len(cut.passages), 1)).astype(np.float32)
    noise *= np.sqrt(1 - cosines**2)
    rows = np.frombuffer(b"".join(cut.sentences), np.float16).reshape(-1, dimension).astype(np.float32)
    of = np.repeat(np.arange(len(cut.passages)), [len(one.sentences) for one in cut.passages])
    rows = cosines[of] * rows + noise[of]
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    return cosines * cut.vectors + noise, [rows[of == at].tobytes() for at in range(len(cut.passages))]


class Nearest:
    """The exactly nearest passages of some vectors, kept up to date while passages are added."""

    def __init__(self, vectors: "Vectors") -> None:
        """Begin with no passages."""
        self._vectors = vectors
        self._best: list[list[tuple[float, str]]] = [[] for _ in vectors]

    def add(self, ids: Sequence[str], vectors: "Vectors") -> None:
        """Compare further passages."""
        import numpy as np

        similarities = self._vectors @ vectors.T
        few = min(NEAREST, len(ids))
        top = np.argpartition(-similarities, few - 1, axis=1)[:, :few]
        for at, columns in enumerate(top):
            found = zip(similarities[at, columns].tolist(), (ids[one] for one in columns), strict=True)
            self._best[at] = sorted([*self._best[at], *found], reverse=True)[:NEAREST]

    def ids(self) -> list[list[str]]:
        """Return the ids for each vector, nearest first."""
        return [[identity for _, identity in best] for best in self._best]


def built(base: Base, size: int, root: Path, embedder: str, exact: Nearest) -> tuple[list[str], float]:
    """Build a snapshot of `size` passages in `root`/snapshot; return the articles' paths, and Chroma's seconds."""
    folder = root / "snapshot"
    folder.mkdir()
    chroma_s, paths = 0.0, list[str]()
    lexical, chroma = LexicalIndex(folder / "lexical", create=True), ChromaVectors(folder / "chroma", create=True)
    with closing(CatalogWriter(folder / "catalog.sqlite")) as catalog:

        def stored() -> Iterator[tuple[Article, Passage]]:
            nonlocal chroma_s
            for cuts in _gathered(grown(base, size)):
                chroma_s += _store(cuts, catalog, chroma, exact)
                paths.extend(cut.article.path for cut in cuts)
                yield from ((cut.article, passage) for cut in cuts for passage in cut.passages)

        lexical.update([], stored())
        began = time.perf_counter()
        chroma.finish()
        chroma_s += time.perf_counter() - began
        catalog.finish(
            dict(zip(paths, paths, strict=True)), IngestReport(corpus=str(root / "corpus"), snapshot=folder.name)
        )
    manifest = Manifest(
        embedder=embedder, dimension=len(base.spread), ingest=INGEST_VERSION, articles=len(paths), passages=size
    )
    write_manifest(folder, manifest)
    return paths, chroma_s


def linked(articles: Path, paths: Sequence[str], corpus: Path) -> None:
    """Put a file where the index says that there is one: hard links to the real ones, for their digests are theirs."""
    for path in paths:
        file, name = corpus / path, Path(path).name
        file.parent.mkdir(parents=True, exist_ok=True)
        if (first := corpus / ORIGINALS / name).exists():
            os.link(first, file)
        else:
            shutil.copyfile(articles / name, file)


def _gathered(cuts: Iterator[Cut]) -> Iterator[list[Cut]]:
    gathered: list[Cut] = []
    for cut in cuts:
        gathered.append(cut)
        if sum(len(one.passages) for one in gathered) >= _STORED_AT_ONCE:
            yield gathered
            gathered = []
    yield gathered


def _store(cuts: Sequence[Cut], catalog: CatalogWriter, chroma: ChromaVectors, exact: Nearest) -> float:
    """Write articles to the catalog and to Chroma; return the seconds that Chroma took."""
    import numpy as np

    if not cuts:
        return 0.0
    vectors = np.concatenate([cut.vectors for cut in cuts])
    rows = [row(cut.article, passage) for cut in cuts for passage in cut.passages]
    exact.add([one.id for one in rows], vectors)
    for cut in cuts:
        catalog.add_article(cut.article, 0, b"")
        catalog.add_passages(zip(cut.passages, cut.sentences, strict=True))
    began = time.perf_counter()
    chroma.add(rows, vectors)
    return time.perf_counter() - began
