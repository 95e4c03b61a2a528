"""The vectors in a Chroma server: several machines search them there, and one indexer writes.

A collection belongs to one data folder and one embedder, and holds the passages of the kept snapshots. A sync adds
passages before it publishes their snapshot, and then deletes those of no kept snapshot. So a reader of either snapshot
finds all of its own passages, in any order of events, and ignores the others.
"""

import hashlib
import re
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from index.errors import VectorsUnavailable
from index.store.chroma import HNSW, StoredVectors

PATIENCE_S = 5.0
WRITING_PATIENCE_S = 120.0
_CONNECT_S = 2.0
PAUSE_S = 1.0
"""The server is not called again so soon after a failure: one that hangs costs one wait, not one a question."""


@dataclass(frozen=True)
class Server:
    """A Chroma server: its address, tenant, database and header, and the waits for a reply and after a failure."""

    url: str
    tenant: str = "default_tenant"
    database: str = "default_database"
    header: tuple[str, str] | None = field(default=None, repr=False)
    patience_s: float = PATIENCE_S
    pause_s: float = PAUSE_S


@dataclass(frozen=True)
class ServerCollection:
    """A collection in a server."""

    server: Server
    name: str


def collection_name(owner: str, embedder: str, dimension: int) -> str:
    """Return the name of the collection of one data folder and one embedder."""
    # Readable for the operator; the digest tells apart what has the same readable form.
    readable = re.sub(r"[^a-z0-9]+", "-", embedder.lower()).strip("-")[:40]
    digest = hashlib.sha256(embedder.encode()).hexdigest()[:8]
    return f"{_prefix(owner)}{readable}-{digest}-{dimension}"


def _prefix(owner: str) -> str:
    return f"newsdesk-{owner}-"


class ServerVectors(StoredVectors):
    """A collection in a server, looked up at first use and once more when a call fails; threads may share it."""

    batch = 250  # requests stay below the 40 MiB that a server takes, for vectors of any size

    def __init__(self, target: ServerCollection, *, create: bool = False) -> None:
        """Name the collection; with `create` it is made at first use where it does not exist."""
        self._target, self._create = target, create
        self._lock = threading.Lock()
        self._api: Any = None
        self._collection: Any = None
        self._failed, self._paused_until = "", 0.0

    def _ask(self, what: str, **arguments: Any) -> Any:
        import httpx

        if opened := self._collection:
            try:
                return getattr(opened, what)(**arguments)
            except httpx.TimeoutException as error:
                # Not asked again: the question has waited long enough.
                raise self._failure(error) from error
            except Exception:  # the server may have been started anew, or the collection made anew
                self._collection = None
        collection = self._looked_up()
        try:
            return getattr(collection, what)(**arguments)
        except Exception as error:
            raise self._failure(error) from error

    def _looked_up(self) -> Any:
        from chromadb.api.models.Collection import Collection

        with self._lock:
            # Threads that waited for the lock while the first one failed do not try the server one after the other.
            if time.monotonic() < self._paused_until:
                raise VectorsUnavailable(self._failed)
            if not self._collection:
                try:
                    self._api = self._api or _api(self._target.server)
                    self._collection = Collection(client=self._api, model=self._model(), embedding_function=None)
                except Exception as error:
                    raise self._failure(error) from error
            return self._collection

    def _model(self) -> Any:
        name, place = self._target.name, _place(self._target.server)
        if not self._create:
            return self._api.get_collection(name, **place)
        return self._api.create_collection(name, configuration=HNSW, get_or_create=True, **place)

    def _failure(self, error: Exception) -> VectorsUnavailable:
        failure = _unavailable(self._target.server, error)
        self._collection = None
        self._failed, self._paused_until = str(failure), time.monotonic() + self._target.server.pause_s
        return failure

    def close(self) -> None:
        """Let go of the connections."""
        if self._api:
            self._api._session.close()


def tidy(server: Server, owner: str, ids_by_collection: Mapping[str, Collection[str]]) -> None:
    """Delete from the collections of `owner` all passages but those in `ids_by_collection`, and all other collections.

    Raises VectorsUnavailable.
    """
    api, place = _api(server), _place(server)
    try:
        for name in [model.name for model in api.list_collections(**place) if model.name.startswith(_prefix(owner))]:
            if name not in ids_by_collection:
                api.delete_collection(name, **place)
                continue
            vectors = ServerVectors(ServerCollection(server, name))
            try:
                # A count is one small reply; to list the ids takes many, so it is done only where some must go.
                if vectors.count() > len(ids_by_collection[name]):
                    vectors.delete(sorted(vectors.ids() - set(ids_by_collection[name])))
            finally:
                vectors.close()
    except VectorsUnavailable:
        raise
    except Exception as error:
        raise _unavailable(server, error) from error
    finally:
        api._session.close()


def _api(server: Server) -> Any:
    """Return Chroma's API to a server; its own clients wait for ever, from the moment they are made."""
    import httpx
    from chromadb.api.fastapi import FastAPI
    from chromadb.config import Settings, System

    settings = Settings(
        anonymized_telemetry=False,
        chroma_server_host=server.url,
        chroma_server_http_port=80,  # asked for, and not used beside a whole address
        chroma_server_headers=dict([server.header]) if server.header else {},
    )
    api: Any = System(settings).instance(FastAPI)
    api._session.timeout = httpx.Timeout(server.patience_s, connect=min(_CONNECT_S, server.patience_s))
    return api


def _place(server: Server) -> dict[str, str]:
    return {"tenant": server.tenant, "database": server.database}


def _unavailable(server: Server, error: Exception) -> VectorsUnavailable:
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    # One line, cut: the reason may be a page of HTML from a proxy.
    what = f"The Chroma server at {server.url} (tenant {server.tenant!r}, database {server.database!r})"
    todo = "Start it, or correct the QA_CHROMA settings; when it has lost the collection, run: newsdesk index"
    return VectorsUnavailable(f"{what} does not give the vectors: {reason}. {todo}")
