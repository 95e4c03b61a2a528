import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.question.outlets import mentions

OUTLETS = ("CBSSports.com", "Sun", "TechCrunch", "The Age", "The Sydney Morning Herald", "The Vancouver Sun", "Time")


def _named(text: str) -> list[str]:
    return [mention.outlet for mention in mentions(text, OUTLETS)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("What did TechCrunch say, and what The Age?", ["TechCrunch", "The Age"]),
        ("what did techcrunch say about age?", ["TechCrunch"]),
        ("\u00bd an hour of T\u00e9chCrunch", ["TechCrunch"]),
        ("Did the Sydney Morning Herald report it?", ["The Sydney Morning Herald"]),
        ("did the sydney morning herald report it?", ["The Sydney Morning Herald"]),
        ("According to CBSSports.com and CBSSports", ["CBSSports.com"]),
        ("At what time does the sun rise?", []),
        ("Time and The Vancouver Sun differ", ["Time", "The Vancouver Sun"]),
        ("What did TechCrunches say?", []),
        ("", []),
    ],
)
def test_outlets_are_found_as_people_write_them(text: str, named: list[str]) -> None:
    assert _named(text) == named


def test_each_mention_has_the_words_up_to_the_next_one() -> None:
    text = "Do the TechCrunch article on chips and The Age report on rivers agree?"
    assert [mention.clause for mention in mentions(text, OUTLETS)] == [
        "article on chips and",
        "report on rivers agree?",
    ]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(), st.lists(st.text(max_size=8)))
def test_any_text_and_any_outlet_may_be_asked(text: str, outlets: list[str]) -> None:
    assert {mention.outlet for mention in mentions(text, outlets)} <= set(outlets)
