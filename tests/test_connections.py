"""Packed replies: read where they are gzip, a little at a time, and cut where they hold more than a reply may."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from faulty_model import FaultyModel, faulty_model, finished, head, said
from stub_model import SECRET, USAGE, run_model

from qa.llm.model import CallOptions, LiteLLMModel, whole_reply
from qa.models import Usage
from qa.models.errors import ModelAnswerInvalid, ModelUnavailable

REPLY = said("It rained") + said(" in Köln [1].") + finished()
MOST_MB = 120
"""Of the gigabyte that each reply holds: 8 MB are read, and LiteLLM copies them a few times."""


@pytest.fixture(scope="module")
def faulty() -> Iterator[FaultyModel]:
    with faulty_model() as model:
        yield model


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("OPENAI", "GEMINI", "COHERE"):
        monkeypatch.setenv(f"{provider}_API_KEY", SECRET)


def reply_of(faulty: FaultyModel) -> tuple[str, Usage]:
    model = LiteLLMModel("openai/stub", faulty.base, CallOptions(100), deadline_s=0)
    return run_model(whole_reply(model, [{"role": "user", "content": "Did it rain?"}]))


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("encoding", ["gzip", "X-GZIP"])
def test_a_gzipped_reply_is_read_however_it_is_cut(encoding: str, size: int, faulty: FaultyModel) -> None:
    packed = gzip.compress(REPLY)
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
    faulty.play([head(200, "text/event-stream", f"Content-Encoding: {encoding}"), *pieces])
    assert reply_of(faulty) == ("It rained in Köln [1].", USAGE)


@pytest.mark.parametrize(
    ("encoding", "body", "error"),
    [
        ("br", brotli.compress(REPLY), ModelUnavailable),
        ("gzip, gzip", gzip.compress(gzip.compress(REPLY)), ModelUnavailable),
        ("gzip", REPLY, ModelUnavailable),
        ("gzip", gzip.compress(REPLY)[:60], ModelAnswerInvalid),
    ],
)
def test_a_reply_that_is_packed_otherwise_or_not_whole_is_a_fault(
    encoding: str, body: bytes, error: type[Exception], faulty: FaultyModel
) -> None:
    faulty.play([head(200, "text/event-stream", f"Content-Encoding: {encoding}"), body])
    with pytest.raises(error):
        reply_of(faulty)


def test_an_error_is_known_by_its_status_however_it_is_packed(faulty: FaultyModel) -> None:
    faulty.play([head(401, "application/json", "Content-Encoding: br"), brotli.compress(b"{}")])
    with pytest.raises(ModelUnavailable, match="refused the key"):
        reply_of(faulty)


def test_a_gigabyte_in_a_packed_reply_takes_no_memory() -> None:
    tests = Path(__file__).parent
    paths = os.pathsep.join([str(tests), str(tests.parent)])
    done = subprocess.run(
        [sys.executable, str(tests / "packed_replies.py")],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == 20
    for case, (outcome, megabytes) in found.items():
        assert outcome in ("ModelAnswerIncomplete", "ModelUnavailable", "EmbedderFailed"), case
        assert megabytes < MOST_MB, (case, megabytes)
