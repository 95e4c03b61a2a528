"""The dense leg: one Chroma collection of passages with their vectors, readable by any Chroma client."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from index.errors import SnapshotBroken
from index.models import Article, Passage
from index.store.files import keep_from_changing

if TYPE_CHECKING:
    from index.embedding.embedders import Vectors

COLLECTION = "articles"
_T = TypeVar("_T")
_PAGE = 10_000
_SAYS_THE_SAME = 0.9
_BULK, _FEW = 20_000, 1000
"""After so many changes Chroma writes all files of its HNSW index anew: while a collection is filled, and later.

Changes since then are replayed when it is opened. Written as often while it is filled, the files would take most time.
"""
HNSW: Any = {"hnsw": {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 400}}
_CANDIDATES, _PASSAGES_A_CANDIDATE = 200, 125
"""A search keeps 200 candidates, more in larger collections, where it would find fewer of the nearest."""


class Row(NamedTuple):
    """A passage in the collection."""

    id: str
    document: str
    metadata: dict[str, str | int]


class StoredVectors(ABC):
    """A collection of passages with their vectors, wherever it is."""

    batch = 2000
    """How many passages one call may carry."""

    @abstractmethod
    def _ask(self, what: str, **arguments: Any) -> Any:
        """Call a method of the Chroma collection."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the collection."""

    def finish(self) -> None:
        """Let go of the collection after writing to it."""
        self.close()

    def add(self, rows: Sequence[Row], vectors: "Vectors") -> None:
        """Add passages with their vectors, row by row; one that is there already is replaced."""
        for batch in batched(range(len(rows)), self.batch):
            self._ask(
                "upsert",
                ids=[rows[number].id for number in batch],
                embeddings=vectors[batch[0] : batch[-1] + 1],
                documents=[rows[number].document for number in batch],
                metadatas=[rows[number].metadata for number in batch],
            )

    def copy_to(self, target: "StoredVectors", excluded: Iterable[str]) -> None:
        """Add all passages to another collection, except those with the ids in `excluded`."""
        import numpy as np

        for batch in batched(sorted(self.ids() - set(excluded)), self.batch):
            batch_content = self._ask("get", ids=batch, include=["embeddings", "documents", "metadatas"])
            rows = list(map(Row, batch_content["ids"], batch_content["documents"], batch_content["metadatas"]))
            target.add(rows, np.asarray(batch_content["embeddings"], dtype=np.float32))

    def delete(self, ids: Iterable[str]) -> None:
        """Delete passages by id."""
        for batch in batched(ids, self.batch):
            self._ask("delete", ids=batch)

    def query(self, vector: "Vectors", limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, cosine similarity), best first, for a vector of shape `[dimension]`."""
        result = self._ask("query", query_embeddings=vector.reshape(1, -1), n_results=limit, include=["distances"])
        distances = result["distances"] or [[]]
        return [(identity, 1.0 - distance) for identity, distance in zip(result["ids"][0], distances[0], strict=True)]

    def unfindable(self) -> Iterator[str]:
        """Yield the passages that no query finds, unless a query finds one that says the same in their place.

        HNSW leaves a few nodes unreachable, more of them among near-identical ones.
        """
        # One query for all of them gives what the graph of HNSW reaches; only what it misses is asked for by itself.
        ids = sorted(self.ids())
        found_ids = {identity for identity, _ in self.query(self.vectors(ids[:1])[0], len(ids))} if ids else set()
        for identity in ids:
            if identity not in found_ids:
                nearest = self.query(self.vectors([identity])[0], 1)
                if not nearest or nearest[0][1] < _SAYS_THE_SAME:
                    yield identity

    def vectors(self, ids: Sequence[str]) -> "Vectors":
        """Return the stored vectors of `ids`, in that order, float32 `[len(ids), dimension]`.

        Raises SnapshotBroken when one is not there.
        """
        import numpy as np

        by_id: dict[str, Any] = {}
        for batch in batched(ids, self.batch):
            batch_content = self._ask("get", ids=batch, include=["embeddings"])
            by_id.update(
                zip(
                    batch_content["ids"],
                    batch_content["embeddings"] if batch_content["embeddings"] is not None else (),
                    strict=True,
                )
            )
        if missing := [identity for identity in ids if identity not in by_id]:
            raise SnapshotBroken(f"Passage {missing[0]} has no vector in the Chroma database. Run: newsdesk index")
        return np.asarray([by_id[identity] for identity in ids], dtype=np.float32)

    def count(self) -> int:
        """Return the number of passages in the collection."""
        return int(self._ask("count"))

    def ids(self) -> set[str]:
        """Return the ids of all passages in the collection."""
        result: set[str] = set()
        for offset in count(0, _PAGE):
            page = self._ask("get", include=[], limit=_PAGE, offset=offset)["ids"]
            result.update(page)
            if len(page) < _PAGE:
                break
        return result


class ChromaVectors(StoredVectors):
    """The vectors of one snapshot in a folder, opened by one process at a time for writing (no two are safe)."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the collection in `folder`; raise SnapshotBroken when it is not there and `create` is not set."""
        import chromadb
        from chromadb.config import Settings

        # PersistentClient makes a database where there is none.
        if not create and not (folder / "chroma.sqlite3").is_file():
            raise SnapshotBroken(f"There is no Chroma database in {str(folder)!r}. Run: newsdesk index")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._filling = folder, create
        settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder.resolve()))
        try:
            self._client: Any = chromadb.PersistentClient(path=str(folder.resolve()), settings=settings)
            opened = self._client.create_collection if create else self._client.get_collection
            filling = {"configuration": {"hnsw": HNSW["hnsw"] | {"sync_threshold": _BULK}}}
            options: Any = filling if create else {}
            self._collection = opened(COLLECTION, embedding_function=None, **options)
        except Exception as error:
            message = f"The Chroma database in {str(folder)!r} cannot be opened ({error}). Run: newsdesk index"
            raise SnapshotBroken(message) from error

    def _ask(self, what: str, **arguments: Any) -> Any:
        return getattr(self._collection, what)(**arguments)

    def finish(self) -> None:
        """Set the search for the number of passages, and close the files, which opening no longer changes.

        A new collection is opened once more, so that all its files are written out.
        """
        count = self.count()
        with warnings.catch_warnings():  # Chroma calls a collection that has no embedding function a legacy
            warnings.simplefilter("ignore", DeprecationWarning)
            wanted = {"sync_threshold": _FEW, "ef_search": max(_CANDIDATES, count // _PASSAGES_A_CANDIDATE)}
            self._ask("modify", configuration={"hnsw": wanted})
        # Below `_FEW` changes Chroma keeps the vectors in SQLite, and there is no HNSW file to write.
        written = not self._filling or count < _FEW
        self.close()
        if not written:
            with closing(ChromaVectors(self._folder)) as again:
                again.touch()
        keep_from_changing(self._folder)

    def touch(self) -> None:
        """Replace a passage by itself: the change makes Chroma write out its files."""
        first_row = self._ask("get", limit=1, include=["embeddings", "documents", "metadatas"])
        self._ask("upsert", **{name: first_row[name] for name in ("ids", "embeddings", "documents", "metadatas")})

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()


def load() -> None:
    """Import Chroma, which takes a second, ahead of its use."""
    import chromadb  # noqa: F401


def row(article: Article, passage: Passage) -> Row:
    """Return a passage as the collection keeps it, with metadata for other programs that read Chroma."""
    fields = {
        "headline": article.headline,
        "outlet": article.outlet,
        "author": article.author,
        "url": article.url,
        "published": article.published.isoformat() if article.published else None,
    }
    metadata: dict[str, str | int] = {name: value for name, value in fields.items() if value}
    metadata |= {"path": article.path, "start": passage.start, "end": passage.end}
    return Row(passage.id, passage.text, metadata)


def batched(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Yield lists of up to `size` items (itertools.batched, which Python 3.11 has not)."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
