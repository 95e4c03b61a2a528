"""The shell face, as a shell runs it: exit codes, what goes to stdout, and one sentence on stderr."""

import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from scripted import nearest_answer
from stub_model import SECRET, Fault, number_of, stub_openai

from evals.known.cases import Place
from evals.suite import COULD_NOT_RUN, MISCONFIGURED, MISSED, PASSED
from index.embedding.embedders import MiniLM
from index.sync.locking import writer_lock
from qa.cli import Exit, main
from qa.models import Answer, Status
from qa.shell.chat import answer_text

Done = subprocess.CompletedProcess[str]
TRAINING = "expand the Anti-Terrorist force training facility"


def newsdesk(*arguments: str | bytes, encoding: str = "utf-8", **settings: object) -> Done:
    """Run the command within this process, with the settings given and no provider key."""
    said, errors = (TextIOWrapper(BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
    words = [os.fsdecode(argument) for argument in arguments]
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.endswith("_API_KEY")]:
            patch.delenv(name)
        for name, value in settings.items():
            patch.setenv(name, str(value))
        patch.setattr("sys.argv", ["newsdesk", *words])
        patch.setattr("sys.stdout", said)
        patch.setattr("sys.stderr", errors)
        patch.setattr("qa.cli.leave", sys.exit)  # which ends the process at once
        before = signal.getsignal(signal.SIGTERM)
        with pytest.raises(SystemExit) as end:
            main()
        signal.signal(signal.SIGTERM, before)
    out, err = (stream.buffer.getvalue().decode() for stream in (said, errors))
    assert "Traceback" not in out + err
    return subprocess.CompletedProcess(words, end.value.code, out, err)


def newsdesk_process(*arguments: str, **settings: object) -> Done:
    """Run the command as a program of its own, as `newsdesk` does within this one.

    One that asks a model leaves its connections to the end of the process.
    """
    environment = {
        name: value for name, value in os.environ.items() if not name.endswith("_API_KEY") and name[:3] != "QA_"
    }
    environment |= {name: str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "qa.cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def fails(done: Done, code: int, *said: str) -> None:
    """Check that a command ended with a code, nothing on stdout, and one line on stderr that says so much."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("newsdesk: ") and done.stderr.endswith("\n")
    assert done.stderr.count("\n") == 1
    for words in said:
        assert words in done.stderr


def test_indexing_reports_what_it_did_and_then_that_nothing_changed(tmp_path: Path) -> None:
    first, second = newsdesk("index", QA_DATA_DIR=tmp_path), newsdesk("index", QA_DATA_DIR=tmp_path)
    assert (first.returncode, first.stderr) == (second.returncode, second.stderr) == (0, "")
    lines = first.stdout.splitlines()
    assert lines[0] == "added     5" and lines[1].strip() == "000_01356c2963794699.txt"
    assert {"changed   0", "removed   0", "unchanged 0"} <= set(lines)
    assert lines[-2].startswith("junk      ") and lines[-2].endswith(" lines of page junk left out")
    assert lines[-1].startswith("snapshot  000001: 5 articles, ")
    assert {"added     0", "unchanged 5"} <= set(second.stdout.splitlines())
    assert "snapshot  000001: " in second.stdout


def test_a_binary_file_is_named_and_the_rest_is_indexed(tmp_path: Path) -> None:
    corpus = tmp_path / "news"
    corpus.mkdir()
    (corpus / "storm.txt").write_text("The storm closed the harbour of Northport on Monday.\n")
    (corpus / "photo.txt").write_bytes(bytes(range(256)) * 40)
    done = newsdesk("index", str(corpus), QA_DATA_DIR=tmp_path / "data")
    assert (done.returncode, done.stderr) == (3, "")
    assert "added     1\n          storm.txt\n" in done.stdout
    assert "skipped   photo.txt: " in done.stdout


def test_a_second_indexer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        done = newsdesk("index", QA_DATA_DIR=tmp_path)
    fails(done, 75, f"Process {os.getpid()} on ", "then run: newsdesk index")


def test_an_answer_is_shown_with_its_quotes_files_and_offsets(data_dir: Path) -> None:
    question = "How many new police stations will be constructed?"
    done, asked = (newsdesk("ask", *how, question, QA_DATA_DIR=data_dir) for how in ((), ("--json",)))
    assert (done.returncode, done.stderr) == (0, "")
    answer = Answer.model_validate_json(asked.stdout)
    assert done.stdout.startswith(answer.text)
    for citation in answer.citations:
        place = f"[{citation.marker}] {citation.path} {citation.start}-{citation.end}"
        assert place in done.stdout and f"\n    {citation.quote}" in done.stdout


def test_what_comes_nearest_is_shown_below_a_line_that_says_so() -> None:
    place = Place(path="a.txt", quote="The river rose.", start=4)
    heading, said, cited = answer_text(nearest_answer("How far did it rise?", place)).split("\n\n")
    assert heading == "The articles may not say. These sentences come nearest:"
    assert (said, cited) == ("The river rose. [1]", "[1] a.txt 4-19\n    The river rose.")


def test_an_answer_as_json_is_whole_and_its_quotes_are_the_files(data_dir: Path, seed_folder: Path) -> None:
    question = "What did Miller say about the letter?"
    done = newsdesk("ask", "--json", question, QA_DATA_DIR=data_dir)
    answer = Answer.model_validate_json(done.stdout)
    assert (answer.question, answer.model, answer.snapshot) == (question, "extractive", "000001")
    assert answer.hits
    quotes = [(one.path, one.start, one.end, one.quote) for one in answer.citations]
    found = [(one.passage.path, one.passage.start, one.passage.end, one.passage.text) for one in answer.hits]
    for path, start, end, quote in (*quotes, *found):
        assert (seed_folder / path).read_bytes().decode()[start:end] == quote


def test_json_is_utf_8_whatever_the_shell_speaks(data_dir: Path) -> None:
    done = newsdesk("ask", "--json", "What did Miller say?", QA_DATA_DIR=data_dir, encoding="ascii")
    assert any("’" in hit["passage"]["text"] for hit in json.loads(done.stdout)["hits"])


def test_text_for_a_shell_without_unicode_is_escaped(data_dir: Path) -> None:
    done = newsdesk("search", "What did Miller say about the letter?", QA_DATA_DIR=data_dir, encoding="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii() and "wouldn\\u2019t" in done.stdout


def test_what_the_articles_do_not_say_is_an_answer(data_dir: Path) -> None:
    done = newsdesk("ask", b"What is the recipe for \xff bread?", QA_DATA_DIR=data_dir)
    assert (done.returncode, done.stderr) == (0, "")
    text, missing = done.stdout.split("\n\n")
    assert text == "The articles do not say."
    assert missing == "Missing: Nothing in the articles answers: What is the recipe for \ufffd\ufffd\ufffd bread?\n"


def test_the_status_says_what_is_indexed(data_dir: Path, seed_folder: Path) -> None:
    done = newsdesk("status", QA_DATA_DIR=data_dir)
    assert (done.returncode, done.stderr) == (0, "")
    rows = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert rows["corpus"] == str(seed_folder)
    assert rows["snapshot"] == f"000001 in {data_dir}"
    assert rows["articles"].startswith("5, in ") and rows["embedder"] == MiniLM.id
    assert rows["model"] == "extractive"


@pytest.mark.parametrize("command", [["ask", "Who is Blome?"], ["status"]])
def test_before_the_first_index_the_next_command_is_named(command: list[str], tmp_path: Path) -> None:
    fails(newsdesk(*command, QA_DATA_DIR=tmp_path), 2, f"There is no index in '{tmp_path}' yet. Run: newsdesk index\n")


def test_an_empty_folder(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = newsdesk("index", str(empty), QA_DATA_DIR=tmp_path / "data")
    fails(done, 2, f"There is no article in '{empty}'", "Add some, or give another folder\n")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = newsdesk("index", str(tmp_path / "gone"), QA_DATA_DIR=tmp_path / "data")
    fails(done, 2, f"'{tmp_path / 'gone'}' does not exist", "newsdesk index FOLDER\n")


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = newsdesk("ask", "Who is Blome?", QA_DATA_DIR=tmp_path / "file")
    fails(done, 2, "Not a directory", "Check the folder's name and rights, and the room on the disk\n")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("", "The question is empty. Type a question in plain words\n"),
        ("x" * 10_000, "10,000 characters long; the limit is 4,000. Ask for one thing at a time\n"),
    ],
)
def test_a_question_that_cannot_be_asked(question: str, said: str, data_dir: Path) -> None:
    fails(newsdesk("ask", question, QA_DATA_DIR=data_dir), 2, said)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("QA_MODL", "extractive", "There is no setting QA_MODL. Did you mean QA_MODEL?\n"),
        ("QA_PORT", "http", "QA_PORT is not valid: "),
    ],
)
def test_a_setting_that_is_wrong(setting: str, value: str, said: str) -> None:
    fails(newsdesk("status", **{setting: value}), 2, said)


@pytest.fixture(scope="module")
def asked_of_models(data_dir: Path) -> dict[str, Done]:
    """Ask four models at a time, since each loads LiteLLM for seconds."""

    def ask(model: str, **more: str) -> Done:
        question = "What does the US give for the training facility of the anti-terrorist force?"
        return newsdesk_process("ask", "--json", question, QA_DATA_DIR=data_dir, QA_MODEL=model, **more)

    with stub_openai() as good, stub_openai() as refusing, ThreadPoolExecutor(4) as pool:
        good.size, refusing.fault = 3, Fault.UNAUTHORISED
        good.reply = lambda prompt: (
            f"It gives $4 million to {TRAINING} 【{number_of(TRAINING, prompt)}】.\nMISSING: when."
        )
        asked = {
            "good": pool.submit(ask, "openai/stub", QA_API_BASE=good.base),
            "refusing": pool.submit(ask, "openai/stub", QA_API_BASE=refusing.base),
            "without key": pool.submit(ask, "openai/gpt-4o-mini"),
            "unknown": pool.submit(ask, "nobody/nothing"),
        }
        return {name: one.result() for name, one in asked.items()}


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            "without key",
            "needs OPENAI_API_KEY in the environment. Set it, or unset QA_MODEL to answer without a model\n",
        ),
        ("unknown", "LiteLLM does not know the model 'nobody/nothing'. Write QA_MODEL as PROVIDER/MODEL\n"),
    ],
)
def test_a_model_that_cannot_be_asked(model: str, said: str, asked_of_models: dict[str, Done]) -> None:
    fails(asked_of_models[model], 2, said)


def test_a_model_that_fails_leaves_the_passages_found(asked_of_models: dict[str, Done]) -> None:
    done = asked_of_models["refusing"]
    assert (done.returncode, done.stdout) == (2, "")
    error, title, *passages = done.stderr.splitlines()
    assert error == "newsdesk: The model 'openai/stub' refused the key. Check the key of the provider"
    assert title == "Passages found:"
    assert TRAINING in done.stderr
    assert [row[:4] for row in passages if row.startswith("[")] == ["[1] ", "[2] ", "[3] ", "[4] ", "[5] "]
    assert SECRET not in done.stderr


def test_a_model_behind_an_endpoint_gives_a_cited_answer(asked_of_models: dict[str, Done], seed_folder: Path) -> None:
    done = asked_of_models["good"]
    assert (done.returncode, done.stderr) == (0, "")
    answer = Answer.model_validate_json(done.stdout)
    assert answer.text == f"It gives $4 million to {TRAINING} [1]."
    assert (answer.status, answer.missing, answer.model) == (Status.PARTIAL, "when.", "openai/stub")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (11, 7)
    text = (seed_folder / answer.citations[0].path).read_bytes().decode()
    assert text[answer.citations[0].start : answer.citations[0].end] == answer.citations[0].quote


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Commands:"),
        (["ask"], "Missing argument"),
        (["ask", "Who", "is Blome?"], "unexpected extra argument"),
        (["answer"], "No such command"),
        (["status", "--all"], "No such option"),
    ],
)
def test_a_wrong_command_line_is_answered_with_the_usage(arguments: list[str], said: str) -> None:
    done = newsdesk(*arguments)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert "Usage: newsdesk " in done.stderr and said in done.stderr


@pytest.mark.parametrize(
    ("option", "said"), [("--version", f"newsdesk {version('newsdesk')}\n"), ("--help", "Usage: ")]
)
def test_what_the_command_says_of_itself(option: str, said: str) -> None:
    done = newsdesk(option)
    assert (done.returncode, done.stderr) == (Exit.DONE, "")
    assert done.stdout.startswith(said)


def test_nobody_reads_what_is_printed(data_dir: Path) -> None:
    command = [sys.executable, "-m", "qa.cli", "status"]
    environment = os.environ | {"QA_DATA_DIR": str(data_dir)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (Exit.UNREAD, b"")


@pytest.mark.parametrize(
    ("happens", "code", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGINT)", Exit.INTERRUPTED, ""),
        ("os.kill(os.getpid(), signal.SIGTERM)", Exit.TERMINATED, ""),
        ("raise RuntimeError('What is this?')", Exit.FAULT, "RuntimeError: What is this?\n"),
    ],
)
def test_what_comes_between_has_an_exit_code_of_its_own(happens: str, code: Exit, said: str, data_dir: Path) -> None:
    program = f"""
import os, signal, sys
from qa.cli import main

def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith("manifest.json"):
        {happens}

sys.addaudithook(watch)
sys.argv = ["newsdesk", "status"]
main()
"""
    environment = os.environ | {"QA_DATA_DIR": str(data_dir)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.endswith(said) and bool(done.stderr) == bool(said)


def test_the_exit_codes_of_the_readme_are_those_of_the_program() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", readme, re.MULTILINE)
    assert rows == [(str(one.value), one.__doc__) for one in Exit]
    assert len(rows) == len(set(rows)) == len(Exit.__members__)


def test_the_suite_ends_with_the_same_codes() -> None:
    assert (PASSED, MISSED, COULD_NOT_RUN, MISCONFIGURED) == (0, Exit.MISSED, Exit.FAILED, Exit.SKIPPED)


def test_the_options_say_which_articles_are_asked(data_dir: Path) -> None:
    asked = newsdesk(
        "ask", "--json", "--outlet", "Devdiscourse", "--from", "2022-12-01", TRAINING, QA_DATA_DIR=data_dir
    )
    answer = Answer.model_validate_json(asked.stdout)
    assert {hit.passage.path for hit in answer.hits} == {"004_babc4bf3d394c5e5.txt"}
    found = newsdesk("search", "--to", "2000-01-01", "--outlet", "Devdiscourse", TRAINING, QA_DATA_DIR=data_dir)
    assert found.stdout.startswith(
        "scope     articles from Devdiscourse\nscope     articles published until 1 January 2000"
    )
    assert "No article is within the scope: from Devdiscourse" in found.stdout
    fails(
        newsdesk("ask", "--outlet", "Nobody", TRAINING, QA_DATA_DIR=data_dir), Exit.FAILED, "'Nobody'", "Which outlets"
    )
    fails(newsdesk("chat", "--from", "May", QA_DATA_DIR=data_dir), Exit.FAILED, "'May' is not a day")
    fails(newsdesk("search", "--folder", "../x", TRAINING, QA_DATA_DIR=data_dir), Exit.FAILED, "is not below")
