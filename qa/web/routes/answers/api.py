"""GET /v1/answers/{id}: an answer again, as it was given, for whoever got it."""

from fastapi import APIRouter
from starlette.responses import Response

from qa.kept.answer_store import AnswerStore
from qa.kept.records import KeptAnswer
from qa.web.access import ASKER


def answers_router(store: AnswerStore) -> APIRouter:
    """Return the routes of the answers that are kept."""
    router = APIRouter(prefix="/v1/answers", tags=["answers"])

    @router.get("/{identity}", response_model=KeptAnswer, summary="Read an answer again")
    async def read_answer(identity: str) -> Response:
        """Return an answer by its `id`, with the hits and scores, model, prompt version, snapshot, timings and cost.

        Answers are kept for `QA_KEEP_ANSWERS_H` hours, at most 10,000 of them and 200 MB; with keys, each for the key
        that asked.
        """
        kept = await store.answer(identity, ASKER.get())
        return Response(kept.model_dump_json(), media_type="application/json")

    return router
