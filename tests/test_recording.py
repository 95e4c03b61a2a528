"""Replies recorded once and replayed: the same answer, from files that a person can review."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from stub_model import BUDGET, USAGE, AnsweringModel, ScriptedModel, service_of

from index.embedding.embedders import MiniLM
from qa.checking.second_look import SecondLook
from qa.llm.model import LanguageModel
from qa.llm.recording import RecordingModel, ReplayedModel
from qa.models import Answer, StatementEvent, Turn
from qa.models.errors import InvalidSettings, ModelUnavailable, QAError, RecordingMissing
from qa.settings import Settings
from qa.wiring import build_model, build_service
from qa.writing.writer import ModelWriter

QUESTION = "What will the US give to the Balochistan police?"
GOOD = AnsweringModel(lambda number: f"It builds stations [{number('four new')}].\nMISSING: when, “exactly”.", size=2)
Ask = Callable[..., Answer]


@pytest.fixture
def ask(data_dir: Path, embedder: MiniLM) -> Iterator[Ask]:
    def asked(model: LanguageModel, question: str = QUESTION, history: tuple[Turn, ...] = ()) -> Answer:
        service = service_of(data_dir, embedder, ModelWriter(model, BUDGET))
        try:
            return asyncio.run(service.ask(question, history))
        finally:
            service.close()

    yield asked


def same(one: Answer) -> Answer:
    return one.model_copy(update={"id": "", "timings": {}, "prompt_version": None})


def test_a_replay_gives_the_answer_of_the_recording_and_asks_nobody(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "replies"
    recorded = ask(RecordingModel(GOOD, folder))
    assert recorded.citations and recorded.missing == "when, “exactly”." and recorded.usage == USAGE
    assert same(ask(ReplayedModel("scripted", folder))) == same(recorded)


def test_the_prompts_fence_makes_no_other_request_of_it(ask: Ask, tmp_path: Path) -> None:
    for _ in range(2):
        ask(RecordingModel(GOOD, tmp_path))
    assert GOOD.asked[-1] != GOOD.asked[-2]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_second_look_is_recorded_and_replayed_too(data_dir: Path, embedder: MiniLM, tmp_path: Path) -> None:
    def asked(writer: LanguageModel, other: LanguageModel) -> Answer:
        service = service_of(data_dir, embedder, ModelWriter(writer, BUDGET), second_look=SecondLook(other, BUDGET))
        answer = asyncio.run(service.ask(QUESTION))
        service.close()
        return answer

    look = ScriptedModel("1. partly: no stations")
    recorded = [asked(RecordingModel(GOOD, tmp_path), RecordingModel(look, tmp_path)) for _ in range(2)]
    assert len(list(tmp_path.iterdir())) == 2
    assert recorded[0].statements[0].support == "partly" and look.asked[0] != look.asked[1]
    replayed = ReplayedModel("scripted", tmp_path)
    assert same(asked(replayed, replayed)) == same(recorded[0]) == same(recorded[1])


def test_a_recording_can_be_read_line_by_line(ask: Ask, tmp_path: Path) -> None:
    ask(RecordingModel(GOOD, tmp_path))
    (file,) = tmp_path.iterdir()
    recording = json.loads(file.read_text(encoding="utf-8"))
    assert list(recording) == ["model", "messages", "reply", "usage"]
    assert [message["role"] for message in recording["messages"]] == ["system", "user"]
    assert recording["messages"][1]["content"][-1] == f"Question: {QUESTION}\n"
    assert recording["messages"][1]["content"][0] == "===== nonce =====\n"
    assert len(recording["reply"]) == 2 and recording["reply"][1] == "MISSING: when, “exactly”."
    assert recording["usage"] == USAGE.model_dump()
    rows = file.read_text(encoding="utf-8").splitlines()
    assert '    "===== nonce =====\\n",' in rows and any("“exactly”" in row for row in rows)


@pytest.mark.parametrize(
    "other",
    [
        {"question": "What will the US give to the Balochistan police force?"},
        {"history": (Turn(question="Who is Blome?", answer="An ambassador."),)},
        {"model": "another"},
    ],
)
def test_another_request_has_no_recording_and_is_told_how_to_get_one(
    other: dict[str, object], ask: Ask, tmp_path: Path
) -> None:
    ask(RecordingModel(GOOD, tmp_path))
    (file,) = tmp_path.iterdir()
    with pytest.raises(
        RecordingMissing, match=r"no recording of this request, '\w{16}\.json'\. Record it: give"
    ) as error:
        ask(ReplayedModel(str(other.pop("model", "scripted")), tmp_path), **other)
    assert file.name not in str(error.value)
    assert error.value.hits


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"model": "scripted"}', b"\xff"])
def test_a_recording_that_cannot_be_read_is_said_to_be_one(content: bytes, ask: Ask, tmp_path: Path) -> None:
    ask(RecordingModel(GOOD, tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    with pytest.raises(RecordingMissing, match=rf"{file.name}' cannot be read\. Record it"):
        ask(ReplayedModel("scripted", tmp_path))


def test_what_broke_off_is_not_recorded(ask: Ask, tmp_path: Path, data_dir: Path, embedder: MiniLM) -> None:
    with pytest.raises(ModelUnavailable):
        ask(RecordingModel(ScriptedModel("It builds stations [1]. And", ModelUnavailable("no")), tmp_path))
    service = service_of(data_dir, embedder, ModelWriter(RecordingModel(GOOD, tmp_path), BUDGET))

    async def stopped() -> None:
        async with aclosing(service.stream(QUESTION)) as events:
            async for event in events:
                if isinstance(event, StatementEvent):
                    break

    asyncio.run(stopped())
    service.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_named_by_its_setting(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(QAError, match=r"cannot be recorded: .+\. Check the folder in QA_RECORD"):
        ask(RecordingModel(GOOD, tmp_path / "file"))


def test_a_replay_needs_no_key_and_no_address(
    ask: Ask, tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    recorded = ask(RecordingModel(GOOD, tmp_path))
    service = build_service(Settings(model="scripted", replay=tmp_path, data_dir=data_dir, hits=8))
    answer = asyncio.run(service.ask(QUESTION))
    assert [
        note for note in answer.notes if "There is no recording of this request" not in note
    ] == []  # of a second look
    assert same(answer.model_copy(update={"notes": ()})) == same(recorded)
    assert capfd.readouterr().out == ""  # LiteLLM prints its providers where it does not know a name
    service.close()


def test_the_settings_say_whether_replies_are_recorded_or_replayed(tmp_path: Path) -> None:
    asked = {"model": "openai/stub", "api_base": "http://127.0.0.1:9/v1"}
    assert isinstance(build_model(Settings(**asked, record=tmp_path)), RecordingModel)
    assert isinstance(build_model(Settings(**asked, replay=tmp_path)), ReplayedModel)
    with pytest.raises(InvalidSettings, match="both set"):
        build_model(Settings(**asked, record=tmp_path, replay=tmp_path))
    with pytest.raises(InvalidSettings, match=r"Set QA_MODEL, or unset them"):
        build_model(Settings(replay=tmp_path))
