import json
from pathlib import Path
from typing import Any

import pytest

from evals.benchmarks.checking import support
from evals.errors import EvalError

ROW: dict[str, Any] = {
    "article": "gwadar.txt",
    "split": "dev",
    "headline": "Storm over Gwadar",
    "before": "The harbour master Ali Khan spoke on Friday.",
    "evidence": ["He said that 40 ships had to wait outside.", "Their crews stayed on board."],
    "supported": ["Ali Khan said that 40 ships had to wait outside.", "The crews of the 40 ships stayed on board."],
    "unsupported": [
        ["Ali Khan said that 90 ships had to wait outside.", "number"],
        ["The crews of the 40 ships did not stay on board.", "negation"],
        ["Imran Farooq said that 40 ships had to wait outside.", "name_swap"],
        ["Nadia Petrova said that 40 ships had to wait outside.", "name_swap"],
    ],
}


def _write(folder: Path, *rows: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pairs.jsonl").write_text("".join(json.dumps(ROW | row) + "\n" for row in rows))
    return folder


def test_what_is_found_in_true_statements_and_in_each_kind_of_false_ones(tmp_path: Path) -> None:
    figures = support.run(_write(tmp_path / "support", {}, {"split": "train"}))
    assert (figures["true statements"], figures["false statements"]) == (2, 4)
    assert (figures["true: flagged"], figures["true: hard fact"], figures["false: supported"]) == (0.0, 0.0, 0.0)
    assert figures["false: flagged"] == 0.75
    assert [figures[f"true: {fact}"] for fact in ("date", "figure", "name", "quotation")] == [0.0] * 4
    assert [figures[kind] for kind in ("number", "negation", "name_swap")] == [1, 1, 2]
    assert [figures[f"{kind}: hard fact"] for kind in ("number", "negation", "name_swap")] == [1.0, 0.0, 1.0]
    assert all(0 <= figures[f"{kind}: AUROC of the relation"] <= 1 for kind in ("number", "negation", "name_swap"))


def test_the_writer_is_taken_to_have_seen_the_whole_article_where_it_is_there(tmp_path: Path) -> None:
    text = "Storm over Gwadar\nDawn, 2024-07-03\n\nImran Farooq left the harbour on that day.\n"
    wednesday = {"supported": ["Imran Farooq was there when 40 ships had to wait on 3 July 2024."]}
    assert support.run(_write(tmp_path / "alone" / "support", wednesday))["true: hard fact"] == 1.0
    articles = tmp_path / "beside" / "multihop" / "articles"
    articles.mkdir(parents=True)
    (articles / "gwadar.txt").write_text(text)
    assert support.run(_write(tmp_path / "beside" / "support", wednesday))["true: hard fact"] == 0.0


def test_a_statement_is_judged_by_its_evidence_and_not_by_the_sentence_before(tmp_path: Path) -> None:
    (case, *_) = support.read_cases(_write(tmp_path, {}), "dev")
    assert [one.text for one in case.cited] == ROW["evidence"]
    assert ROW["before"] in [one.text for one in case.shown]
    assert (case.statement, case.kind) == (ROW["supported"][0], support.TRUE)


@pytest.mark.parametrize("row", [{"split": "train"}, {"unsupported": [["no kind"]]}, {"evidence": None}])
def test_missing_or_broken_data_is_named(tmp_path: Path, row: dict[str, Any]) -> None:
    with pytest.raises(EvalError, match=r"pairs\.jsonl"):
        support.run(tmp_path)
    with pytest.raises(EvalError, match=r"pairs\.jsonl"):
        support.run(_write(tmp_path, row))
