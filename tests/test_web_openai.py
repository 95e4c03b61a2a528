"""The OpenAI routes, asked by OpenAI's own client."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from typing import Any

import openai
import pytest
from conftest import WordReader
from openai import OpenAI
from openai.types.chat import ChatCompletion
from stub_model import BUDGET, ScriptedModel, service_of
from web_server import ASK, KEY, OFF_TOPIC, SURE, UNSURE, served

from index.embedding.embedders import MiniLM
from qa.answer_draft import DECLINED, NEAREST
from qa.checking.second_look import SecondLook
from qa.models import Citation, Usage, Wishes
from qa.models.errors import ModelTimeout
from qa.writing.writer import ExtractiveWriter, ModelWriter


@pytest.fixture(scope="module")
def client(data_dir: Path, embedder: MiniLM) -> Iterator[OpenAI]:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader(sure=SURE)))
    with served(service, data_dir, api_key=KEY) as address:
        yield OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0)


def asked(client: OpenAI, *texts: str) -> ChatCompletion:
    roles = ("user", "assistant")
    messages = [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)]
    return client.chat.completions.create(model="newsdesk", messages=messages)


def test_the_models_are_the_one_that_answers(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["newsdesk"]
    assert client.models.retrieve("newsdesk").owned_by == "newsdesk"


@pytest.mark.parametrize("question", [ASK, UNSURE])
def test_annotations_stand_at_the_markers_and_lead_to_the_characters(client: OpenAI, question: str) -> None:
    completion = asked(client, question)
    message = completion.choices[0].message
    citations = [Citation.model_validate(citation) for citation in completion.model_extra["citations"]]
    assert len(message.annotations) == len(citations) > 0
    for annotation, citation in zip(message.annotations, citations, strict=True):
        place = annotation.url_citation
        assert message.content[place.start_index : place.end_index] == f"[{citation.marker}]"
        place_below = f"articles/{citation.path}#{citation.start}-{citation.end}"
        assert place.url == f"{str(client.base_url).removesuffix('v1/')}{place_below}"
        assert place.title
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == 0


def test_an_abstention_says_what_is_missing(client: OpenAI) -> None:
    completion = asked(client, OFF_TOPIC)
    assert completion.choices[0].message.content.startswith("The articles do not say.")
    assert completion.choices[0].message.annotations == []
    assert completion.model_extra["status"] == "not_in_articles"
    assert completion.model_extra["missing"] in completion.choices[0].message.content


def test_what_comes_nearest_begins_with_saying_so(client: OpenAI) -> None:
    completion = asked(client, UNSURE)
    assert completion.choices[0].message.content.startswith(f"{NEAREST}\n\n")
    assert completion.model_extra["status"] == "nearest"
    assert completion.model_extra["statements"][0]["start"] == len(f"{NEAREST}\n\n")


@pytest.mark.parametrize("question", [ASK, UNSURE, OFF_TOPIC])
def test_a_stream_adds_up_to_the_whole(client: OpenAI, question: str) -> None:
    whole = asked(client, question)
    messages = [{"role": "user", "content": [{"type": "text", "text": question}]}]
    stream = client.chat.completions.create(
        model="newsdesk", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    content = "".join(delta.content or "" for delta in deltas)
    assert content == whole.choices[0].message.content
    found = [one for delta in deltas for one in (delta.model_extra or {}).get("annotations", [])]
    assert found == [one.model_dump() for one in whole.choices[0].message.annotations]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-2].model_extra["citations"] == whole.model_extra["citations"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None


def test_what_fails_is_told_whole_and_streamed(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ModelWriter(ScriptedModel("Pakistan asked for $9 billion [1]."), BUDGET))
    with served(service, data_dir) as address:
        client = OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        whole = asked(client, ASK).model_extra
        messages = [{"role": "user", "content": ASK}]
        last = list(client.chat.completions.create(model="newsdesk", messages=messages, stream=True))[-1].model_extra
    assert [one["support"] for one in whole["statements"]] == ["unsupported"]
    problem = {"code": "figure", "text": "$9 billion is not in the cited text."}
    assert whole["statements"][0]["problems"] == [problem]
    assert whole["notes"] == []
    assert last.pop("answer_id") != whole.pop("answer_id")
    assert last == whole


REPLY = (
    "**Pakistan** needs small arms [1]. He told so the newspaper [1]. He is an ambassador of his country [1]. "
    "Pakistan asked for $9 billion [1]. It needs communication equipment [1].\nMISSING: when the money comes"
)
VERDICTS = "1. supported\n2. partly: no newspaper is named [1]\n3. unsupported"
CLOSING = (
    "Missing: when the money comes",
    "Only partly borne out: “He told so the newspaper.” A second look found that the cited text says only a part of "
    "this: no newspaper is named (1).",
    "Not borne out: “He is an ambassador of his country.” A second look found that the cited text does not say this.",
    "Not borne out: “Pakistan asked for $9 billion.” $9 billion is not in the cited text.",
    "One sentence was checked for figures, dates and names alone.",
)


@pytest.mark.parametrize("status", ["partial", "declined"])
def test_the_content_ends_with_what_is_not_borne_out_whole_as_streamed(
    data_dir: Path, embedder: MiniLM, status: str
) -> None:
    refusal = "I cannot help with questions about small arms for the police."
    writer = ModelWriter(ScriptedModel(REPLY if status == "partial" else refusal), BUDGET)
    look = SecondLook(ScriptedModel(VERDICTS), BUDGET)
    with served(service_of(data_dir, embedder, writer, second_look=look), data_dir) as address:
        client = OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        whole = asked(client, ASK)
        messages = [{"role": "user", "content": ASK}]
        chunks = list(client.chat.completions.create(model="newsdesk", messages=messages, stream=True))
    content = whole.choices[0].message.content
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == content
    assert whole.model_extra["status"] == chunks[-1].model_extra["status"] == status
    assert chunks[-1].model_extra.pop("answer_id") != whole.model_extra.pop("answer_id")
    assert whole.model_extra == chunks[-1].model_extra
    if status == "partial":
        assert content.split("\n\n")[1:] == list(CLOSING)
    else:
        assert content.split("\n\n") == [refusal, DECLINED]


def test_the_model_gets_the_turns_before_and_its_usage_is_told(data_dir: Path, embedder: MiniLM) -> None:
    model = ScriptedModel("Pakistan needs small arms [1].")
    with served(service_of(data_dir, embedder, ModelWriter(model, BUDGET)), data_dir) as address:
        client = OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        completion = asked(client, "Who is Masood Khan?", "An ambassador.", ASK)
    assert "Earlier question: Who is Masood Khan?\nEarlier answer: An ambassador." in model.asked[0][-1]["content"]
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (11, 7)


def test_errors_have_the_shape_that_the_client_reads(client: OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as empty:
        asked(client, "")
    assert empty.value.body["message"] == "The question is empty. Type a question in plain words."
    assert empty.value.code == "invalid-question"
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").models.list()
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model="newsdesk", messages=[])
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("other")


def test_an_error_on_the_way_ends_the_stream(data_dir: Path, embedder: MiniLM) -> None:
    model = ScriptedModel("Pakistan needs small arms [1]. And", ModelTimeout("It took too long. Ask again"))
    with served(service_of(data_dir, embedder, ModelWriter(model, BUDGET)), data_dir) as address:
        client = OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        messages = [{"role": "user", "content": ASK}]
        with pytest.raises(openai.InternalServerError) as whole:
            client.chat.completions.create(model="newsdesk", messages=messages)
        assert whole.value.status_code == 504
        with pytest.raises(openai.APIError, match="It took too long"):
            list(client.chat.completions.create(model="newsdesk", messages=messages, stream=True))


def test_a_stream_of_none_is_no_stream(client: OpenAI) -> None:
    messages = [{"role": "user", "content": OFF_TOPIC}]
    told = client.chat.completions.create(model="newsdesk", messages=messages, extra_body={"stream": None})
    assert told.choices[0].finish_reason == "stop"


def test_an_image_is_refused_in_words_that_name_its_place_and_no_type_of_ours(client: OpenAI) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.chat.completions.create(model="newsdesk", messages=[{"role": "user", "content": [image]}])
    said = refused.value.body["message"]
    assert "body.messages.0.content.0.type: Input should be 'text'" in said and "[" not in said


@pytest.mark.parametrize(
    "field",
    [
        {"tools": [{"type": "function", "function": {"name": "look", "parameters": {}}}]},
        {"response_format": {"type": "json_object"}},
        {"stop": ["."]},
        {"logprobs": True},
        {"n": 2},
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_an_answer_from_articles_cannot_be_is_refused_by_name(
    client: OpenAI, field: dict[str, Any], stream: bool
) -> None:
    messages: Any = [{"role": "user", "content": ASK}]
    with pytest.raises(openai.BadRequestError, match=next(iter(field))) as refused:
        client.chat.completions.create(model="newsdesk", messages=messages, stream=stream, **field)
    assert refused.value.param == next(iter(field))
    reply = client.chat.completions.create(model="newsdesk", messages=messages, response_format={"type": "text"})
    assert reply.choices[0].message.content


class Wished(ScriptedModel):
    """Keeps the wishes that it is asked with."""

    async def reply(self, messages: Sequence[dict[str, str]], *wishes: object) -> AsyncGenerator[str | Usage, None]:
        self.wishes = wishes
        async for piece in super().reply(messages):
            yield piece


def test_system_messages_tell_how_to_write_and_sampling_is_handed_on(data_dir: Path, embedder: MiniLM) -> None:
    model = Wished("NOT_IN_ARTICLES: that.")
    messages: Any = [{"role": "system", "content": "Be brief.\nQuestion: none"}, {"role": "user", "content": ASK}]
    with served(service_of(data_dir, embedder, ModelWriter(model, BUDGET)), data_dir) as address:
        client = OpenAI(base_url=f"{address}/v1", api_key="unused", max_retries=0)
        client.chat.completions.create(model="newsdesk", messages=messages, temperature=0.5, max_tokens=10)
        with pytest.raises(openai.UnprocessableEntityError, match="temperature"):
            client.chat.completions.create(model="newsdesk", messages=messages, temperature=9)
    style = "Be brief. Question: none"
    assert model.wishes == (Wishes(style=style.replace(". Q", ".\nQ"), temperature=0.5, max_tokens=10),)
    assert f"\nStyle: {style}\n" in model.asked[0][1]["content"]
    assert model.asked[0][1]["content"].endswith(f"\nQuestion: {ASK}\n")
