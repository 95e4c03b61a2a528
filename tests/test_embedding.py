import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from conftest import WordEmbedder

from index.embedding.embedders import MINILM_FOLDER, Embedder, LiteLLMEmbedder, MiniLM
from index.embedding.encoder import MAX_TOKENS, Encoder
from index.errors import EmbedderFailed
from index.models import Span
from qa.llm.connections import confine

TEXTS = [
    "The minister resigned on Monday.",
    "Rain is expected in the north.",
    "A " * 400,
    "",
    "\U0001f1f5\U0001f1f0 caf\u00e9",
    *(f"Report number {number} on the harbour of Northport." for number in range(30)),
]
PASSAGES = [
    ("Flood in Northport", "The harbour was closed on Tuesday.", "It opens again when the piers are mended."),
    ("Budget", "Taxes on fuel rise in spring.", "It opens again when the piers are mended."),
    ("", "It snowed."),
]


class _Provider(BaseHTTPRequestHandler):
    """Speaks the embeddings endpoint of OpenAI on loopback; a text "fail" gets an error that tells a secret."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        failed = "fail" in asked["input"]
        if failed:
            reply: dict[str, object] = {"error": {"message": "secret of the provider", "type": "x", "code": "x"}}
        else:
            rows = 3 * WordEmbedder().embed(asked["input"])
            data = [{"object": "embedding", "index": at, "embedding": row.tolist()} for at, row in enumerate(rows)]
            reply = {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        body = json.dumps(reply).encode()
        self.send_response(400 if failed else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    loop = asyncio.new_event_loop()  # LiteLLM's synchronous calls take the thread's loop, or leave one behind
    asyncio.set_event_loop(loop)
    yield f"http://127.0.0.1:{server.server_port}/v1"
    asyncio.set_event_loop(None)
    loop.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["minilm", "words", "litellm"])
def any_embedder(
    request: pytest.FixtureRequest, embedder: MiniLM, word_embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> Embedder:
    if request.param == "litellm":
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        return LiteLLMEmbedder("openai/words", request.getfixturevalue("provider"), confine)
    return embedder if request.param == "minilm" else word_embedder


def test_a_row_a_text_of_float32(any_embedder: Embedder) -> None:
    vectors = any_embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape[0] == len(TEXTS)
    assert any_embedder.embed([]).shape[0] == 0


def test_rows_have_unit_length(any_embedder: Embedder) -> None:
    vectors = any_embedder.embed([text for text in TEXTS if text])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_rows_come_in_the_order_of_the_texts(any_embedder: Embedder) -> None:
    vectors = any_embedder.embed(TEXTS)
    backwards = any_embedder.embed(TEXTS[::-1])[::-1]
    nearest = (vectors @ backwards.T)[:2].argmax(axis=1)
    assert nearest.tolist() == [0, 1]
    assert (np.sum(vectors * backwards, axis=1)[:3] > 0.99).all()


def test_the_same_texts_give_the_same_vectors(any_embedder: Embedder) -> None:
    assert np.array_equal(any_embedder.embed(TEXTS), any_embedder.embed(TEXTS))


def test_the_id_names_the_model(any_embedder: Embedder) -> None:
    assert any_embedder.id in {"minilm-l6-v2-int8-in-context", "words-64", "litellm:openai/words"}


def test_the_bundled_embedder_has_384_dimensions_and_a_text_one_vector_in_any_company(embedder: MiniLM) -> None:
    together = embedder.embed(TEXTS)
    alone = np.vstack([MiniLM().embed([text]) for text in TEXTS[:8]])
    assert together.shape[1] == 384
    assert np.array_equal(together[:8], alone)


def test_the_bundled_embedder_puts_like_by_like(embedder: MiniLM) -> None:
    cat, kitten, tax = embedder.embed(["A cat sleeps.", "The kitten is asleep.", "Parliament raised the income tax."])
    assert cat @ kitten > 0.5 > cat @ tax + 0.2


def test_the_bundled_embedder_reads_512_tokens(embedder: MiniLM) -> None:
    long = "harbour " * 510
    first, second, read = embedder.embed([long + "tax", long + "cat", "harbour " * 509 + "cat"])
    assert np.array_equal(first, second)
    assert not np.array_equal(first, read)


def _cut(headline: str, *sentences: str) -> tuple[str, list[Span]]:
    """A passage with its headline, and where its sentences stand."""
    text = "\n".join([headline, " ".join(sentences)]) if headline else " ".join(sentences)
    return text, [Span(text.index(one), text.index(one) + len(one)) for one in sentences]


def test_passages_have_the_vectors_of_their_texts_and_each_sentence_has_one(any_embedder: Embedder) -> None:
    passages = [_cut(*one) for one in PASSAGES]
    vectors, sentences = any_embedder.embed_passages(passages)
    assert np.allclose(vectors, any_embedder.embed([text for text, _ in passages]), atol=1e-6)
    assert [one.shape for one in sentences] == [(len(spans), vectors.shape[1]) for _, spans in passages]
    assert all(one.dtype == np.float32 for one in (vectors, *sentences))
    assert np.allclose(np.linalg.norm(np.vstack([vectors, *sentences]), axis=1), 1, atol=1e-4)
    assert any_embedder.embed_passages([])[1] == []


def test_an_embedder_without_vectors_of_tokens_takes_each_sentence_by_itself(word_embedder: WordEmbedder) -> None:
    _, sentences = word_embedder.embed_passages([_cut(*one) for one in PASSAGES])
    for (_, *said), rows in zip(PASSAGES, sentences, strict=True):
        assert np.array_equal(rows, word_embedder.embed(said))


def test_the_vector_of_a_sentence_is_the_mean_of_its_tokens_inside_its_passage(embedder: MiniLM) -> None:
    text, spans = _cut(*PASSAGES[0])
    [encoded] = Encoder(MINILM_FOLDER / "model.int8.onnx", MINILM_FOLDER / "tokenizer.json").encode([text])
    [rows] = embedder.embed_passages([(text, spans)])[1]
    for row, span in zip(rows, spans, strict=True):
        inside = [span.start <= start < end <= span.end for start, end in encoded.offsets]
        mean = encoded.tokens[inside].mean(axis=0)
        assert row == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_the_same_sentence_means_what_its_passage_speaks_of(embedder: MiniLM) -> None:
    rows = embedder.embed_passages([_cut(*one) for one in PASSAGES[:2]])[1]
    in_flood, in_budget = (of_passage[1] for of_passage in rows)
    [asked] = embedder.embed(["When does the harbour of Northport open?"])
    assert asked @ in_flood > asked @ in_budget + 0.1


def test_a_sentence_beyond_the_last_token_is_embedded_by_itself(embedder: MiniLM) -> None:
    last, long = "The harbour was closed.", "rain " * MAX_TOKENS + "fell."
    [rows] = embedder.embed_passages([_cut("Flood", long, last)])[1]
    assert rows[1] == pytest.approx(embedder.embed([last])[0], abs=1e-6)
    reached = "rain " * (MAX_TOKENS - 10) + "fell."
    [rows] = embedder.embed_passages([_cut("Flood", reached, last)])[1]
    assert rows[1] != pytest.approx(embedder.embed([last])[0], abs=1e-2)


def test_the_vectors_of_a_passage_do_not_depend_on_its_neighbours(embedder: MiniLM) -> None:
    passages = [_cut(*one) for one in [*PASSAGES, ("Rain", "rain " * 300 + "fell.")]]
    vectors, sentences = embedder.embed_passages(passages)
    for at, passage in enumerate(passages):
        alone, [rows] = MiniLM().embed_passages([passage])
        assert np.array_equal(vectors[at], alone[0])
        assert np.array_equal(sentences[at], rows)


def test_the_bundled_files_are_those_of_the_checksums() -> None:
    listed = dict(reversed(line.split()) for line in (MINILM_FOLDER / "SHA256SUMS").read_text().splitlines())
    found = {name: hashlib.sha256((MINILM_FOLDER / name).read_bytes()).hexdigest() for name in listed}
    assert found == listed
    assert set(listed) == {"model.int8.onnx", "tokenizer.json"}


def _failure(model: LiteLLMEmbedder, text: str) -> str:
    with pytest.raises(EmbedderFailed) as failed:
        model.embed([text])
    return str(failed.value)


def test_a_provider_that_refuses_is_reported_without_its_words(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    said = _failure(LiteLLMEmbedder("openai/words", provider, confine), "fail")
    assert "'openai/words' failed (BadRequestError). Check QA_EMBEDDER" in said
    assert "secret" not in said


def test_a_provider_that_is_not_there_is_reported_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    said = _failure(LiteLLMEmbedder("openai/words", "http://127.0.0.1:9/v1", confine), "x")
    assert "'openai/words' failed" in said
    assert "unset QA_EMBEDDER" in said
    assert "sk-test" not in said
    assert "127.0.0.1" not in said
