import json
from pathlib import Path

import pytest

from evals.benchmarks.answering import ramdocs
from evals.errors import EvalError


def _row(question: str, right: list[str], wrong: list[str], *texts: str) -> dict:
    documents = [{"text": text, "type": "-", "answer": "-"} for text in texts]
    return {"question": question, "gold_answers": right, "wrong_answers": wrong, "documents": documents}


def test_right_and_wrong_answers_are_counted(tmp_path: Path) -> None:
    rows = [
        _row(
            "How many sailors died when the ferry Aurora sank?",
            ["12", "14"],
            ["14", "99"],
            "Some 12 sailors died when the ferry Aurora sank near Northport.",
            "The ferry Aurora sank at night in a storm, and 14 sailors died there.",
        ),
        _row(
            "When was the bakery of Southport opened?",
            ["1921"],
            ["1921 BC", "1950"],
            "The bakery of Southport was opened in 1950, says an old sign.",
        ),
    ]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    figures = ramdocs.run(tmp_path, None)
    assert (figures["questions"], figures["with several right answers"], figures["with wrong answers"]) == (2, 1, 2)
    assert figures["  two of them shown"] == figures["  two of them in the hits"] == 1.0
    assert figures["a right answer shown"] == 0.5
    assert figures["  a wrong one shown"] == 0.5
    assert figures["abstained on"] == 0.0


def test_questions_without_documents_cannot_be_measured(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text(json.dumps(_row("?", ["1"], [])))
    with pytest.raises(EvalError, match="document"):
        ramdocs.run(tmp_path, None)
