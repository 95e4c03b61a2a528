"""Have a reranker order the ranked passages; when it fails, their order stays as it was, with a note."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, Protocol

from index.store.catalog import Catalog
from qa.llm.model import key_for, quiet_litellm
from qa.models.errors import ModelTimeout, ModelUnavailable, QAError
from qa.retrieval.ranking import PartRanking, RankedPassage
from qa.retrieval.relevance import PartQuery

TIMEOUT_S = 4.0
"""A question waits so many seconds for the reranker, with all of its parts."""
DEPTH = 30
"""The reranker gets so many passages of a part."""
MAX_PARTS = 8
MAX_BYTES = 1_000_000
_REFUSALS = {401: "it refused the key", 403: "it refused access", 429: "it is over its rate limit"}
_LATE = "it did not answer in time"
_FAILED = "it cannot be reached, or gives no scores; check QA_RERANKER and QA_RERANKER_API_BASE"


class Reranker(Protocol):
    """Scores texts by how well they answer a question."""

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Return a score for each text, the higher the better; raise a QAError that says why it cannot."""
        ...


class LiteLLMReranker:
    """Any rerank model that LiteLLM can call."""

    def __init__(self, name: str, api_base: str | None, timeout_s: float = TIMEOUT_S) -> None:
        """Load LiteLLM (seconds); raise MissingKey when the environment lacks the key that the model needs.

        A reply may take `timeout_s` seconds.
        """
        import httpx
        from litellm.llms.custom_httpx.http_handler import HTTPHandler

        from qa.llm.connections import PACKED, read_whole

        self._litellm: Any = quiet_litellm()
        self._name, self._timeout_s = name, timeout_s
        client = httpx.Client(
            limits=httpx.Limits(max_keepalive_connections=0),
            event_hooks={"response": [partial(read_whole, most=MAX_BYTES, seconds=timeout_s)]},
            headers=PACKED,
        )
        key = key_for("reranker", name, api_base)
        self._options = {"client": HTTPHandler(client=client), "api_base": api_base, "api_key": key, "max_retries": 0}

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Ask once for all texts."""
        many = {"top_n": len(texts), "return_documents": False, "timeout": self._timeout_s}
        try:
            reply = self._litellm.rerank(self._name, question, list(texts), **many, **self._options)
            rows = [(row["index"], row["relevance_score"]) for row in reply.results]
        except Exception as error:
            if isinstance(error, self._litellm.exceptions.Timeout):
                raise ModelTimeout(_LATE) from error
            raise ModelUnavailable(_REFUSALS.get(getattr(error, "status_code", 0), _FAILED)) from error
        # One score for each passage, no more and no fewer: else the order would be that of chance.
        is_whole = sorted(index for index, _ in rows) == list(range(len(texts)))
        if not is_whole or not all(math.isfinite(score) for _, score in rows):
            raise ModelUnavailable("its scores are not those of the passages")
        return [score for _, score in sorted(rows)]


def rerank(
    reranker: Reranker | None,
    catalog: Catalog,
    parts: Sequence[PartQuery],
    rankings: Sequence[PartRanking],
    depth: int = DEPTH,
    timeout_s: float = TIMEOUT_S,
) -> tuple[list[PartRanking], tuple[str, ...]]:
    """Return the ranking of each part in the reranker's order, or unchanged with a note that says why.

    The reranker gets the first `depth` passages of each part, and `timeout_s` seconds for all.
    """
    batches = [ranking.passages[:depth] for ranking in rankings[:MAX_PARTS]]
    if reranker is None or not any(batches):
        return list(rankings), ()
    texts = _texts(catalog, batches)
    pool = ThreadPoolExecutor(len(batches), thread_name_prefix="reranker")  # not all of LiteLLM heeds a timeout

    def score(part: PartQuery, passages: Sequence[RankedPassage]) -> dict[str, float]:
        ids = [ranked.passage.id for ranked in passages]
        scores = reranker.scores(part.text, [texts[identity] for identity in ids]) if ids else ()
        return dict(zip(ids, scores, strict=True))

    try:
        by_part = list(pool.map(score, parts, batches, timeout=timeout_s))
    except Exception as error:
        why = str(error) if isinstance(error, QAError) else _LATE if isinstance(error, TimeoutError) else _FAILED
        return list(rankings), (f"The reranker could not be asked: {why}.",)
    finally:
        # What hangs is left behind; what has not begun never begins.
        pool.shutdown(wait=False, cancel_futures=True)
    return [*map(_ordered, rankings, by_part), *rankings[len(by_part) :]], ()


def _texts(catalog: Catalog, batches: Sequence[Sequence[RankedPassage]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    headlines: dict[str, str] = {}
    for ranked in chain.from_iterable(batches):
        path = ranked.passage.path
        if path not in headlines:
            article = catalog.article(path)
            headlines[path] = (article.headline if article else None) or ""
        texts[ranked.passage.id] = f"{headlines[path]}\n{ranked.passage.text}".strip()
    return texts


def _ordered(ranking: PartRanking, scores: Mapping[str, float]) -> PartRanking:
    def best_first(passages: Sequence[RankedPassage]) -> list[RankedPassage]:
        rescored = [replace(ranked, reranked=scores.get(ranked.passage.id)) for ranked in passages]
        # Passages beyond the depth have no score, and stay in their order behind the others.
        return sorted(rescored, key=lambda ranked: math.inf if ranked.reranked is None else -ranked.reranked)

    by_outlet = [best_first(passages) for passages in ranking.by_outlet]
    return replace(ranking, by_outlet=by_outlet, passages=best_first(ranking.passages))
