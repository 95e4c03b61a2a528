import json
from pathlib import Path

from evals.benchmarks.answering import squad2

HARBOUR = "Northport harbour\n\nThe harbour of Northport was closed on Tuesday after a flood. It has two stone piers.\n"
BAKERY = "Southport bakery\n\nA bakery in Southport sells bread made from rye. Its baker is called Ada Berg.\n"


def _row(article: str, question: str, text: str, answer: str | None, source: str = "official") -> dict:
    start = text.index(answer) if answer else 0
    return {
        "article": article,
        "question": question,
        "answerable": answer is not None,
        "answers": [{"text": answer, "start": start, "end": start + len(answer)}] if answer else [],
        "label_source": source,
    }


def test_search_and_answers_are_measured(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "harbour.txt").write_text(HARBOUR)
    (tmp_path / "articles" / "bakery.txt").write_text(BAKERY)
    rows = [
        _row("harbour.txt", "When was the harbour of Northport closed?", HARBOUR, "on Tuesday"),
        _row("bakery.txt", "What is sold by the bakery in Southport?", BAKERY, "bread"),
        _row("bakery.txt", "Which wizard repaired the moon of Jupiter?", BAKERY, None),
        _row("bakery.txt", "How many dragons live on Mars?", BAKERY, None, "order"),
    ]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    figures = squad2.run(tmp_path, None)
    assert (figures["questions"], figures["answerable"], figures["unanswerable"]) == (4, 2, 2)
    assert figures["fused R@1"] == figures["dense R@5"] == figures["lexical MRR@10"] == 1.0
    assert figures["fused above the better leg, at least"] == 0.0
    assert figures["answer in a cited quote"] == 1.0
    assert figures["cited sentences an answer"] == 1.0
    assert figures["answerable abstained on"] == 0.0
    assert figures["unanswerable abstained on"] == figures["officially unanswerable abstained on"] == 1.0
    assert figures["answerability AUROC"] == 1.0
