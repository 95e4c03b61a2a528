"""The events that a question sets reports before or after, and the day that the articles give them."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.events import Event, day_of, events

PUBLISHED = date(2023, 10, 10)
REFERENDUM = Event("referendum", True, "before the referendum")


@pytest.mark.parametrize(
    ("text", "name", "before"),
    [
        ("What was reported before the vote?", "vote", True),
        ("Coverage of the mayor after the hearing", "hearing", False),
        ("How did the two parties stand before the vote?", "vote", True),
        ("What did the articles say ahead of the presidential election?", "presidential election", True),
        ("Before the Geneva summit, what was written of the talks?", "Geneva summit", True),
        ("What has been published since the speaker vote on the role of the whips?", "speaker vote", False),
        ("Which stories on the team came out following the World Cup final?", "World Cup final", False),
    ],
)
def test_reports_may_be_set_before_or_after_an_event(text: str, name: str, before: bool) -> None:
    assert [(event.name, event.before) for event in events(text)] == [(name, before)]


@pytest.mark.parametrize(
    "text",
    [
        "Who led the party before the election?",
        "What did the mayor say before the vote?",
        "What was reported before the vote count?",
        "What was reported before the vote on October 3, 2023?",
        "What was reported before the meeting of the board?",
        "What was reported before a vote?",
        "What do articles say of the portrayal of the man prior to the start of his trial?",
        "Has the coverage changed since the report, before the EU lawmakers reached a deal on rules?",
        "How did the storm reach the coast?",
        "",
    ],
)
def test_other_questions_name_no_such_event(text: str) -> None:
    assert events(text) == []


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        ("The referendum will be held on Saturday, October 14.", "2023-10-14"),
        ("The referendum on a Voice to Parliament is set for 14 October 2023.", "2023-10-14"),
        ("Voters go to the polls in the October 14 referendum.", "2023-10-14"),
        ("The Jan. 5 referendum was called in a hurry.", "2024-01-05"),
        ("On October 1 he said that the referendum would be close.", "None"),
        ("The referendum, he said on October 3, would be close.", "None"),
        ("The man who called the referendum resigned on October 9.", "None"),
        ("The referendum was called for February 31, 2023.", "None"),
        ("The vote will be held on October 14.", "None"),
        ("The referendum will be held in October 2023.", "None"),
    ],
)
def test_a_day_counts_that_stands_beside_its_event(sentence: str, day: str) -> None:
    assert str(day_of(REFERENDUM, [(sentence, PUBLISHED)])) == day


def test_articles_must_agree_on_the_day_and_have_one_themselves_where_the_year_is_not_said() -> None:
    one, other = "The referendum was held on October 14.", "The referendum was held on 2 June 2016."
    assert day_of(REFERENDUM, [(one, PUBLISHED), (one, date(2023, 12, 1))]) == date(2023, 10, 14)
    assert day_of(REFERENDUM, [(one, PUBLISHED), (other, PUBLISHED)]) is None
    assert day_of(REFERENDUM, [(one, PUBLISHED), (one, date(2021, 1, 1))]) is None
    assert day_of(REFERENDUM, [(one, None)]) is None
    assert day_of(REFERENDUM, []) is None


def test_all_words_of_the_event_must_be_named() -> None:
    state = Event("state hearing", False, "after the state hearing")
    told = ["The hearing is set for Friday, Nov. 17.", "A state court hearing is set for Monday, Nov. 20."]
    assert day_of(state, [(text, PUBLISHED) for text in told]) == date(2023, 11, 20)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from("the vote held on for October 14 Feb 31 0000 2023 , said ’s before reported a".split())),
    st.dates(),
)
def test_any_words_may_be_asked_and_told(words: list[str], published: date) -> None:
    text = " ".join(words)
    for event in [*events(text), REFERENDUM._replace(name="vote")]:
        day_of(event, [(text, published), (text, None)])
