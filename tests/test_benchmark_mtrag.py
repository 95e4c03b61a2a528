import json
from pathlib import Path

import pytest

from evals.benchmarks.answering import mtrag
from evals.benchmarks.answering.mtrag import Conversation
from evals.errors import EvalError
from qa.models import Turn

BAKERY = "Southport bakery\n\nThe bakery in Southport sells bread made from rye. It opens at six in the morning."
HARBOUR = "Northport harbour\n\nThe harbour of Northport was closed by a flood. The gates will open on Friday at noon."


def _row(*said: str, contexts: tuple[str, ...] = (BAKERY,), answerability: str = "ANSWERABLE") -> dict:
    return {
        "turns": [{"speaker": "agent" if at % 2 else "user", "text": text} for at, text in enumerate(said)],
        "contexts": [{"id": str(at), "text": text} for at, text in enumerate(contexts)],
        "answerability": answerability,
        "reference": ["The bakery in Southport opens at six in the morning."],
    }


def _write(data: Path, *rows: dict) -> Path:
    (data / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return data


def test_follow_ups_are_measured_in_three_ways(tmp_path: Path) -> None:
    rows = (
        _row("What does the bakery in Southport sell?", "Bread.", "And when does it open?"),
        _row("What closed the harbour?", contexts=(HARBOUR,)),
        _row("And who?", "Nobody.", "Why?", contexts=(HARBOUR,), answerability="UNDERSPECIFIED"),
    )
    figures = mtrag.run(_write(tmp_path, *rows), None)
    assert (figures["follow-ups"], figures["contexts"]) == (1, 2)
    assert figures["carried over R@5"] == figures["reference answer R@5"] == 1.0
    assert figures["carried over nDCG@5"] == figures["reference answer nDCG@5"] == 1.0
    assert float(figures["gain of carrying over, nDCG@5"]) >= 0.0


def test_turns_become_a_history() -> None:
    one = Conversation.model_validate(_row("one", "first", "two", "second", "three"))
    assert one.question == "three"
    assert one.history == [Turn(question="one", answer="first"), Turn(question="two", answer="second")]


def test_without_follow_ups_nothing_can_be_measured(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="follow-up"):
        mtrag.run(_write(tmp_path, _row("What closed the harbour?")), None)
