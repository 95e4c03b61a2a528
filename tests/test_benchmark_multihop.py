import json
from pathlib import Path

import pytest

from evals.benchmarks.answering import multihop
from evals.benchmarks.answering.multihop import Evidence, Question
from evals.benchmarks.ranking import Found
from evals.errors import EvalError
from index.models import Passage, Span

HARBOUR = "The harbour of Northport was closed on Tuesday after a flood."
BAKERY = "A bakery in Southport sells bread made from rye and oats."
ROWS = [
    {
        "question": "Was the harbour of Northport closed, and is bread sold by a bakery in Southport?",
        "question_type": "comparison_query",
        "evidence": [{"file": "0.txt", "fact": HARBOUR}, {"file": "1.txt", "fact": BAKERY}],
    },
    {
        "question": "What happened to the harbour of Northport?",
        "question_type": "inference_query",
        "evidence": [{"fact": HARBOUR}, {"fact": "The moon is made of cheese."}],
    },
    {"question": "Who built the moon?", "question_type": "null_query", "evidence": []},
]


def _write(data: Path, rows: list[dict]) -> Path:
    (data / "articles").mkdir()
    for at, body in enumerate((HARBOUR, BAKERY, "Snow fell on the hills of Eastport for nine days in a row.")):
        text = f"Title {at}\nAda Berg | Times | 2023-10-18T21:43:17+00:00 | https://e.org/{at}\n\n{body}\n"
        (data / "articles" / f"{at}.txt").write_text(text)
    (data / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return data


def _passage(text: str) -> Passage:
    return Passage(id="0" * 16, path="a.txt", start=0, end=len(text), text=text, sentences=(Span(0, len(text)),))


def test_each_way_and_each_type_is_measured(tmp_path: Path) -> None:
    figures = multihop.run(_write(tmp_path, ROWS), None)
    assert (figures["questions with facts"], figures["facts"]) == (2, 4)
    assert figures["fused Hits@10"] == figures["dense Hits@4"] == figures["lexical MRR@10"] == 1.0
    assert figures["fused recall@10"] == (1 + 1 / 2) / 2
    assert figures["comparison_query: all facts in 500 words"] == 1.0
    assert figures["inference_query: any fact in 500 words"] == 1.0
    assert figures["inference_query: all facts in 1500 words"] == 0.0
    assert figures["inference_query: MAP@10"] == 1 / 2
    assert "null_query: questions" not in figures
    assert 5 < float(figures["words a passage"]) < 30


def test_facts_are_compared_without_spaces_and_line_ends_and_only_in_ten_passages() -> None:
    one = Question(question="?", question_type="x", evidence=(Evidence(fact="two words"), Evidence(fact="two\nwords")))
    assert multihop.facts_found(one, [_passage("no"), _passage("say twow ords here")]) == Found((2,), 2)
    assert multihop.facts_found(one, [*[_passage("no")] * 10, _passage("two words")]) == Found((), 2)


def test_words_are_counted_from_the_first_passage_on() -> None:
    one = Question(question="?", question_type="x", evidence=(Evidence(fact="b c"), Evidence(fact="d\u00a0e")))
    passages = [_passage("a b c"), _passage("d\u00a0e f")]
    assert multihop.held_within(2, one, passages) == [False, False]
    assert multihop.held_within(3, one, passages) == [True, False]
    assert multihop.held_within(5, one, passages) == [True, True]


def test_questions_without_facts_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="No question"):
        multihop.run(_write(tmp_path, ROWS[2:]), None)
