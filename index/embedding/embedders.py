"""Embedders: text -> unit vectors. The bundled MiniLM needs no network; any LiteLLM embedding model can stand in."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.embedding.encoder import Encoder
from index.errors import EmbedderFailed
from index.models import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MINILM_FOLDER = Path(__file__).parent / "minilm"
_TEXTS_PER_REQUEST = 64
_TIMEOUT_S = 60
_REMEDY = "or unset QA_EMBEDDER to use the bundled one"


Sentences = tuple[str, Sequence[Span]]
"""The text of a passage, and where in it its sentences stand."""


class Embedder(ABC):
    """Turns texts into vectors of unit length; `id` names the model, so that snapshots of two are never mixed."""

    id: str

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Return float32 `[len(texts), dimension]`, rows of unit length, in the order of `texts`."""

    def embed_questions(self, texts: Sequence[str]) -> "Vectors":
        """Return the vectors of questions, to be compared with those of passages; `embed` by default."""
        return self.embed(texts)

    def embed_passages(self, passages: Sequence[Sentences]) -> "tuple[Vectors, list[Vectors]]":
        """Return the vectors of passages, `[passages, dimension]`, and of each those of its sentences.

        By default each sentence is embedded by itself.
        """
        vectors = self.embed([text for text, _ in passages])
        rows = self.embed([text[start:end] for text, spans in passages for start, end in spans])
        ends = list(accumulate(len(spans) for _, spans in passages))
        return vectors, [rows[end - len(spans) : end] for end, (_, spans) in zip(ends, passages, strict=True)]


class MiniLM(Embedder):
    """The bundled all-MiniLM-L6-v2, int8 ONNX (Wang et al. 2020, arXiv 2002.10957): 384 dimensions, 512 tokens."""

    id = "minilm-l6-v2-int8-in-context"

    def __init__(self) -> None:
        """Load the model once."""
        self._encoder = Encoder(MINILM_FOLDER / "model.int8.onnx", MINILM_FOLDER / "tokenizer.json")

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed each text by itself, whatever its neighbours."""
        import numpy as np

        rows = [encoded.mean for encoded in self._encoder.encode(texts)]
        return np.asarray(rows, dtype=np.float32).reshape(len(rows), 384)

    def embed_passages(self, passages: Sequence[Sentences]) -> "tuple[Vectors, list[Vectors]]":
        """Return the vectors of passages and of their sentences, each the mean of its tokens inside its passage.

        That is late chunking (Günther et al. 2024, arXiv 2409.04701). A sentence that the encoder does not reach is
        embedded by itself.
        """
        import numpy as np

        vectors, sentences = [], []
        encoded = self._encoder.encode([text for text, _ in passages])
        for passage, (text, spans) in zip(encoded, passages, strict=True):
            rows = []
            for start, end in spans:
                tokens = passage.tokens[passage.rows(start, end)]
                rows.append(tokens.mean(axis=0) if len(tokens) else self._encoder.encode([text[start:end]])[0].mean)
            matrix = np.asarray(rows, dtype=np.float32).reshape(len(rows), 384)
            # Of zeros alone there is no direction; the row stays as it is instead of becoming NaN.
            sentences.append(matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9))
            vectors.append(passage.mean)
        return np.asarray(vectors, dtype=np.float32).reshape(len(vectors), 384), sentences


class LiteLLMEmbedder(Embedder):
    """Any embedding model that LiteLLM can call; vectors are brought to unit length here."""

    def __init__(self, model: str, api_base: str | None, confine: Callable[[Any], None]) -> None:
        """Load LiteLLM (seconds); `model` is its name there, e.g. `openai/text-embedding-3-small`.

        `confine` bounds the connections on which LiteLLM calls models.
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

        A reply fails too that does not give each text a vector of finite numbers and some length, all of one dimension.
        """
        import numpy as np

        batches = [
            self._embed(texts[first : first + _TEXTS_PER_REQUEST]) for first in range(0, len(texts), _TEXTS_PER_REQUEST)
        ]
        return np.concatenate(batches) if batches else np.empty((0, self._dimension), np.float32)

    def _embed(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np

        rows = self._rows(texts)
        try:
            vectors = np.asarray(rows, dtype=np.float64)
            # A reply with huge numbers gives an infinite norm, and is refused in the next lines, not warned of.
            with np.errstate(over="ignore"):
                norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            # The first reply says how long a vector is, and later ones must agree.
            dimension = self._dimension or vectors.shape[1]
            fits = vectors.shape == (len(texts), dimension) and bool(np.isfinite(norms).all())
        except (TypeError, ValueError, OverflowError, IndexError):
            fits = False
        if not fits or any(text.strip() and not norm for text, norm in zip(texts, norms[:, 0], strict=True)):
            raise EmbedderFailed(
                f"The embedding model {self._model!r} does not give each text a vector of numbers, all of one length. "
                f"Check QA_EMBEDDER and QA_EMBEDDER_API_BASE, {_REMEDY}"
            )
        self._dimension = dimension
        return np.asarray(vectors / np.where(norms == 0, 1, norms), dtype=np.float32)

    def _rows(self, texts: Sequence[str]) -> list[Any]:
        """Call the model and return its vectors, in the order of the texts where the reply numbers them."""
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
                # The type alone: the provider's words may hold the key.
                f"The embedding model {self._model!r} failed ({type(error).__name__}). "
                f"Check QA_EMBEDDER, its key and QA_EMBEDDER_API_BASE, {_REMEDY}"
            ) from error
