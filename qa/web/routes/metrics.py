"""GET /metrics: counts of answers and errors in the text format of Prometheus; no question and no path."""

import time
from collections.abc import Callable

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response

from qa.models import Answer
from qa.service import QAService

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_STEPS = ("hits", "first_statement", "repaired", "looked", "total")
_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 60)


class Metrics:
    """The counts of one service since it was started."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        """Start at zero; `waiting` returns how many questions are under way."""
        # A registry of its own: the default one is shared by the whole process and takes each name once.
        self._registry = registry = CollectorRegistry()
        self._answers = Counter("newsdesk_answers", "answers by status", ["status"], registry=registry)
        self._failures = Counter("newsdesk_failures", "questions that failed, by error", ["error"], registry=registry)
        self._verdicts = Counter("newsdesk_statements", "statements by verdict", ["support"], registry=registry)
        self._tokens = Counter("newsdesk_tokens", "tokens of the models", ["kind"], registry=registry)
        self._cost = Counter("newsdesk_cost_dollars", "cost of the models, where it is known", registry=registry)
        self._seconds = Histogram(
            "newsdesk_step_seconds", "seconds until a step of an answer", ["step"], buckets=_BUCKETS, registry=registry
        )
        Gauge("newsdesk_questions_under_way", "questions answered or in line", registry=registry).set_function(waiting)
        self._age = Gauge("newsdesk_snapshot_age_seconds", "since the snapshot in use was made", registry=registry)
        self._newest = Gauge("newsdesk_snapshot_is_newest", "0 where an older one serves", registry=registry)

    def count(self, outcome: Answer | Exception) -> None:
        """Count the answer to a question, or the error that came in its place."""
        if isinstance(outcome, Answer):
            self._count_answer(outcome)
        else:
            self._failures.labels(type(outcome).__name__).inc()

    def _count_answer(self, answer: Answer) -> None:
        self._answers.labels(answer.status).inc()
        for statement in answer.statements:
            self._verdicts.labels(statement.support).inc()
        self._tokens.labels("prompt").inc(answer.usage.prompt_tokens)
        self._tokens.labels("completion").inc(answer.usage.completion_tokens)
        self._cost.inc(answer.usage.cost or 0.0)
        for step in _STEPS:
            if step in answer.timings:
                self._seconds.labels(step).observe(answer.timings[step])

    async def text(self, service: QAService) -> bytes:
        """Return the counts, with the age of the snapshot in use."""
        made_at, is_newest = await service.read(lambda snapshot: (snapshot.made_at, not snapshot.notes))
        self._age.set(time.time() - made_at)
        self._newest.set(is_newest)
        return bytes(generate_latest(self._registry))


def metrics_router(service: QAService, metrics: Metrics) -> APIRouter:
    """Return the route of the metrics."""
    router = APIRouter(tags=["health"])

    @router.get("/metrics", summary="Counts for Prometheus", response_class=Response)
    async def counts() -> Response:
        """Return the counts in the text format of Prometheus."""
        return Response(await metrics.text(service), media_type=_TYPE)

    return router
