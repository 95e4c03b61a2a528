"""Embedders: text -> unit vectors. The bundled MiniLM needs no network; any LiteLLM embedding model can stand in."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from index.errors import EmbedderFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MINILM_FOLDER = Path(__file__).parent / "minilm"
_MAX_TOKENS = 256
_REQUEST = 64


class Embedder(Protocol):
    """Turns texts into vectors of unit length; `id` names the model, so that snapshots of two are never mixed."""

    id: str

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Return float32 `[len(texts), dimension]`, rows of unit length, in the order of `texts`."""
        ...


class MiniLM:
    """The bundled all-MiniLM-L6-v2, int8 ONNX (Wang et al. 2020, arXiv 2002.10957): 384 dimensions, 256 tokens."""

    id = "minilm-l6-v2-int8"

    def __init__(self, threads: int | None = None) -> None:
        """Load tokenizer and session once; `threads` texts are embedded at a time, by default one for each core."""
        import onnxruntime
        import tokenizers

        self._threads = threads or os.cpu_count() or 1
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(MINILM_FOLDER / "model.int8.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = tokenizers.Tokenizer.from_file(str(MINILM_FOLDER / "tokenizer.json"))
        except Exception as error:
            raise EmbedderFailed(
                f"The bundled embedder in {str(MINILM_FOLDER)!r} cannot be loaded ({error}). Run: make install"
            ) from error
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed each text by itself: the scale of int8 activations is that of a whole batch, so in a batch the vector
        of a text would depend on its neighbours."""
        import numpy as np

        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        if len(encoded) == 1:
            return self._embed_one(encoded[0]).reshape(1, -1)
        with ThreadPoolExecutor(self._threads) as pool:
            rows = list(pool.map(self._embed_one, encoded))
        return np.asarray(rows, dtype=np.float32).reshape(len(encoded), 384)

    def _embed_one(self, ids: list[int]) -> "Vectors":
        import numpy as np

        inputs = {"input_ids": np.asarray([ids], np.int64), "attention_mask": np.ones((1, len(ids)), np.int64)}
        row: Vectors = self._session.run(["embedding"], inputs)[0][0]
        return row


class LiteLLMEmbedder:
    """Any embedding model that LiteLLM can call; vectors are brought to unit length here."""

    def __init__(self, model: str, api_base: str | None = None) -> None:
        """Name the model as LiteLLM does, e.g. `openai/text-embedding-3-small`."""
        self.id = f"litellm:{model}"
        self._model = model
        self._api_base = api_base

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Call the model in batches; raise EmbedderFailed, without the provider's own words, when it fails."""
        import litellm
        import numpy as np

        rows: list[Any] = []
        for first in range(0, len(texts), _REQUEST):
            batch = list(texts[first : first + _REQUEST])
            try:
                reply = litellm.embedding(
                    self._model, batch, api_base=self._api_base, timeout=60, num_retries=0, max_retries=1
                )
                rows.extend(item["embedding"] for item in reply.data)
            except Exception as error:
                raise EmbedderFailed(
                    f"The embedding model {self._model!r} failed ({type(error).__name__}). "
                    "Check QA_EMBEDDER, its key and QA_API_BASE, or unset QA_EMBEDDER to use the bundled one"
                ) from error
        vectors = np.asarray(rows, dtype=np.float32).reshape(len(texts), -1 if rows else 0)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(norms == 0, 1, norms), dtype=np.float32)
