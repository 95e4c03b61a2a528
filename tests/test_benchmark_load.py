"""The benchmark of load: what it counts, and a short run of it."""

import argparse
from pathlib import Path

import pytest

from evals.benchmarks.serving.load import Outcomes, measured, state_articles
from evals.benchmarks.serving.model_stub import reply_to


def answer(*states: int, snapshot: str = "000001", note: str = "") -> dict[str, object]:
    """An answer that cites one article of each of these states."""
    articles = [list(state_articles(state).items())[at] for at, state in enumerate(states)]
    cited = [{"path": path, "quote": text} for path, text in articles]
    return {"citations": cited, "snapshot": snapshot, "notes": [note] if note else [], "text": ""}


def test_an_answer_of_two_states_is_mixed_and_so_are_two_of_one_snapshot() -> None:
    outcomes = Outcomes()
    for reply in (answer(1, 1), answer(2, 2, snapshot="000002"), answer(snapshot="000002")):
        outcomes.take(200, reply, 0.1)
    assert outcomes.mixed == []
    outcomes.take(200, answer(2, 3, snapshot="000003"), 0.1)
    outcomes.take(200, answer(4, snapshot="000002"), 0.1)
    assert len(outcomes.mixed) == 2


def test_a_quote_that_no_state_has_is_mixed_and_a_problem_is_an_error() -> None:
    outcomes, reply = Outcomes(), answer(1)
    reply["citations"] = [{"path": "works_Aldby.txt", "quote": "The bridge of Aldby is in state 1 of the works."}]
    outcomes.take(200, reply, 0.1)
    outcomes.take(503, {"type": "/docs#overloaded"}, 0.1)
    assert (len(outcomes.mixed), outcomes.failed.total(), len(outcomes.seconds)) == (1, 1, 1)


def test_the_model_quotes_the_first_sentences_of_its_prompt() -> None:
    assert reply_to("===== X =====\n## X | a\n[1] One.\n[2] Two.\n[3] Three.\n[4] Four.") == (
        "One. [1] Two. [2] Three. [3]"
    )


@pytest.mark.timeout(600)
def test_a_few_people_are_answered_while_the_index_changes(tmp_path: Path) -> None:
    options = argparse.Namespace(data=None, people=3, seconds=6.0, think=0.3, reindex=1)
    figures = measured(options, tmp_path)
    assert (figures["errors"], figures["mixed answers"], figures["which"]) == (0, 0, "{}")
    assert figures["answers"] and figures["snapshots seen"] in (1, 2) and figures["notes of answers"] == "{}"
