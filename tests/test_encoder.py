from pathlib import Path

import numpy as np
import pytest

from index.embedding.embedders import MINILM_FOLDER
from index.embedding.encoder import MAX_TOKENS, Encoder
from index.errors import EmbedderFailed

MODEL, TOKENIZER = MINILM_FOLDER / "model.int8.onnx", MINILM_FOLDER / "tokenizer.json"
TEXTS = [
    "The minister resigned on Monday.",
    "",
    "Caf\u00e9s \U0001f30a closed; na\u00efve tourists left.",
    "harbour " * 600,
    *(f"Report number {number} on the harbour of Northport." for number in range(20)),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(MODEL, TOKENIZER)


def test_each_token_has_a_vector_a_number_and_a_place_in_the_text(encoder: Encoder) -> None:
    for text, encoded in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        assert encoded.tokens.shape == (len(encoded.ids), 384) == (len(encoded.offsets), 384)
        assert encoded.tokens.dtype == encoded.mean.dtype == np.float32
        words = [text[start:end] for start, end in encoded.offsets[1:-1]]
        assert "".join(words) == "".join(text.split())[: len("".join(words))]
    assert [encoded.ids[0] for encoded in encoder.encode(TEXTS)] == [101] * len(TEXTS)


def test_the_mean_is_that_of_all_tokens_and_of_unit_length(encoder: Encoder) -> None:
    for encoded in encoder.encode(TEXTS):
        mean = encoded.tokens.mean(axis=0)
        assert encoded.mean == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_a_text_is_encoded_alike_in_any_company(encoder: Encoder) -> None:
    for text, encoded in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        [other] = encoder.encode([text])
        assert np.array_equal(encoded.tokens, other.tokens)
        assert np.array_equal(encoded.mean, other.mean)
        assert (list(encoded.ids), list(encoded.offsets)) == (list(other.ids), list(other.offsets))


def test_no_text_is_encoded_as_nothing(encoder: Encoder) -> None:
    assert encoder.encode([]) == []


def test_the_tokens_of_a_place_are_those_that_begin_in_it(encoder: Encoder) -> None:
    text = TEXTS[2]
    [encoded] = encoder.encode([text])
    for said in ("Caf\u00e9s \U0001f30a closed;", "na\u00efve", "tourists left.", "left"):
        start = text.index(said)
        rows = encoded.rows(start, start + len(said))
        places = encoded.offsets[rows]
        assert text[places[0][0] : places[-1][1]] == said
        assert 0 < rows.start < rows.stop < len(encoded.ids)
    assert len(encoded.ids[encoded.rows(0, len(text))]) == len(encoded.ids) - 2


def test_what_stands_beyond_the_last_token_has_none(encoder: Encoder) -> None:
    text = TEXTS[3]
    [encoded] = encoder.encode([text])
    assert len(encoded.ids) == MAX_TOKENS
    assert len(encoded.ids[encoded.rows(0, len(text))]) == MAX_TOKENS - 2
    assert len(encoded.ids[encoded.rows(len(text) - 8, len(text))]) == 0


def test_files_that_cannot_be_loaded_are_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("{}")
    for model, tokenizer in ((broken, TOKENIZER), (tmp_path / "missing", TOKENIZER), (MODEL, broken)):
        with pytest.raises(EmbedderFailed, match=r"cannot be loaded .*make install"):
            Encoder(model, tokenizer)
