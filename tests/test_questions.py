import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.models import Turn
from qa.models.errors import InvalidQuestion
from qa.question.query import MAX_QUESTION, understand


def asked(*questions: str) -> list[Turn]:
    return [Turn(question=question, answer="Something else entirely [1].") for question in questions]


@pytest.mark.parametrize("question", ["", " ", "\n\t", "?", "...", "“”", "\u200b"])
def test_a_question_without_a_letter_or_digit_is_empty(question: str) -> None:
    with pytest.raises(InvalidQuestion, match=r"The question is empty\. Type a question in plain words"):
        understand(question)


def test_the_longest_question_is_taken_and_one_more_character_is_not() -> None:
    assert len(understand("x" * MAX_QUESTION).question) == MAX_QUESTION
    with pytest.raises(InvalidQuestion, match="4,001 characters long; the limit is 4,000"):
        understand("x" * (MAX_QUESTION + 1))


def test_white_space_does_not_count() -> None:
    assert understand("  Who \n\n is\tBlome? " + " " * 10_000).question == "Who is Blome?"


def test_bytes_that_are_no_text_are_replaced() -> None:
    query = understand("Who is \udcff Blome?")
    assert query.parts == (query.question,) == (f"Who is {3 * chr(0xFFFD)} Blome?",)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Who is Blome?", ("Who is Blome?",)),
        ("Who is Blome and where did he meet Khan?", ("Who is Blome", "where did he meet Khan?")),
        ("Who is Blome? Where is Adiala Jail?", ("Who is Blome", "Where is Adiala Jail?")),
        ("Who is Blome; where is Adiala Jail?", ("Who is Blome", "where is Adiala Jail?")),
        ("When and where did Blome meet Khan?", ("When and where did Blome meet Khan?",)),
        ("Who are Blome and Khan?", ("Who are Blome and Khan?",)),
        ("Which stations were built, and for how much money?", ("Which stations were built", "for how much money?")),
        ("Compare the first operation with the second plan.", ("the first operation", "the second plan")),
        (
            "What is the difference between Miller's letter and Khan's speech?",
            ("Miller's letter", "Khan's speech"),
        ),
    ],
)
def test_a_question_is_read_part_by_part(question: str, parts: tuple[str, ...]) -> None:
    assert understand(question).parts == parts


@pytest.mark.parametrize(
    "question", ["When was that?", "And why?", "What about the equipment?", "Who is he?", "Where?"]
)
def test_a_follow_up_carries_the_earlier_question(question: str) -> None:
    query = understand(question, asked("Who is the ambassador of Pakistan?"))
    assert query.carried == "Who is the ambassador of Pakistan?"
    assert query.full_text(question) == f"{question} Who is the ambassador of Pakistan?"


def test_a_chain_of_follow_ups_goes_back_to_the_question_that_stands_alone() -> None:
    turns = asked("How high was the dam of Mangla?", "Which think tank did Masood Khan visit?", "Where did he speak?")
    assert understand("When was that?", turns).carried == "Which think tank did Masood Khan visit? Where did he speak?"


def test_answers_are_not_carried() -> None:
    assert "Something" not in understand("And why?", asked("Who is Blome?")).carried


@pytest.mark.parametrize(
    "question", ["Who is the commander of CENTCOM in Tampa?", "How many police stations will be constructed?"]
)
def test_a_question_that_stands_alone_carries_nothing(question: str) -> None:
    query = understand(question, asked("Who is Blome?"))
    assert query.carried == ""
    assert query.full_text(question) == question


def test_a_later_part_that_leans_carries_the_first_part() -> None:
    query = understand("Which general visited Peshawar this month and why did he come?")
    assert query.full_text(query.parts[1]) == "why did he come? Which general visited Peshawar this month"
    assert query.full_text(query.parts[0]) == query.parts[0]


def test_the_first_question_carries_nothing() -> None:
    assert understand("And why?").carried == ""


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.lists(st.sampled_from(["who", "and", "what", "compare", "with", "Khan", "?", ";", ",", "the", "4", "rain"])),
    st.lists(st.sampled_from(["Why?", "Who is Blome?", "And then?"]), max_size=4),
)
def test_every_question_with_a_word_has_parts_that_are_said_in_it(said: list[str], earlier: list[str]) -> None:
    question = " ".join(["rain", *said])
    query = understand(question, asked(*earlier))
    assert query.parts
    assert all(part and part in query.question for part in query.parts)
    assert all(char.isspace() or char in query.question for char in "".join(query.parts))
