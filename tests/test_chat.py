"""The conversation at the shell: what is printed when, which turns are handed on, and what ends an answer or all."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from scripted import abstention, cited_answer, hit

from evals.known.cases import Place
from index.errors import NoSnapshot
from index.models import EVERYTHING, Scope
from qa.cli import Exit
from qa.models import Answer, DoneEvent, Event, HitsEvent, StatementEvent, Turn
from qa.models.errors import ModelUnavailable
from qa.shell.chat import answer_text, converse, print_answer

COMMAND = [sys.executable, "-m", "qa.cli", "chat"]
RIVER = Place(path="a.txt", quote="The river rose.", start=4)
STORM = Place(path="b.txt", quote="The storm hit.", start=0)
FLOOD = cited_answer("What happened?", [(RIVER.quote, RIVER), (STORM.quote, STORM)])

Step = Event | Exception | Callable[[], None]


class ScriptedStream:
    """A service that goes through the steps that it has for a question: yields, raises or calls them."""

    def __init__(self, script: dict[str, Sequence[Step]]) -> None:
        self.script = script
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.let_go: list[str] = []
        self.scopes: set[Scope] = set()

    async def stream(
        self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYTHING
    ) -> AsyncGenerator[Event, None]:
        self.scopes.add(scope)
        self.asked.append((question, tuple(history)))
        try:
            for step in self.script.get(question, [DoneEvent(answer=abstention(question))]):
                if isinstance(step, Exception):
                    raise step
                if callable(step):
                    step()
                    await asyncio.sleep(0)
                else:
                    yield step
        finally:
            self.let_go.append(question)


def told(answer: Answer) -> list[Event]:
    """The events of an answer."""
    events: list[Event] = [HitsEvent(hits=answer.hits)]
    end = 0
    for statement in answer.statements:
        events.append(StatementEvent(statement=statement, separator=answer.text[end : statement.start]))
        end = statement.end
    return [*events, DoneEvent(answer=answer)]


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def conversed(service: ScriptedStream, *lines: str) -> None:
    asyncio.run(converse(service, iter(lines)))


def turn(answer: Answer) -> Turn:
    return Turn(question=answer.question, answer=answer.text)


def test_an_answer_is_printed_statement_by_statement_and_then_what_it_rests_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[str] = []
    hits, first, second, done = told(FLOOD)

    def look() -> None:
        seen.append(capsys.readouterr().out)

    steps: list[Step] = [hits, look, first, look, second, look, done]
    assert asyncio.run(print_answer(ScriptedStream({"What happened?": steps}), "What happened?")) == FLOOD
    assert seen == ["", "The river rose. [1]", " The storm hit. [2]"]
    assert "".join(seen) + capsys.readouterr().out == f"{answer_text(FLOOD)}\n"


def test_what_a_terminal_would_obey_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    place = Place(path="a.txt", quote="It \x1b[2Jrained.", start=0)
    answer = cited_answer("Why?", [(place.quote, place)])
    asyncio.run(print_answer(ScriptedStream({"Why?": told(answer)}), "Why?"))
    assert "\x1b" not in (out := capsys.readouterr().out) and out.count("It \\x1b[2Jrained.") == 2


def test_earlier_turns_are_handed_on_until_the_conversation_begins_anew(capsys: pytest.CaptureFixture[str]) -> None:
    service = ScriptedStream({"What happened?": told(FLOOD)})
    conversed(service, "What happened?\n", "  When?  ", "", " \t", "/new", "Where?", "/quit", "Who?")
    first, second = turn(FLOOD), turn(abstention("When?"))
    assert service.asked == [("What happened?", ()), ("When?", (first,)), ("Where?", ())]
    assert second not in service.asked[-1][1]
    out, err = capsys.readouterr()
    assert out == "".join(f"{answer_text(one)}\n\n" for one in (FLOOD, abstention("When?"), abstention("Where?")))
    assert err == "A new conversation.\n"


def test_an_error_is_said_and_the_conversation_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    gone = ModelUnavailable("The model is gone")
    gone.hits = (hit(RIVER),)
    errors = {"One?": [gone], "Two?": [NoSnapshot("There is no index")], "Three?": [OSError("Disk")]}
    service = ScriptedStream({"What happened?": told(FLOOD), **errors})
    conversed(service, "What happened?", *errors, "Four?")
    assert service.asked[-1] == ("Four?", (turn(FLOOD),))
    out, err = capsys.readouterr()
    assert out.endswith(f"\n\n{answer_text(abstention('Four?'))}\n\n")
    model, _, place, quote, index, disk = err.splitlines()
    assert (model, index) == ("newsdesk: The model is gone", "newsdesk: There is no index")
    assert place.startswith("[1] ") and quote == "    The river rose."
    assert disk == "newsdesk: Disk. Check the folder's name and rights, and the room on the disk"


def test_an_answer_that_breaks_off_ends_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    service = ScriptedStream({"What happened?": [*told(FLOOD)[:2], ModelUnavailable("It broke off")]})
    conversed(service, "What happened?")
    assert capsys.readouterr() == ("The river rose. [1]\n", "newsdesk: It broke off\n")


def test_ctrl_c_stops_the_answer_in_progress_and_the_next_question_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hits, first, second, done = told(FLOOD)
    service = ScriptedStream({"What happened?": [hits, first, ctrl_c, *[lambda: None] * 9, second, done]})
    conversed(service, "What happened?", "When?")
    assert service.asked == [("What happened?", ()), ("When?", ())]
    assert service.let_go == ["What happened?", "When?"]
    assert capsys.readouterr() == (f"The river rose. [1]\n{answer_text(abstention('When?'))}\n\n", "Stopped.\n")


def test_ctrl_c_while_a_line_is_waited_for_ends_the_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    def lines() -> Iterator[str]:
        yield "When?"
        ctrl_c()
        yield "Where?"

    service = ScriptedStream({})
    asyncio.run(converse(service, lines()))
    assert [question for question, _ in service.asked] == ["When?"]
    assert capsys.readouterr().err == "\n"


def test_the_end_of_the_program_asks_no_further_question() -> None:
    service = ScriptedStream(
        {"When?": [lambda: asyncio.get_running_loop().call_soon(task.cancel), *[lambda: None] * 9]}
    )

    async def ended() -> None:
        nonlocal task
        task = asyncio.ensure_future(converse(service, iter(["When?", "Where?"])))
        await asyncio.wait({task})

    task: asyncio.Future[None]
    asyncio.run(ended())
    assert task.cancelled()
    assert [question for question, _ in service.asked] == service.let_go == ["When?"]


def test_a_word_after_a_slash_that_is_no_command_is_no_question(capsys: pytest.CaptureFixture[str]) -> None:
    service = ScriptedStream({})
    conversed(service, "/exit", "/new York?")
    assert [question for question, _ in service.asked] == ["/new York?"]
    assert capsys.readouterr().err == "There is no command /exit. There are /new and /quit\n"


def test_piped_lines_are_answered_as_they_are_elsewhere(data_dir: Path, ask: Callable[..., Answer]) -> None:
    first = "How much will the US provide for the anti-terrorist force training facility in Balochistan?"
    then = "And how much for equipment?"
    lines = f"{first}\n\n{then}\n/new\n{then}\n".encode() + b"\xff\n"
    environment = os.environ | {"QA_DATA_DIR": str(data_dir)}
    done = subprocess.run(COMMAND, input=lines, env=environment, capture_output=True, timeout=120, check=False)
    answers = [ask(first), ask(then, first), ask(then)]
    assert answer_text(answers[1]) != answer_text(answers[2])
    assert done.returncode == Exit.DONE
    assert done.stdout.decode() == "".join(f"{answer_text(one)}\n\n" for one in answers)
    assert done.stderr.decode().splitlines()[1] == "newsdesk: The question is empty. Type a question in plain words"


def test_without_an_index_nothing_is_asked(tmp_path: Path) -> None:
    environment = os.environ | {"QA_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        COMMAND, stdin=subprocess.DEVNULL, env=environment, capture_output=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (Exit.FAILED, b"")
    assert done.stderr.startswith(b"newsdesk: There is no index in ")


@pytest.mark.parametrize("printed_to_a_file", [False, True])
def test_at_a_terminal_there_is_a_prompt_and_ctrl_c_or_ctrl_d_ends(
    printed_to_a_file: bool, data_dir: Path, tmp_path: Path
) -> None:
    here, there = os.openpty()
    answers = tmp_path / "answers"
    seen = b""

    def wait_for(*words: bytes) -> None:
        nonlocal seen
        while not re.search(b".*".join(map(re.escape, words)), seen, re.DOTALL):
            seen += os.read(here, 10_000)

    with answers.open("wb") as file:
        process = subprocess.Popen(
            COMMAND,
            stdin=there,
            stdout=file if printed_to_a_file else there,
            stderr=there,
            env=os.environ | {"QA_DATA_DIR": str(data_dir), "TERM": "dumb"},
            start_new_session=True,
        )
    try:
        wait_for(b"> ")
        assert seen.startswith(b"Ask a question. ")
        seen = b""
        os.write(here, b"What is the National Action Plan?\n")
        wait_for(*([] if printed_to_a_file else [b"[1] 003_"]), b"\n> ")
        if printed_to_a_file:
            os.write(here, b"\x04")
        else:
            process.send_signal(signal.SIGINT)
            os.write(here, b"\n")  # readline sleeps through a signal that comes just before it begins to wait
        assert process.wait(60) == Exit.DONE
    finally:
        process.kill()
        process.wait()
        os.close(here)
        os.close(there)
    assert (b"[1] 003_" in answers.read_bytes()) == printed_to_a_file
