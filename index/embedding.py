"""Embedders: text -> unit vectors. The bundled MiniLM needs no network; any LiteLLM embedding model can stand in."""

import os
from collections.abc import Callable, Sequence
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
_TIMEOUT_S = 60
_OTHERWISE = "or unset QA_EMBEDDER to use the bundled one"


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

    def __init__(self, model: str, api_base: str | None, confine: Callable[[Any], None]) -> None:
        """Load LiteLLM (seconds); name the model as it does, e.g. `openai/text-embedding-3-small`.

        `confine` is given LiteLLM, to bound the connections on which models are called.
        """
        import litellm

        self._litellm: Any = litellm
        litellm.suppress_debug_info = True  # it prints hints to stdout, which is for answers
        self._litellm.verbose_logger.setLevel("CRITICAL")  # it logs the provider's own words, which may hold the key
        confine(litellm)
        self.id = f"litellm:{model}"
        self._model, self._api_base = model, api_base
        self._dimension = 0

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Call the model in batches; raise EmbedderFailed, without the provider's own words, when it fails.

        It fails too when it does not give each text a vector, all of one dimension, of finite numbers and some length.
        """
        import numpy as np

        batches = [self._embed(texts[first : first + _REQUEST]) for first in range(0, len(texts), _REQUEST)]
        return np.concatenate(batches) if batches else np.empty((0, self._dimension), np.float32)

    def _embed(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np

        rows = self._rows(texts)
        try:
            vectors = np.asarray(rows, dtype=np.float64)
            with np.errstate(over="ignore"):
                norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            dimension = self._dimension or vectors.shape[1]
            fits = vectors.shape == (len(texts), dimension) and bool(np.isfinite(norms).all())
        except (TypeError, ValueError, OverflowError, IndexError):
            fits = False
        if not fits or any(text.strip() and not norm for text, norm in zip(texts, norms[:, 0], strict=True)):
            raise EmbedderFailed(
                f"The embedding model {self._model!r} does not give each text a vector of numbers, all of one length. "
                f"Check QA_EMBEDDER and QA_EMBEDDER_API_BASE, {_OTHERWISE}"
            )
        self._dimension = dimension
        return np.asarray(vectors / np.where(norms == 0, 1, norms), dtype=np.float32)

    def _rows(self, texts: Sequence[str]) -> list[Any]:
        """Call the model and return what it gives for each text, in the order of the texts where it says so."""
        try:
            reply = self._litellm.embedding(
                self._model, list(texts), api_base=self._api_base, timeout=_TIMEOUT_S, num_retries=0, max_retries=1
            )
            rows = list(reply.data)
            if sorted(row.get("index", -1) for row in rows) == list(range(len(texts))):
                rows.sort(key=lambda row: row["index"])
            return [row["embedding"] for row in rows]
        except Exception as error:
            raise EmbedderFailed(
                f"The embedding model {self._model!r} failed ({type(error).__name__}). "
                f"Check QA_EMBEDDER, its key and QA_EMBEDDER_API_BASE, {_OTHERWISE}"
            ) from error
