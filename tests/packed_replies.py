"""Ask a model, also for a second look, a reranker and an embedder that reply with a packed gigabyte; print the outcome.

A process of its own, for the most memory that a process has held can only be asked for as a whole.
"""

import asyncio
import json
import resource
import zlib
from collections.abc import Callable, Iterator

import brotli
from faulty_model import faulty_model, head, whole
from stub_model import BUDGET, hit_of, run_model

from index.embedding.embedders import LiteLLMEmbedder
from index.errors import EmbedderFailed
from qa.checking.checked import CheckedStatement
from qa.checking.citations import Draft
from qa.checking.grounding import NOT_JUDGED, CheckResult
from qa.checking.second_look import SecondLook
from qa.llm.connections import confine
from qa.llm.model import CallOptions, LiteLLMModel, whole_reply
from qa.models import Support
from qa.models.errors import QAError
from qa.prompting.evidence import number_evidence
from qa.retrieval.reranking import LiteLLMReranker

PART, PARTS = bytes(1 << 24), 64
EVIDENCE = number_evidence([hit_of("a.txt", "It rained.")])
CHECKED = CheckedStatement(Draft(("It rained ", (1,))), tuple(EVIDENCE), CheckResult(Support.UNCHECKED, (NOT_JUDGED,)))


def zipped() -> bytes:
    """A gigabyte as a megabyte of gzip: the packed form of a part is the same each time."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS + 16)
    first, again = (packer.compress(PART) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * (PARTS - 1)


def brotlied() -> bytes:
    packer = brotli.Compressor(quality=1)
    return b"".join([*(packer.process(PART) for _ in range(PARTS)), packer.finish()])


def most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def asking(base: str) -> Iterator[tuple[str, Callable[[], object]]]:
    model = LiteLLMModel("openai/stub", base, CallOptions(100), pause=lambda _: asyncio.sleep(0))
    other = LiteLLMModel("gemini/gemini-2.5-flash", base, CallOptions(100), pause=lambda _: asyncio.sleep(0))
    reranker = LiteLLMReranker("cohere/rerank-v3.5", base)
    asked = [{"role": "user", "content": "Did it rain?"}]
    yield "model", lambda: run_model(whole_reply(model, asked))
    yield "another provider's model", lambda: run_model(whole_reply(other, asked))
    yield "second look", lambda: run_model(SecondLook(model, BUDGET).judge([CHECKED]))
    yield "reranker", lambda: reranker.scores("Did it rain?", ["It rained."])
    embedder = LiteLLMEmbedder("openai/stub", base, confine)
    yield "embedder", lambda: embedder.embed(["It rained."])


def outcome(ask: Callable[[], object]) -> str:
    try:
        return str(ask())
    except (QAError, EmbedderFailed) as error:
        return type(error).__name__


def main() -> None:
    packed = {"gzip": zipped(), "br": brotlied()}
    found: dict[str, tuple[str, float]] = {}
    with faulty_model() as faulty:
        for who, ask in asking(faulty.base):
            faulty.play(whole(401, "{}"))
            outcome(ask)  # loads what is loaded only once
            for encoding, body in packed.items():
                for status in (200, 500):
                    faulty.play([head(status, "application/json", f"Content-Encoding: {encoding}"), body])
                    before = most_mb()
                    found[f"{who}, {encoding}, {status}"] = outcome(ask), round(most_mb() - before, 1)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
