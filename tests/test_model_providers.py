"""Replies in the providers' own forms, through the real LiteLLM: a whole one is whole, a part of one is no answer."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from faulty_model import FaultyModel, Play, faulty_model, head, said, stream
from stub_model import SECRET, run_model

from qa.llm.model import CallOptions, LiteLLMModel
from qa.models import Usage
from qa.models.errors import ModelAnswerIncomplete, ModelCutOff, ModelRefused, ModelUnavailable, QAError

TEXT = "It rained [1]."


def events(*rows: dict[str, Any]) -> Play:
    """Return a reply of server-sent events, which name their types where they have any."""
    names = (f"event: {row['type']}\n" if "type" in row else "" for row in rows)
    return [head(), *(f"{name}data: {json.dumps(row)}\n\n".encode() for name, row in zip(names, rows, strict=True))]


def lines(*rows: dict[str, Any]) -> Play:
    """Return a reply of one JSON object a line."""
    return [head(200, "application/x-ndjson"), *(f"{json.dumps(row)}\n".encode() for row in rows)]


def anthropic(reason: str) -> list[dict[str, Any]]:
    message = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "stop_reason": None}
    return [
        {"type": "message_start", "message": message | {"usage": {"input_tokens": 11, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": TEXT}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]


def gemini(reason: str) -> list[dict[str, Any]]:
    tokens = {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18}
    first, last = (
        {"content": {"parts": [{"text": part}], "role": "model"}, "index": 0} for part in (TEXT[:4], TEXT[4:])
    )
    return [{"candidates": [first]}, {"candidates": [last | {"finishReason": reason}], "usageMetadata": tokens}]


def ollama(reason: str) -> list[dict[str, Any]]:
    row = {"model": "stub", "created_at": "2026-01-01T00:00:00Z", "done": False}
    end = {"done": True, "done_reason": reason, "prompt_eval_count": 11, "eval_count": 7}
    parts = [row | {"message": {"role": "assistant", "content": part}} for part in (TEXT[:4], TEXT[4:], "")]
    return [*parts[:2], parts[2] | end]


ANTHROPIC, GEMINI, OLLAMA = "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash", "ollama_chat/stub"
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": SECRET}}
WHOLE = {
    ANTHROPIC: events(*anthropic("end_turn")),
    GEMINI: events(*gemini("STOP")),
    OLLAMA: lines(*ollama("stop")),
    **{f"{name}/stub": stream(TEXT) for name in ("mistral", "groq", "hosted_vllm", "azure", "openrouter/a", "xai")},
}
FAULTY = {
    "anthropic, cut": (ANTHROPIC, events(*anthropic("end_turn")[:3]), ModelAnswerIncomplete),
    "anthropic, most tokens": (ANTHROPIC, events(*anthropic("max_tokens")), ModelCutOff),
    "anthropic, refused": (ANTHROPIC, events(*anthropic("refusal")), ModelRefused),
    "anthropic, an error on the way": (ANTHROPIC, events(*anthropic("x")[:3], OVERLOADED), ModelAnswerIncomplete),
    "anthropic, an error at first": (ANTHROPIC, events(OVERLOADED), ModelUnavailable),
    "gemini, cut": (GEMINI, events(*gemini("STOP")[:1]), ModelAnswerIncomplete),
    "gemini, most tokens": (GEMINI, events(*gemini("MAX_TOKENS")), ModelCutOff),
    "gemini, refused": (GEMINI, events(*gemini("SAFETY")), ModelRefused),
    "gemini, malformed": (GEMINI, events(*gemini("MALFORMED_RESPONSE")), ModelAnswerIncomplete),
    "ollama, cut": (OLLAMA, lines(*ollama("stop")[:2]), ModelAnswerIncomplete),
    "ollama, most tokens": (OLLAMA, lines(*ollama("length")), ModelCutOff),
    "openrouter, cut": ("openrouter/a/stub", [head(), said(TEXT)], ModelAnswerIncomplete),
}


@pytest.fixture(scope="module")
def faulty() -> Iterator[FaultyModel]:
    with faulty_model() as model:
        yield model


def reply_of(name: str, base: str) -> list[str | Usage]:
    async def no_pause(_: float) -> None:
        pass

    async def collected() -> list[str | Usage]:
        model = LiteLLMModel(name, base, CallOptions(100), pause=no_pause)
        return [piece async for piece in model.reply([{"role": "user", "content": "Did it rain?"}])]

    return run_model(collected())


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_reply_is_whole(name: str, faulty: FaultyModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_API_VERSION", "2024-02-01")
    faulty.play(WHOLE[name])
    *texts, usage = reply_of(name, faulty.base)
    assert "".join(map(str, texts)) == TEXT
    assert isinstance(usage, Usage)
    assert (usage.prompt_tokens, usage.completion_tokens) == (11, 7)


@pytest.mark.parametrize("case", FAULTY)
def test_a_part_of_a_reply_is_not(case: str, faulty: FaultyModel) -> None:
    name, play, error = FAULTY[case]
    faulty.play(play)
    with pytest.raises(QAError) as caught:
        reply_of(name, faulty.base)
    assert type(caught.value) is error
    assert SECRET not in str(caught.value)
