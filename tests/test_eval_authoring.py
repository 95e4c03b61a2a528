"""Cases of one's own: drafts are proposed, accepted by a person, and checked against the published schema."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import WordEmbedder, WordReader
from stub_model import ScriptedModel

from evals.authoring import main_accept, main_check, main_init
from evals.errors import BadConfiguration, EvalError
from evals.known.cases import Case, Kind
from evals.known.drafting import GAP, propose
from evals.known.files import SCHEMA, read_cases, schema, write_cases
from evals.known.shipped import CASES
from index.store.snapshots import DataFolder, Snapshot
from index.sync.syncing import sync
from qa.models.errors import ModelBusy
from qa.settings import Settings

TEXT = """Mayor opens bridges

SPRINGFIELD: The mayor opened 14 bridges across the river on Monday.

The bridges cost $3 million and took years to build, Anna Larsson told reporters.

Nobody was hurt.
"""
OPENED = "The mayor opened 14 bridges across the river on Monday."


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "bridges.txt").write_text(TEXT, encoding="utf-8")
    return folder


@pytest.fixture
def snapshot(corpus: Path, tmp_path: Path, word_embedder: WordEmbedder) -> Iterator[Snapshot]:
    data = DataFolder(tmp_path / "data")
    sync(corpus, data, word_embedder)
    opened = Snapshot(data.require_current())
    yield opened
    opened.close()


def case(**changed: Any) -> dict[str, Any]:
    return {
        "id": "one",
        "kind": "number",
        "question": "How many bridges did the mayor open?",
        "evidence": [[{"path": "bridges.txt", "quote": "opened 14 bridges"}]],
        "required": [["14 bridges"]],
    } | changed


def written(file: Path, *cases: dict[str, Any]) -> Path:
    write_cases(file, [Case.model_validate(one) for one in cases])
    return file


def test_the_published_schema_is_that_of_the_code() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_shipped_cases_fit_the_published_schema() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for line in CASES.read_text(encoding="utf-8").splitlines():
        assert not list(validator.iter_errors(json.loads(line)))


def test_the_schema_refuses_what_is_no_case() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for wrong in ({"id": "a"}, case(kind="riddle"), case(extra=1), case(evidence=[[]]), case(question="")):
        assert list(validator.iter_errors(wrong)), wrong


@pytest.mark.parametrize("suffix", ["jsonl", "yaml", "yml"])
def test_cases_are_read_as_they_were_written(tmp_path: Path, suffix: str) -> None:
    cases = [Case.model_validate(case()), Case.model_validate(case(id="two", question="Då?", draft=True))]
    file = tmp_path / f"cases.{suffix}"
    write_cases(file, cases)
    assert [one.case for one in read_cases(file)] == cases
    assert "start" not in file.read_text(encoding="utf-8")
    assert "Då?" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- id: [", "not YAML"),
        ("id: one", "no list of cases"),
        ("", "no case in"),
        ("- id: one\n  kind: number\n  question: 7", "item 1, case 'one': question"),
    ],
)
def test_yaml_that_holds_no_cases_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration, match=message):
        read_cases(file)


def test_drafts_ask_for_a_figure_a_date_or_a_name_of_one_sentence(snapshot: Snapshot) -> None:
    drafts = propose(snapshot, WordReader(), 5)
    assert all(draft.draft for draft in drafts)
    answerable = [draft for draft in drafts if draft.answerable]
    assert {draft.required[0][0] for draft in answerable} == {"14", "$3 million"}
    assert all(GAP in draft.question and draft.required[0][0] not in draft.question for draft in answerable)
    (unanswerable,) = [draft for draft in drafts if not draft.answerable]
    assert (unanswerable.kind, unanswerable.question[:8]) == (Kind.WRONG_TIME, "In 1960:")


def test_what_the_reader_is_surest_of_is_proposed_first(snapshot: Snapshot) -> None:
    drafts = propose(snapshot, WordReader(0.1, {"cost": 0.9}), 1)
    assert [draft.required for draft in drafts] == [(("$3 million",),)]


@pytest.mark.parametrize(
    ("reply", "error", "question"),
    [
        ("How much did the\nbridges cost?", None, "How much did the bridges cost?"),
        ("Did they cost $3 million?", None, None),
        ("", None, None),
        ("How much", ModelBusy("busy"), None),
    ],
)
def test_a_model_words_the_question_unless_it_fails_or_tells_the_answer(
    snapshot: Snapshot, reply: str, error: Exception | None, question: str | None
) -> None:
    reader = WordReader(0.1, {"cost": 0.9})
    plain = propose(snapshot, reader, 1)[0].question
    assert propose(snapshot, reader, 1, ScriptedModel(reply, error))[0].question == (question or plain)


def test_init_writes_drafts_that_check_finds_sound(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cases.jsonl"
    assert main_init(Settings(), corpus, out, 4) == 0
    assert "newsdesk eval accept" in capsys.readouterr().out
    assert main_check(out, corpus) == 0
    assert "drafts: no problems" in capsys.readouterr().out
    with pytest.raises(BadConfiguration, match="there already"):
        main_init(Settings(), corpus, out)


def test_init_says_when_there_is_nothing_to_ask_for(tmp_path: Path, corpus: Path) -> None:
    (corpus / "bridges.txt").write_text("nothing happened, and nobody was there to see it happen.\n", encoding="utf-8")
    with pytest.raises(EvalError, match="Write cases by hand"):
        main_init(Settings(), corpus, tmp_path / "cases.jsonl")


def typing(*typed: str) -> Callable[[str], str]:
    lines = iter(typed)

    def ask(_: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    return ask


def drafts(tmp_path: Path) -> Path:
    some = [case(id=name, question=f"How many bridges, {name}?", draft=True) for name in ("one", "two", "three")]
    return written(tmp_path / "cases.jsonl", *some, case(id="old", question="Who?"))


def left(file: Path) -> dict[str, tuple[str, bool]]:
    return {one.case.id: (one.case.question, one.case.draft) for one in read_cases(file)}


def test_a_person_sees_each_draft_beside_its_evidence_and_decides(tmp_path: Path) -> None:
    file, said = drafts(tmp_path), []
    assert main_accept(file, [], typing("a", "How many were opened?", "d"), said.append) == 0
    assert left(file) == {
        "one": ("How many bridges, one?", False),
        "two": ("How many were opened?", False),
        "old": ("Who?", False),
    }
    assert "evidence      bridges.txt: opened 14 bridges" in said[0]
    assert said[-1].startswith("Accepted 2; 0 drafts are left")


def test_what_was_decided_is_kept_when_a_person_stops(tmp_path: Path) -> None:
    for typed in (("a", "q"), ("a",)):
        file = drafts(tmp_path)
        main_accept(file, [], typing(*typed), lambda _: None)
        assert [draft for _, draft in left(file).values()] == [False, True, True, False]


def test_a_question_that_holds_its_answer_is_asked_for_again(tmp_path: Path) -> None:
    file, said = drafts(tmp_path), []
    main_accept(file, [], typing("Were 14 bridges opened?", "", "s", "q"), said.append)
    assert "holds its own answer" in said[1]
    assert all(draft for name, (_, draft) in left(file).items() if name != "old")


def test_drafts_are_accepted_by_name(tmp_path: Path) -> None:
    file = drafts(tmp_path)
    main_accept(file, ["two"], typing(), lambda _: None)
    assert [draft for _, draft in left(file).values()] == [True, False, True, False]
    with pytest.raises(BadConfiguration, match="'old' is no draft"):
        main_accept(file, ["old"], typing(), lambda _: None)


def test_check_says_everything_that_is_not_sound(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quote = {"path": "bridges.txt", "quote": "bridges"}
    file = written(
        tmp_path / "cases.yaml",
        case(),
        case(question="Again?"),
        case(id="b", question="How many bridges did the Mayor open?"),
        case(id="c", question="Were 14 bridges opened?"),
        case(id="d", question="What cost?", required=[["$4 million"]]),
        case(id="e", question="Where?", evidence=[[quote]]),
        case(id="f", question="When?", evidence=[[quote | {"path": "absent.txt"}]]),
    )
    assert main_check(file, corpus) == 3
    told = capsys.readouterr().out.splitlines()
    for line, part in zip(
        told,
        (
            "item 2, case 'one': the id 'one' is in item 1 already",
            "item 3, case 'b': the question",
            "item 4, case 'c': the question holds its own answer",
            "item 5, case 'd': no sentence of the evidence has '$4 million'",
            "item 6, case 'e': bridges.txt has the quote 'bridges'",
            "item 7, case 'f': there is no article 'absent.txt'",
            "7 cases, 0 of them drafts: 6 problems",
        ),
        strict=True,
    ):
        assert part in line
    with pytest.raises(EvalError, match="does not exist"):
        main_check(file, tmp_path / "nowhere")
