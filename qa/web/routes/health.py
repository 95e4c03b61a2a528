"""GET /healthz and /readyz: whether the process is up, and whether it can answer."""

from functools import partial
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import Field

from index.models import Record
from index.store.snapshots import Snapshot
from qa.service import QAService


class Health(Record):
    """The process is up."""

    status: Literal["up"] = "up"


class Ready(Record):
    """Questions can be answered."""

    status: Literal["ready"] = "ready"


class Readiness(Ready):
    """Questions can be answered, and from what."""

    snapshot: str
    articles: int
    passages: int
    model: str
    files: Literal["whole", "checking"] = Field(description="`checking`: large files are still being compared")
    vectors: str = Field(default="", description="why words alone serve; empty where the vectors do too")
    notes: tuple[str, ...] = Field(default=(), description="what an answer says of the index: an older state serves")


def health_router(service: QAService) -> APIRouter:
    """Return the routes that tell how the service is."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Is the process up?")
    async def healthz() -> Health:
        """Answer as long as the process runs."""
        return Health()

    @router.get("/readyz", summary="Can questions be answered?")
    async def readyz(request: Request) -> Readiness | Ready:
        """Return what the snapshot in use holds; without a key, where one is needed, only that it can be read.

        A 503 problem says why it cannot.
        """
        # The same work with and without a key, so that it says 503 to a load balancer, too.
        ready = await service.read(partial(_readiness, model=service.model))
        return Ready() if request.state.key_name is None else ready

    return router


def _readiness(snapshot: Snapshot, model: str) -> Readiness:
    articles, passages = snapshot.catalog.counts()
    return Readiness(
        snapshot=snapshot.name,
        articles=articles,
        passages=passages,
        model=model,
        files="whole" if snapshot.check.is_done else "checking",
        vectors=snapshot.vectors_failure,
        notes=snapshot.notes,
    )
