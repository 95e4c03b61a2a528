import json
from pathlib import Path

import pytest

from evals.benchmarks.checking import verify
from evals.errors import EvalError

PASSAGE = "The harbour of Gwadar was closed on Friday.\nTwo ships had to wait outside. Their crews stayed on board."


def _write(file: Path, *pairs: tuple[str, bool], split: str = "dev") -> None:
    labels = {True: "supported", False: "not_supported"}
    rows = [{"claim": claim, "passage": PASSAGE, "label": labels[held], "split": split} for claim, held in pairs]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_files_count_alike_and_only_the_split_dev_counts(tmp_path: Path) -> None:
    said, wrong = "Two ships had to wait outside.", "Nine bakers sang at the opera in Vienna."
    _write(tmp_path / "good.jsonl", (said, True), (wrong, False), (said, True))
    _write(tmp_path / "odd.jsonl", (said, False), (wrong, True))
    _write(tmp_path / "other.jsonl", (wrong, True), split="train")
    figures = verify.run(tmp_path)
    assert (figures["files"], figures["pairs"]) == (2, 5)
    assert [figures[f"{name} AUROC"] for name in ("good", "odd", "mean")] == [1.0, 0.0, 0.5]
    assert [figures[f"{name} AUROC of shared stems"] for name in ("good", "odd", "mean")] == [1.0, 0.0, 0.5]
    assert [figures[f"{name} supported found wrong"] for name in ("good", "odd", "mean")] == [0.0, 1.0, 0.5]
    assert [figures[f"{name} others found wrong"] for name in ("good", "odd", "mean")] == [1.0, 0.0, 0.5]
    assert figures["untouched sentences with a hard problem"] == 0.0


def test_a_true_statement_made_false_is_caught_by_its_fact(tmp_path: Path) -> None:
    _write(tmp_path / "good.jsonl", ("Two ships had to wait outside.", True), ("The crews sang.", False))
    figures = verify.run(tmp_path)
    assert figures["untouched sentences"] == 1
    assert figures["sentences, date shifted"] == 1
    assert figures["sentences, date shifted: caught"] == 1.0


def test_a_passage_is_cited_sentence_by_sentence() -> None:
    assert [one.text for one in verify.cited(PASSAGE)] == [
        "The harbour of Gwadar was closed on Friday.",
        "Two ships had to wait outside.",
        "Their crews stayed on board.",
    ]
    assert verify.cited(" \n") == []


def test_missing_or_broken_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"no \*\.jsonl"):
        verify.run(tmp_path)
    (tmp_path / "a.jsonl").write_text('{"claim": "x"}\n')
    with pytest.raises(EvalError, match=r"a\.jsonl"):
        verify.run(tmp_path)
