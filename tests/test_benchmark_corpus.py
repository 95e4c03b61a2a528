import json
from pathlib import Path

import pytest

from evals.benchmarks import main_benchmark
from evals.benchmarks.answering.squad2 import Question
from evals.benchmarks.corpus import HITS, Place, articles_of, indexed, named, questions_of, written
from evals.errors import EvalError
from index.store.snapshots import DataFolder
from qa.models import Turn

HARBOUR = "Harbour\n\nThe harbour of Northport was closed on Tuesday after a flood. It damaged two piers of stone.\n"
BAKERY = "Bakery\n\nA bakery in Southport sells bread made from rye. The baker, Ada Berg, is ninety years old.\n"
OLD = "Old Tower\n\nThe tower of Westport is two hundred years old. Its bell was rung by hand until the war ended.\n"


def test_an_index_is_kept_and_used_again(tmp_path: Path) -> None:
    names = named([HARBOUR, BAKERY, HARBOUR])
    assert list(names.values()) == ["00000.txt", "00001.txt"]
    for _ in range(2):
        with written(names) as articles, indexed(articles, tmp_path / "kept") as corpus:
            for search in corpus.ways.values():
                assert search("Why was the harbour of Northport closed?")[0].path == "00000.txt"
    assert DataFolder(tmp_path / "kept").require_current().name == "000001"


def test_a_question_is_asked_in_each_way() -> None:
    with written(named([HARBOUR, BAKERY, OLD])) as articles, indexed(articles, None) as corpus:
        follow_up = corpus.fused("How old is she?", [Turn(question="Who is the baker in Southport?")])
        assert follow_up[0].path == "00001.txt"
        assert corpus.answer("Who is the baker in Southport?").citations[0].path == "00001.txt"
        assert len(corpus.dense("the harbour")) == 3 <= HITS
        assert [passage.path for passage in corpus.lexical("bread")] == ["00001.txt"]
    assert not articles.exists()


def test_places() -> None:
    place = Place("a.txt", 3, 6)
    assert place.inside("a.txt", 3, 6)
    assert not place.inside("a.txt", 4, 9)
    assert not place.inside("b.txt", 0, 9)
    assert place.overlaps("a.txt", 5, 9)
    assert not place.overlaps("a.txt", 6, 9)
    assert not place.overlaps("b.txt", 3, 6)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "no question"),
        ("{", r"line 1: the line: Invalid JSON"),
        (json.dumps({"article": "a.txt", "answerable": True}), "line 1: question: Field required"),
        (
            json.dumps({"article": "a.txt", "question": "?", "answerable": True, "answers": [{"start": 1}]}),
            "line 1: answers.0.end: Field required",
        ),
    ],
)
def test_what_is_wrong_with_the_questions_is_said(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "questions.jsonl").write_text(line)
    with pytest.raises(EvalError, match=said):
        questions_of(tmp_path, Question)


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"questions\.jsonl"):
        questions_of(tmp_path, Question)
    with pytest.raises(EvalError, match=r"articles/\*\.txt"):
        articles_of(tmp_path)


@pytest.mark.parametrize("name", ["multihop", "squad2", "clapnq", "mtrag"])
def test_an_empty_folder_is_no_benchmark(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvalError, match=r"questions\.jsonl"):
        main_benchmark(name, tmp_path, None, tmp_path / "index")


def test_a_benchmark_without_an_index_takes_no_folder_for_it(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="'stories' builds no index"):
        main_benchmark("stories", tmp_path, None, tmp_path / "index")
