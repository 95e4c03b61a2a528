import json
from pathlib import Path
from typing import Any

import pytest

import evals
from evals.benchmarks.checking import replies
from evals.errors import EvalError

ARTICLE = (
    "Storm over Gwadar\nDawn, 2024-07-03\n\nForty ships waited outside the port of Gwadar. Their crews stayed on board."
)
SENTENCES = {"3": "Forty ships waited outside the port of Gwadar.", "9": "Their crews stayed on board."}
HONEST: dict[str, Any] = {
    "question": "What happened to the ships outside the port of Gwadar?",
    "reply": "Some forty ships had to wait outside the port of Gwadar [3]. Nobody left them, as the crews stayed [9].",
    "sentences": SENTENCES,
    "looks": {
        replies.words_of("Some forty ships had to wait outside the port of Gwadar."): "supported",
        replies.words_of("Nobody left them, as the crews stayed."): "partly: that nobody left",
    },
}
FALSE = HONEST | {
    "reply": "Ninety ships had to wait outside the port of Gwadar [3]. Few remained on board, as the crews left [9].",
    "kinds": ["number", "negation"],
    "looks": {replies.words_of("Few remained on board, as the crews left."): "supported"},
}


def _figures(folder: Path, *rows: dict[str, Any]) -> dict[str, Any]:
    (folder / "articles").mkdir()
    (folder / "articles" / "storm.txt").write_text(ARTICLE)
    (folder / "replies.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return replies.run(folder, None)


def test_true_and_false_statements_are_counted_as_they_are_told_and_in_the_end(tmp_path: Path) -> None:
    figures = _figures(tmp_path, HONEST, FALSE)
    assert (figures["honest replies"], figures["true statements"], figures["false statements"]) == (1, 2, 2)
    assert (figures["true: flagged by the program"], figures["true: flagged in the end"]) == (0.0, 0.5)
    assert (figures["true: supported in the end"], figures["replies with a statement to write anew"]) == (0.5, 0.0)
    assert (figures["false: flagged by the program"], figures["false: supported in the end"]) == (0.5, 0.5)
    assert figures["number: flagged by the program"] == "1 of 1"
    assert figures["negation: flagged by the program"] == "0 of 1"
    assert (figures["true: supported by the baseline"], figures["false: supported by the baseline"]) == (1.0, 1.0)


def test_each_form_of_marker_is_told_by_what_it_keeps(tmp_path: Path) -> None:
    figures = _figures(tmp_path, HONEST)
    kept = {form: figures[f"{form}: citations kept"] for form in replies.FORMS}
    assert kept["[S3]"] == kept["【3】"] == kept["JSON"] == 1.0
    assert all(0.0 <= share <= 1.0 for share in kept.values())


@pytest.mark.parametrize("row", [HONEST | {"sentences": {"three": "x"}}, {"question": "?"}])
def test_a_row_that_is_no_reply_is_told(tmp_path: Path, row: dict[str, Any]) -> None:
    with pytest.raises(EvalError, match="cannot be read as replies"):
        _figures(tmp_path, row)


def test_a_false_reply_needs_a_kind_for_each_statement(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="2 statements with a number and 1 kinds"):
        _figures(tmp_path, FALSE | {"kinds": ["number"]})


def test_the_rows_that_ship_are_replies_to_questions_about_the_shipped_articles() -> None:
    file = Path(evals.__file__).with_name("replies") / "replies.jsonl"
    rows = [replies.Reply.model_validate_json(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert sum(len(row.kinds) for row in rows) >= 50
    assert sum(not row.kinds for row in rows) >= 20
    assert all(number in row.sentences for row in rows for number in replies.markers_in(row.reply))
