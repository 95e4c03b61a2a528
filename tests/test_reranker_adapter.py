"""The adapter to LiteLLM's rerank models, through the real library, against a loopback endpoint."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stub_model import SECRET, free_base
from stub_reranker import StubReranker, growing, results_of, stub_reranker

from qa.models.errors import MissingKey, ModelTimeout, ModelUnavailable
from qa.retrieval.reranking import LiteLLMReranker
from qa.settings import Settings
from qa.wiring import build_reranker, build_service

TEXTS = ["first", "second", "third"]
SHAPES = {
    "cohere/rerank-v3.5": "/v2/rerank",
    "jina_ai/jina-reranker-v2-base-multilingual": "/v1/rerank",
    "hosted_vllm/BAAI/bge-reranker-v2-m3": "/rerank",
}


@pytest.fixture
def stub() -> Iterator[StubReranker]:
    with stub_reranker() as stub:
        yield stub


@pytest.fixture(autouse=True)
def no_provider_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.endswith(("_API_KEY", "_API_BASE"))]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(("name", "path"), SHAPES.items())
def test_each_shape_gives_the_scores_in_the_order_of_the_texts(stub: StubReranker, name: str, path: str) -> None:
    stub.reply = lambda _: results_of([0.2, 0.9, -1.5])
    assert LiteLLMReranker(name, stub.base).scores("Why?", TEXTS) == [0.2, 0.9, -1.5]
    (asked_path, key, asked), *others = stub.requests
    stand_in = "fake-api-key" if name.startswith("hosted_vllm") else "not-needed"
    assert (asked_path, key, others) == (path, f"Bearer {stand_in}", [])
    assert (asked["model"], asked["query"], asked["documents"]) == (name.partition("/")[2], "Why?", TEXTS)
    assert (asked["top_n"], asked["return_documents"]) == (3, False)


@pytest.mark.parametrize(
    ("name", "variable"),
    [("cohere/rerank-v3.5", "COHERE_API_KEY"), ("jina_ai/jina-reranker-m0", "JINA_AI_API_KEY")],
)
def test_the_key_of_the_environment_goes_along_and_a_missing_one_is_named(
    stub: StubReranker, name: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingKey, match=rf"The reranker '{name}' needs {variable} in .*, or unset QA_RERANKER to ans"):
        LiteLLMReranker(name, None)
    monkeypatch.setenv(variable, "")
    with pytest.raises(MissingKey, match=variable):
        LiteLLMReranker(name, None)
    monkeypatch.setenv(variable, SECRET)
    LiteLLMReranker(name, stub.base).scores("Why?", TEXTS)
    assert [key for _, key, _ in stub.requests] == [f"Bearer {SECRET}"]
    assert LiteLLMReranker(name, None)


def test_a_missing_key_or_an_unknown_name_is_refused_when_the_service_is_built(tmp_path: Path) -> None:
    with pytest.raises(MissingKey, match="COHERE_API_KEY"):
        build_service(Settings(reranker="cohere/rerank-v3.5", data_dir=tmp_path))
    with pytest.raises(ModelUnavailable, match=r"does not know the reranker 'no/x'\. Write QA_RERANKER as PROVIDER/M"):
        build_reranker(Settings(reranker="no/x"))
    with pytest.raises(ModelUnavailable, match="Write QA_RERANKER"):
        build_reranker(Settings(reranker="no/x", reranker_api_base="http://127.0.0.1:9"))


def test_without_the_setting_nobody_is_asked_and_the_base_of_the_model_is_not_used(stub: StubReranker) -> None:
    assert build_reranker(Settings()) is None
    assert build_reranker(Settings(reranker_api_base=stub.base)) is None
    with pytest.raises(MissingKey):
        build_reranker(Settings(reranker="cohere/rerank-v3.5", api_base=stub.base))
    assert stub.requests == []


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "it refused the key"),
        (403, "it refused access"),
        (429, "it is over its rate limit"),
        (302, "it cannot be reached, or gives no scores; check QA_RERANKER and QA_RERANKER_API_BASE"),
        (500, "it cannot be reached, or gives no scores; check QA_RERANKER and QA_RERANKER_API_BASE"),
    ],
)
def test_a_refusal_is_said_in_our_own_words_after_one_request(
    stub: StubReranker, name: str, status: int, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    stub.status, stub.reply = status, lambda _: {"message": f"Stub refuses {SECRET}"}
    with pytest.raises(ModelUnavailable) as caught:
        LiteLLMReranker(name, stub.base).scores("Why?", TEXTS)
    assert str(caught.value) == said
    assert len(stub.requests) == 1
    assert capfd.readouterr() == ("", "")


def row(index: object, score: object) -> dict[str, object]:
    return {"index": index, "relevance_score": score}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"results": None},
        {"results": []},
        {"results": "none"},
        {"results": [row(0, 1), row(1, 1)]},
        {"results": [row(0, 1), row(1, 1), row(1, 2)]},
        {"results": [row(0, 1), row(1, 1), row(2, 1), row(2, 1)]},
        {"results": [row(1, 1), row(2, 1), row(3, 1)]},
        {"results": [row(-1, 1), row(0, 1), row(1, 1)]},
        {"results": [row("a", 1), row(1, 1), row(2, 1)]},
        {"results": [{"index": 0}, row(1, 1), row(2, 1)]},
        {"results": [{"relevance_score": 1}, row(1, 1), row(2, 1)]},
        {"results": [row(0, "high"), row(1, 1), row(2, 1)]},
        {"results": [row(0, None), row(1, 1), row(2, 1)]},
        {"results": [row(0, float("nan")), row(1, 1), row(2, 1)]},
        {"results": [row(0, float("inf")), row(1, 1), row(2, 1)]},
        b"",
        b"[]",
        b"null",
        b"<html>Sign in to this network</html>",
        b"\xff\xfe\x00",
        json.dumps(results_of([1, 2, 3]) | {"padding": "x" * 10_000_000}).encode(),
        b"[" * 500_000,
    ],
    ids=lambda reply: repr(reply)[:40],
)
def test_a_reply_without_a_score_for_each_text_is_refused(
    stub: StubReranker, name: str, reply: dict[str, Any] | bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    stub.reply = lambda _: reply
    with pytest.raises(ModelUnavailable, match=r"^(it cannot be reached, or gives no|its scores are not those of the)"):
        LiteLLMReranker(name, stub.base).scores("Why?", TEXTS)
    assert capfd.readouterr() == ("", "")


def test_a_compressed_reply_is_read(stub: StubReranker) -> None:
    stub.encoding, stub.reply = "gzip", lambda _: gzip.compress(json.dumps(results_of([1, 2, 3])).encode())
    assert LiteLLMReranker("cohere/rerank-v3.5", stub.base).scores("Why?", TEXTS) == [1, 2, 3]


def test_nobody_at_the_address_is_a_reranker_that_cannot_be_reached() -> None:
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        LiteLLMReranker("hosted_vllm/x", free_base()).scores("Why?", TEXTS)


def test_a_server_that_is_silent_is_given_up(stub: StubReranker) -> None:
    stub.reply = lambda asked: growing(asked) if stub.done.wait() else {}
    with pytest.raises(ModelTimeout, match="it did not answer in time"):
        LiteLLMReranker("cohere/rerank-v3.5", stub.base, timeout_s=0.3).scores("Why?", TEXTS)


def test_a_reply_that_drips_is_given_up_before_its_end(stub: StubReranker) -> None:
    """The whole of it would be right."""
    stub.drip_s = 0.05
    with pytest.raises(ModelUnavailable, match="gives no scores"):
        LiteLLMReranker("cohere/rerank-v3.5", stub.base, timeout_s=0.5).scores("Why?", TEXTS)
