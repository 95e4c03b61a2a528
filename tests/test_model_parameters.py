"""What is sent with a call: LiteLLM's own check, offline, for every chat model of the families that it lists."""

from collections.abc import Iterator
from typing import Any

import pytest

from qa.checking.second_look import Judgements
from qa.llm.model import REASONING_TOKENS, CallOptions
from qa.models import NO_WISHES, Wishes

# LiteLLM's types of one provider use a qualifier that Pydantic only warns of.
pytestmark = pytest.mark.filterwarnings("ignore:Items .* on TypedDict class")
FAMILIES = frozenset(
    "openai anthropic gemini mistral bedrock bedrock_converse azure ollama deepseek groq openrouter".split()
)


@pytest.fixture(scope="module")
def litellm() -> Any:
    import litellm

    litellm.suppress_debug_info = True
    return litellm


def _models(litellm: Any) -> Iterator[tuple[str, str, str]]:
    """Yield (name, model, provider) of the chat models in LiteLLM's price table."""
    for name, about in litellm.model_cost.items():
        if about.get("mode") == "chat" and about.get("litellm_provider") in FAMILIES:
            try:
                model, provider, _, _ = litellm.get_llm_provider(name)
            except litellm.exceptions.BadRequestError:  # it cannot be called by this name
                continue
            yield name, model, provider


@pytest.mark.parametrize("wishes", [NO_WISHES, Wishes(shape=Judgements), Wishes(temperature=0.3, max_tokens=20)])
def test_no_chat_model_refuses_what_is_sent_by_default(litellm: Any, wishes: Wishes) -> None:
    from litellm.utils import get_optional_params

    refused, asked = {}, 0
    for name, model, provider in _models(litellm):
        asked_for = CallOptions(1200).with_wishes(wishes).parameters_for(name)
        sent = asked_for | {"stream": True, "stream_options": {"include_usage": True}}
        asked += 1
        try:
            get_optional_params(model=model, custom_llm_provider=provider, **sent)
        except litellm.exceptions.UnsupportedParamsError as error:
            refused[name] = str(error)
    assert asked > 500
    assert refused == {}


def test_a_temperature_and_an_effort_are_sent_when_they_are_set() -> None:
    assert CallOptions(100).parameters_for("openai/stub") == {"max_tokens": 100}
    assert CallOptions(100, 0.0, "low").parameters_for("openai/stub") == {
        "max_tokens": 100,
        "temperature": 0.0,
        "reasoning_effort": "low",
    }


def test_a_temperature_that_a_model_does_not_take_is_left_out_where_a_person_wishes_it() -> None:
    from litellm.utils import get_optional_params

    sent = CallOptions(100).with_wishes(Wishes(temperature=0.3)).parameters_for("o3-mini")
    assert "temperature" not in get_optional_params(model="o3-mini", custom_llm_provider="openai", **sent)


def test_a_model_that_reasons_gets_room_for_it() -> None:
    assert CallOptions(100).parameters_for("openai/gpt-5")["max_tokens"] == 100 + REASONING_TOKENS
    assert CallOptions(100).parameters_for("openai/gpt-4o")["max_tokens"] == 100


def test_a_reply_of_a_shape_is_asked_of_models_that_have_such() -> None:
    asked = CallOptions(100).with_wishes(Wishes(shape=Judgements))
    assert asked.parameters_for("openai/gpt-4o")["response_format"] is Judgements
    assert "response_format" not in asked.parameters_for("openai/stub")
