"""The adapter to LiteLLM, through the real library, against a loopback endpoint."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from faulty_model import faulty_model, stream, whole
from stub_model import SECRET, USAGE, Fault, StubOpenAI, run_model, stub_openai

from qa.llm.model import CallOptions, LiteLLMModel, key_for
from qa.models import NO_WISHES, Usage, Wishes
from qa.models.errors import MissingKey, ModelAnswerIncomplete, ModelCutOff, QAError

# LiteLLM 1.106 reads attributes that Pydantic 2.11 deprecates, on every chunk.
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Did it rain?"}]
REPLY = "Yes, it rained 【3】 in “Peshawar” [1]. \U0001f327\n"


@pytest.fixture(scope="module")
def shared_stub() -> Iterator[StubOpenAI]:
    with stub_openai() as stub:
        yield stub


@pytest.fixture
def stub(shared_stub: StubOpenAI) -> StubOpenAI:
    shared_stub.reply, shared_stub.size, shared_stub.fault = REPLY, None, None
    shared_stub.requests.clear()
    shared_stub.keys.clear()
    shared_stub.let_go.clear()
    return shared_stub


@pytest.fixture(autouse=True)
def no_provider_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)


def model_at(base: str | None, name: str = "openai/stub") -> LiteLLMModel:
    return LiteLLMModel(name, base, CallOptions(321, 0.25))


def reply_of(model: LiteLLMModel, wishes: Wishes = NO_WISHES) -> list[str | Usage]:
    async def collected() -> list[str | Usage]:
        return [piece async for piece in model.reply(MESSAGES, wishes)]

    return run_model(collected())


@pytest.mark.parametrize("size", [1, 3, None])
def test_the_text_arrives_however_it_is_cut_and_the_usage_is_last(stub: StubOpenAI, size: int | None) -> None:
    stub.size = size
    *texts, usage = reply_of(model_at(stub.base))
    assert "".join(map(str, texts)) == REPLY
    assert len(texts) == (1 if size is None else -(-len(REPLY) // size))
    assert usage == USAGE.model_copy(update={"cost": None})


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [(["It rained \ud83c", "\udf27 [1]."], "It rained \U0001f327 [1]."), (["\ud83c It rained."], "\ufffd It rained.")],
)
def test_halves_of_a_character_are_joined_or_replaced(pieces: list[str], whole: str) -> None:
    with faulty_model() as server:
        server.play(stream(*pieces))
        *texts, _ = reply_of(model_at(server.base))
    assert "".join(map(str, texts)) == whole


def test_a_model_whose_thoughts_begin_in_the_prompt_is_known_by_its_first_reply(stub: StubOpenAI) -> None:
    stub.reply, stub.size = "Is it [1]? No.</think>It rained.", 3

    async def asked_twice() -> list[str]:
        model = model_at(stub.base)
        return ["".join([piece async for piece in model.reply(MESSAGES) if isinstance(piece, str)]) for _ in range(2)]

    assert run_model(asked_twice())[1] == "It rained."


def test_the_request_says_what_the_settings_say(stub: StubOpenAI) -> None:
    reply_of(model_at(stub.base))
    assert len(stub.requests) == 1
    asked = stub.requests[0]
    assert asked["messages"] == MESSAGES
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("stub", 0.25, 321)
    assert asked["stream"] and asked["stream_options"] == {"include_usage": True}
    assert stub.keys == ["Bearer not-needed"]


def test_what_a_person_wishes_is_asked_for_within_the_settings(stub: StubOpenAI) -> None:
    for wishes in (Wishes(temperature=1.5, max_tokens=20), Wishes(max_tokens=9000)):
        reply_of(model_at(stub.base), wishes)
    assert [(asked["temperature"], asked["max_tokens"]) for asked in stub.requests] == [(1.5, 20), (0.25, 321)]


def test_the_key_of_the_environment_goes_along(stub: StubOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    reply_of(model_at(stub.base))
    assert stub.keys == [f"Bearer {SECRET}"]


async def _let_go(stub: StubOpenAI) -> bool:
    """Wait until the stub has noticed, while the loop still runs and nothing else closes connections."""
    for _ in range(40):
        if stub.let_go.is_set():
            break
        await asyncio.sleep(0.05)
    return stub.let_go.is_set()


def test_letting_go_of_a_reply_ends_the_request(stub: StubOpenAI) -> None:
    stub.reply, stub.size, stub.fault = "one two three " * 100, 4, Fault.SLOW

    async def first_piece() -> tuple[str | Usage, bool]:
        async with aclosing(model_at(stub.base).reply(MESSAGES)) as pieces:
            piece = await anext(pieces)
        return piece, await _let_go(stub)

    assert run_model(first_piece()) == ("one ", True)


def test_a_reply_that_takes_too_long_can_be_given_up(stub: StubOpenAI) -> None:
    stub.reply, stub.size, stub.fault = "slow " * 100, 4, Fault.SLOW

    async def hurried() -> bool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5), aclosing(model_at(stub.base).reply(MESSAGES)) as pieces:
                async for _ in pieces:
                    continue
        return await _let_go(stub)

    assert run_model(hurried())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("openai/gpt-4o-mini", "OPENAI_API_KEY"),
        ("gpt-4o-mini", "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-flash", "API_KEY"),
        ("mistral/mistral-small", "MISTRAL_API_KEY"),
    ],
)
def test_a_model_without_its_key_names_the_variable(name: str, key: str) -> None:
    with pytest.raises(MissingKey, match=rf"{name}.* needs .*{key}.* in the environment\. Set it, or unset QA_MODEL"):
        model_at(None, name)


def test_an_empty_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    with pytest.raises(MissingKey):
        model_at(None, "openai/gpt-4o-mini")


@pytest.mark.parametrize("name", ["nobody/nothing", "no-such-model", "/", " "])
@pytest.mark.parametrize("base", [None, "http://127.0.0.1:9/v1"])
def test_an_unknown_model_is_refused_before_anything_is_asked(
    name: str, base: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(QAError, match=r"LiteLLM does not know the model .* Write QA_MODEL as PROVIDER/MODEL"):
        model_at(base, name)
    assert capfd.readouterr() == ("", "")


def test_a_known_price_becomes_a_cost(stub: StubOpenAI) -> None:
    *_, usage = reply_of(model_at(stub.base, "openai/gpt-4o-mini"))
    assert isinstance(usage, Usage)
    assert usage.cost == pytest.approx(11 * 0.15e-6 + 7 * 0.6e-6)


def test_a_reply_that_comes_whole_where_a_stream_was_asked_for_is_read() -> None:
    message = {"role": "assistant", "content": "<think>It may.</think>It rained [1]."}
    reply = {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    with faulty_model() as server:
        server.play(whole(200, json.dumps(reply | {"usage": usage}), "application/json"))
        *texts, told = reply_of(model_at(server.base))
    assert "".join(map(str, texts)) == "It rained [1]."
    assert told == USAGE.model_copy(update={"cost": None})


def test_a_reply_cut_at_its_most_tokens_says_so_after_its_text() -> None:
    with faulty_model() as server:
        server.play(stream("It rained [1]. It sno", reason="length"))
        pieces: list[str | Usage] = []

        async def collect() -> None:
            async for piece in model_at(server.base).reply(MESSAGES):
                pieces.append(piece)

        with pytest.raises(ModelCutOff, match="QA_MAX_TOKENS"):
            run_model(collect())
        assert isinstance(pieces[-1], Usage), "what was written is paid for, too"
        server.play(stream("<think>So much", reason="length"))
        with pytest.raises(ModelAnswerIncomplete) as error:
            reply_of(model_at(server.base))
    assert not isinstance(error.value, ModelCutOff)


KEPT_ELSEWHERE = {
    "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0": "AWS_BEARER_TOKEN_BEDROCK",
    "azure/gpt-4o": "AZURE_AD_TOKEN",
    "vertex_ai/gemini-2.5-flash": "GOOGLE_APPLICATION_CREDENTIALS",
}


@pytest.mark.parametrize("name", KEPT_ELSEWHERE)
def test_what_a_provider_takes_in_place_of_a_key_is_taken(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in [variable for variable in os.environ if variable.startswith(("AWS_", "AZURE_", "GOOGLE_"))]:
        monkeypatch.delenv(variable)
    if not name.startswith("vertex_ai"):  # of it LiteLLM asks for a project alone
        with pytest.raises(MissingKey):
            key_for("model", name, None)
    monkeypatch.setenv(KEPT_ELSEWHERE[name], "given")
    assert key_for("model", name, None) is None


@pytest.mark.parametrize(
    ("variable", "file"), [("AWS_CONFIG_FILE", None), (None, ".aws/config"), (None, ".aws/credentials")]
)
def test_a_file_with_profiles_is_taken_in_place_of_a_key(
    variable: str | None, file: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for known in [known for known in os.environ if known.startswith("AWS_")]:
        monkeypatch.delenv(known)
    name = "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0"
    with pytest.raises(MissingKey):
        key_for("model", name, None)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "profiles"))
    if file:
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).touch()
    assert key_for("model", name, None) is None


def test_no_proxy_is_asked_for_a_server_on_this_machine(stub: StubOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "news.example")
    *texts, _ = reply_of(model_at(stub.base))
    assert "".join(map(str, texts)) == REPLY
    assert os.environ["NO_PROXY"] == "news.example,localhost,127.0.0.1,::1"


def test_a_proxy_that_cannot_be_used_is_said_in_one_sentence() -> None:
    about = os.environ | {"ALL_PROXY": "socks5://127.0.0.1:9", "QA_MODEL": "openai/stub", "OPENAI_API_KEY": SECRET}
    command = [sys.executable, "-m", "qa.cli", "ask", "Did it rain?"]
    done = subprocess.run(command, env=about, capture_output=True, text=True)
    assert done.returncode > 1
    assert "Traceback" not in done.stderr
    assert "The proxy in ALL_PROXY cannot be used" in done.stderr
