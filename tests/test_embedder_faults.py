"""What the server of an embedding model may do wrong, through the real LiteLLM, on loopback."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from faulty_model import FaultyModel, Step, faulty_model, head, whole
from stub_model import SECRET
from web_server import until

from index.embedding.embedders import LiteLLMEmbedder
from index.errors import EmbedderFailed
from qa.llm.connections import confine
from qa.settings import Settings
from qa.wiring import build_embedder

TEXTS = ["It rained.", "It snowed."]
SHAPES = ("openai/words", "voyage/voyage-3", "ollama/words")
NAN, HUGE = float("nan"), 1e300


@pytest.fixture(scope="module")
def faulty() -> Iterator[FaultyModel]:
    loop = asyncio.new_event_loop()  # LiteLLM's synchronous calls take the thread's loop, or leave one behind
    asyncio.set_event_loop(loop)
    with faulty_model() as model:
        yield model
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("OPENAI", "VOYAGE"):
        monkeypatch.setenv(f"{provider}_API_KEY", SECRET)


def embedder(faulty: FaultyModel, name: str = "openai/words") -> LiteLLMEmbedder:
    return LiteLLMEmbedder(name, faulty.base, confine)


def rows_of(*vectors: object, indices: list[int] | None = None) -> str:
    at = indices or range(len(vectors))
    data = [{"object": "embedding", "index": i, "embedding": one} for i, one in zip(at, vectors, strict=True)]
    tokens = {"prompt_tokens": 1, "total_tokens": 1}
    shapes: dict[str, Any] = {"object": "list", "data": data, "model": "m", "usage": tokens}
    return json.dumps(shapes | {"embeddings": list(vectors), "prompt_eval_count": 1, "id": "1"})


def failure(model: LiteLLMEmbedder) -> str:
    with pytest.raises(EmbedderFailed) as failed:
        model.embed(TEXTS)
    assert SECRET not in str(failed.value)
    return str(failed.value)


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_gives_a_row_a_text(name: str, faulty: FaultyModel) -> None:
    faulty.play(whole(200, rows_of([3.0, 4.0], [0.0, 2.0])))
    assert embedder(faulty, name).embed(TEXTS) == pytest.approx(np.array([[0.6, 0.8], [0.0, 1.0]]))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_text_is_sent_to_another_address(name: str, status: int, faulty: FaultyModel) -> None:
    with faulty_model() as other:
        other.play(whole(200, rows_of([1.0], [1.0])))
        faulty.play([head(status, "application/json", f"Location: {other.base}/embeddings")])
        assert "failed" in failure(embedder(faulty, name))
        assert other.connections == 0


@pytest.mark.parametrize("name", SHAPES)
def test_a_reply_of_10_mb_is_refused(name: str, faulty: FaultyModel) -> None:
    padded = rows_of([3.0, 4.0], [0.0, 2.0])[:-1] + ', "padding": "' + "x" * 10_000_000 + '"}'
    faulty.play(whole(200, padded))
    assert f"'{name}' failed" in failure(embedder(faulty, name))


@pytest.mark.parametrize("name", SHAPES)
def test_a_packed_reply_is_read_a_little_at_a_time(name: str, faulty: FaultyModel) -> None:
    packed = gzip.compress(rows_of([3.0, 4.0], [0.0, 2.0]).encode())
    faulty.play([head(200, "application/json", "Content-Encoding: gzip"), packed])
    assert embedder(faulty, name).embed(TEXTS).shape == (2, 2)
    faulty.play([head(200, "application/json", "Content-Encoding: gzip"), gzip.compress(b" " * 20_000_000)])
    assert "failed" in failure(embedder(faulty, name))


def test_a_reply_that_drips_is_given_up_before_its_end(faulty: FaultyModel) -> None:
    drip: list[Step] = [b" ", 0.05]
    faulty.play([head(200, "application/json"), *drip * 20_000])
    hasty = LiteLLMEmbedder("openai/words", faulty.base, partial(confine, whole_s=0.3))
    assert "failed" in failure(hasty)
    assert until(lambda: faulty.let_go_at is not None)


@pytest.mark.parametrize(
    "vectors",
    [
        [],
        [[3.0, 4.0]],
        [[3.0, 4.0]] * 3,
        [[], []],
        [[3.0, 4.0], [1.0]],
        [[3.0, 4.0], []],
        [[3.0, 4.0], None],
        [[3.0, 4.0], [NAN, 1.0]],
        [[3.0, 4.0], [float("inf"), 1.0]],
        [[3.0, 4.0], [HUGE, HUGE]],
        [[3.0, 4.0], [None, 1.0]],
        [[3.0, 4.0], [0.0, 0.0]],
        [[3.0, 4.0], ["high", 1.0]],
        [[3.0, 4.0], "AAAA"],
        [[[3.0, 4.0]], [[3.0, 4.0]]],
        [3.0, 4.0],
    ],
    ids=lambda vectors: repr(vectors)[:40],
)
def test_what_is_no_vector_for_each_text_is_refused(vectors: list[object], faulty: FaultyModel) -> None:
    faulty.play(whole(200, rows_of(*vectors)))
    said = failure(embedder(faulty))
    assert "'openai/words' " in said and said.endswith("or unset QA_EMBEDDER to use the bundled one")


@pytest.mark.parametrize("body", ["", "{}", "null", "[]", '{"data": null}', "<html>Sign in to this network</html>"])
def test_what_is_no_reply_is_refused(body: str, faulty: FaultyModel) -> None:
    faulty.play(whole(200, body))
    assert "Check QA_EMBEDDER" in failure(embedder(faulty))


def test_the_rows_are_put_in_the_order_of_the_texts(faulty: FaultyModel) -> None:
    faulty.play(whole(200, rows_of([0.0, 2.0], [3.0, 4.0], indices=[1, 0])))
    assert embedder(faulty).embed(TEXTS) == pytest.approx(np.array([[0.6, 0.8], [0.0, 1.0]]))
    faulty.play(whole(200, rows_of([3.0, 4.0], [0.0, 2.0], indices=[0, 0])))
    assert embedder(faulty).embed(TEXTS) == pytest.approx(np.array([[0.6, 0.8], [0.0, 1.0]]))


def test_a_model_does_not_change_its_dimension(faulty: FaultyModel) -> None:
    faulty.play(whole(200, rows_of([3.0, 4.0], [0.0, 2.0])), whole(200, rows_of([1.0], [1.0])))
    model = embedder(faulty)
    assert model.embed(TEXTS).shape == (2, 2)
    assert "all of one length" in failure(model)


def test_a_text_of_nothing_may_have_a_vector_of_nothing(faulty: FaultyModel) -> None:
    faulty.play(whole(200, rows_of([3.0, 4.0], [0.0, 0.0])))
    assert embedder(faulty).embed(["It rained.", " "]) == pytest.approx(np.array([[0.6, 0.8], [0.0, 0.0]]))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_what_the_provider_says_of_its_error_is_repeated_nowhere(
    name: str, status: int, faulty: FaultyModel, capfd: pytest.CaptureFixture[str]
) -> None:
    faulty.play(whole(status, json.dumps({"error": {"message": f"Stub refuses {SECRET}"}})))
    assert "Check QA_EMBEDDER" in failure(embedder(faulty, name))
    assert capfd.readouterr() == ("", "")


def test_the_embedder_has_an_address_of_its_own(faulty: FaultyModel) -> None:
    with faulty_model() as model:
        settings = Settings(embedder="openai/words", embedder_api_base=faulty.base, api_base=model.base)
        faulty.play(whole(200, rows_of([3.0, 4.0], [0.0, 2.0])))
        assert build_embedder(settings).embed(TEXTS).shape == (2, 2)
        assert [asked["input"] for asked in faulty.requests] == [TEXTS]
        assert model.connections == 0
