import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.models import Turn
from qa.prompting.history import MAX_TURNS, history_text

LONG = "The river rose by two metres. " * 60


def test_nothing_is_told_of_no_turns() -> None:
    assert history_text([]) == ""


def test_a_turn_is_a_question_and_an_answer_without_markers() -> None:
    turns = [Turn(question="What fell?", answer="Rain fell [1]. Snow fell 【2】[3].")]
    assert history_text(turns) == "Earlier question: What fell?\nEarlier answer: Rain fell. Snow fell.\n\n"


def test_the_newest_answer_is_told_at_length_and_older_ones_in_a_line() -> None:
    lines = history_text([Turn(question=f"Question {at}?", answer=LONG) for at in range(3)]).splitlines()
    answers = [len(line) for line in lines if line.startswith("Earlier answer")]
    assert answers[0] == answers[1] < 180 < 500 < answers[2] < 620


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (LONG, "metres."),
        ("水位上涨了两米。" * 200, "两米。"),
        ("word " * 500, "word …"),
        ("x" * 5000, "x …"),
        ("دریا دو میٹر چڑھ گیا۔ " * 100, "گیا۔"),
    ],
)
def test_an_answer_is_cut_after_a_sentence_else_after_a_word(answer: str, end: str) -> None:
    assert history_text([Turn(question="Why?", answer=answer)]).strip().endswith(end)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.builds(Turn, question=st.text(max_size=900), answer=st.text(max_size=2000)), max_size=9))
def test_what_is_told_is_bounded_and_two_lines_a_turn(turns: list[Turn]) -> None:
    lines = history_text(turns).split("\n")
    assert len(lines) == (2 * min(len(turns), MAX_TURNS) + 2 if turns else 1)
    assert len(history_text(turns)) <= MAX_TURNS * (400 + 160 + 40) + 600
