import json
from pathlib import Path

import pytest

from evals.benchmarks.answering import clapnq
from evals.benchmarks.answering.clapnq import Gold, Question, Text
from evals.benchmarks.corpus import Place
from evals.errors import EvalError

FLOOD = "The harbour of Northport was closed on Tuesday after a flood ."
RYE = "A bakery in Southport sells bread made from rye ."


def _row(question: str, title: str, text: str, gold: list[str]) -> dict:
    answers = [{"answer": "-", "sentences": gold}] if gold else []
    return {
        "question": question,
        "answerable": bool(gold),
        "passages": [{"title": title, "text": text}],
        "gold": answers,
    }


def test_search_and_answers_are_measured(tmp_path: Path) -> None:
    rows = [
        _row("when was the harbour of northport closed", "Northport", f"{FLOOD} It has two piers .", [FLOOD]),
        _row("what is sold by the bakery in southport", "Southport", RYE, [RYE]),
        _row("which wizard repaired the moon of jupiter", "Eastport", "Snow fell on the hills for nine days .", []),
    ]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    figures = clapnq.run(tmp_path, None)
    assert (figures["questions"], figures["passages"], figures["answerable"]) == (3, 3, 2)
    assert figures["fused R@1"] == figures["dense MRR@10"] == figures["lexical R@10"] == 1.0
    assert figures["a gold sentence cited"] == 1.0
    assert figures["unanswerable abstained on"] == figures["answerability AUROC"] == 1.0


def test_gold_sentences_are_placed_in_the_article() -> None:
    text = Text(title="Port", text=f" {FLOOD} {RYE} ")
    one = Question(question="?", answerable=True, passages=(text,), gold=(Gold(sentences=(RYE, "Not there .")),))
    [place] = clapnq.places_of(one, {text.article: "7.txt"})
    assert place == Place("7.txt", text.article.index(RYE), text.article.index(RYE) + len(RYE))


def test_questions_without_passages_cannot_be_measured(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text(json.dumps({"question": "?", "answerable": True, "passages": []}))
    with pytest.raises(EvalError, match="passage"):
        clapnq.run(tmp_path, None)
