"""A BERT encoder as int8 ONNX: a text -> the vectors of its tokens, and their mean."""

import os
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import EmbedderFailed

if TYPE_CHECKING:
    import numpy as np
    import tokenizers
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MAX_TOKENS = 512
"""The positions that BERT has (Devlin et al. 2019); the rest of a longer text is not read."""


@dataclass(frozen=True)
class Encoded:
    """A text as the encoder reads it.

    `tokens` are float32 `[tokens, dimension]`, with the marks of beginning and end; `ids` are their numbers in the
    vocabulary, and `offsets` their ranges in the text; `mean` has unit length.
    """

    ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    tokens: "Vectors"
    mean: "Vectors"

    def rows(self, start: int, end: int) -> slice:
        """Return the slice of the tokens that begin in `text[start:end]`; it is empty beyond what the encoder read."""
        # `offsets` has a mark of the beginning before the first token, so rows are one further on.
        return slice(1 + bisect_left(self._starts, start), 1 + bisect_left(self._starts, end))

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.offsets[1:-1]]


class Encoder:
    """One ONNX session and its tokenizer; safe to share between threads."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        """Load both files; raise EmbedderFailed when one cannot be loaded.

        The model takes `input_ids` and `attention_mask`, and gives `tokens` and `embedding`.
        """
        import onnxruntime
        import tokenizers

        options = onnxruntime.SessionOptions()
        # One thread a text: `encode` reads several texts at a time, which would fight over the cores.
        options.intra_op_num_threads = 1
        # Errors only.
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
            self._tokenizer = tokenizers.Tokenizer.from_file(str(tokenizer))
        except Exception as error:
            raise EmbedderFailed(
                f"The bundled encoder {str(model)!r} cannot be loaded ({error}). Run: make install"
            ) from error
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encode each text by itself.

        The scale of int8 activations is that of a whole batch, so in a batch the vectors of a text would depend on its
        neighbours.
        """
        import numpy as np

        def read(encoding: "tokenizers.Encoding") -> Encoded:
            ids = encoding.ids
            inputs = {"input_ids": np.asarray([ids], np.int64), "attention_mask": np.ones((1, len(ids)), np.int64)}
            mean, tokens = self._session.run(["embedding", "tokens"], inputs)
            return Encoded(ids, encoding.offsets, tokens[0], mean[0])

        encodings = self._tokenizer.encode_batch(list(texts))
        if len(encodings) == 1:
            return [read(encodings[0])]
        # ONNX Runtime lets go of the interpreter while it works, so threads are enough.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(read, encodings))
