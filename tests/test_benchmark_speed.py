import json
from pathlib import Path

from evals.benchmarks.timing import speed

HARBOUR = "Northport harbour\n\nThe harbour of Northport was closed on Tuesday after a flood. It has two stone piers.\n"


def test_each_step_of_a_warm_question_is_timed(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "harbour.txt").write_text(HARBOUR)
    asked = ["When was the harbour of Northport closed?", "How many piers does the harbour of Northport have?"] * 3
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps({"question": one}) + "\n" for one in asked))
    figures = speed.run(tmp_path, None)
    assert figures["questions"] == 3
    steps = [float(figures[f"{step} p50 ms"]) for step in ("hits", "first_statement", "total")]
    assert 0 < steps[0] <= steps[1] <= steps[2]
    assert all(float(figures[f"{step} p99 ms"]) >= float(figures[f"{step} p50 ms"]) for step in ("hits", "total"))
