"""Have a reranker order the passages that a search found; when it fails, their order stays as it was, with a note."""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from index.store.catalog import Catalog
from qa.errors import ModelTimeout, ModelUnavailable, QAError
from qa.llm.model import key_for
from qa.retrieval.ranking import Found, Ranked
from qa.retrieval.relevance import Relevant

TIMEOUT_S = 4.0
"""So long a question waits for the reranker, with all of its parts."""
DEPTH = 30
"""So many passages of a part are given to it."""
MAX_PARTS = 8
MAX_BYTES = 1_000_000
_REFUSALS = {401: "it refused the key", 403: "it refused access", 429: "it is over its rate limit"}
_LATE = "it did not answer in time"
_FAILED = "it cannot be reached, or gives no scores; check QA_RERANKER and QA_RERANKER_API_BASE"


class Reranker(Protocol):
    """Says how well texts answer a question."""

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
        import litellm
        from litellm.llms.custom_httpx.http_handler import HTTPHandler

        from qa.llm.connections import PACKED

        self._litellm: Any = litellm
        litellm.suppress_debug_info = True
        self._litellm.verbose_logger.setLevel("CRITICAL")  # it logs the provider's own words, which may hold the key
        self._name, self._timeout_s = name, timeout_s
        once, hooks = httpx.Limits(max_keepalive_connections=0), _bounded(timeout_s)
        client = httpx.Client(limits=once, event_hooks=hooks, headers=PACKED)
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
        if sorted(at for at, _ in rows) != list(range(len(texts))) or not all(math.isfinite(by) for _, by in rows):
            raise ModelUnavailable("its scores are not those of the passages")
        return [by for _, by in sorted(rows)]


def _bounded(seconds: float) -> dict[str, list[Callable[..., Any]]]:
    from qa.llm.connections import read_whole

    return {"response": [partial(read_whole, most=MAX_BYTES, seconds=seconds)]}


def reranked(
    reranker: Reranker | None,
    catalog: Catalog,
    parts: Sequence[Relevant],
    found: Sequence[Found],
    depth: int = DEPTH,
    timeout_s: float = TIMEOUT_S,
) -> tuple[list[Found], tuple[str, ...]]:
    """Return what each part found in the reranker's order, or as it was with a note of why.

    It is given the first `depth` passages of each part, and `timeout_s` seconds for all.
    """
    asked = [one.all[:depth] for one in found[:MAX_PARTS]]
    if reranker is None or not any(asked):
        return list(found), ()
    texts = _texts(catalog, asked)
    pool = ThreadPoolExecutor(len(asked), thread_name_prefix="reranker")  # not all of LiteLLM heeds a timeout

    def score(part: Relevant, passages: Sequence[Ranked]) -> dict[str, float]:
        scores = reranker.scores(part.text, [texts[one.passage.id] for one in passages]) if passages else ()
        return {one.passage.id: by for one, by in zip(passages, scores, strict=True)}

    try:
        by_part = list(pool.map(score, parts, asked, timeout=timeout_s))
    except Exception as error:
        why = str(error) if isinstance(error, QAError) else _LATE if isinstance(error, TimeoutError) else _FAILED
        return list(found), (f"The reranker could not be asked: {why}.",)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [*map(_ordered, found, by_part), *found[len(by_part) :]], ()


def _texts(catalog: Catalog, asked: Sequence[Sequence[Ranked]]) -> dict[str, str]:
    """Return by passage what the reranker reads: the headline of its article, and the passage."""
    passages = {one.passage.id: one.passage for of_part in asked for one in of_part}
    articles = {path: catalog.article(path) for path in {passage.path for passage in passages.values()}}
    headlines = {path: article.headline or "" for path, article in articles.items() if article}
    return {i: f"{headlines.get(passage.path, '')}\n{passage.text}".strip() for i, passage in passages.items()}


def _ordered(found: Found, scores: Mapping[str, float]) -> Found:
    def best_first(passages: Sequence[Ranked]) -> list[Ranked]:
        known = [replace(one, reranked=scores.get(one.passage.id)) for one in passages]
        return sorted(known, key=lambda one: -math.inf if one.reranked is None else one.reranked, reverse=True)

    return replace(found, of_outlets=[best_first(turn) for turn in found.of_outlets], all=best_first(found.all))
