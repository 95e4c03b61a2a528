"""GET /v1/answers/{id}: a stored answer for the one who got it, and their feedback on it."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from qa.answer_store.records import FeedbackKind, KeptAnswer
from qa.answer_store.store import AnswerStore
from qa.web.access import ASKER
from qa.web.routes.ask import MAX_TURNS, Text

MOST_CHARACTERS = 2000


class FeedbackRequest(BaseModel):
    """What is said of an answer."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"kind": "good"}]})

    kind: FeedbackKind = Field(
        description="it is right, a source does not say so, a fact is wrong, or something is missing"
    )
    text: Annotated[Text, Field(max_length=MOST_CHARACTERS, description="in words")] = ""
    earlier: Annotated[
        list[Annotated[Text, Field(min_length=1, max_length=MOST_CHARACTERS, pattern=r"\S")]],
        Field(max_length=MAX_TURNS, description="of a follow-up: the questions before it, oldest first"),
    ] = []


def answers_router(store: AnswerStore) -> APIRouter:
    """Return the routes of stored answers."""
    router = APIRouter(prefix="/v1/answers", tags=["answers"])

    @router.get("/{identity}", response_model=KeptAnswer, summary="Read an answer again")
    async def read_answer(identity: str) -> Response:
        """Return an answer by its `id`, with the hits and scores, model, prompt version, snapshot, timings and cost.

        Answers are kept for `QA_KEEP_ANSWERS_H` hours, at most 10,000 of them and 200 MB; with keys, each for the key
        that asked.
        """
        stored = await store.answer(identity, ASKER.get())
        return Response(stored.model_dump_json(), media_type="application/json")

    @router.post("/{identity}/feedback", status_code=204, response_class=Response, summary="Say what you think of it")
    async def give_feedback(identity: str, body: FeedbackRequest) -> None:
        """Keep what you say of an answer that you got, with the question, the answer and its citations.

        It is kept until who runs the service deletes it. The same `kind` again takes the place of what was said before.
        """
        await store.add_feedback(identity, ASKER.get(), body.kind, body.text.strip(), body.earlier)

    return router
