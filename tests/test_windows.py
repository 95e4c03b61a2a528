from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.question.periods import Window, asks_for_the_latest, windows

TODAY = date(2023, 11, 15)  # a Wednesday


def _days(text: str) -> tuple[str, str] | None:
    found = windows(text, TODAY)
    return (str(found[0].first), str(found[0].last)) if found else None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("What happened today?", ("2023-11-15", "2023-11-15")),
        ("What did the mayor say yesterday?", ("2023-11-14", "2023-11-14")),
        ("Who resigned this week?", ("2023-11-13", "2023-11-15")),
        ("Who resigned last week?", ("2023-11-06", "2023-11-12")),
        ("What was decided last month?", ("2023-10-01", "2023-10-31")),
        ("What was decided this month?", ("2023-11-01", "2023-11-15")),
        ("Who won last year?", ("2022-01-01", "2022-12-31")),
        ("What did the court rule in the last 3 days?", ("2023-11-12", "2023-11-15")),
        ("What changed over the past two weeks?", ("2023-11-01", "2023-11-15")),
    ],
)
def test_a_relative_window_is_reckoned_from_the_clock(text: str, days: tuple[str, str]) -> None:
    assert _days(text) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("What did articles published on November 13, 2023 say?", ("2023-11-13", "2023-11-13")),
        ("The Sporting News report on the offence published on 13 November 2023", ("2023-11-13", "2023-11-13")),
        ("Which reports by The Age before October 22, 2023 were consistent?", ("0001-01-01", "2023-10-22")),
        ("Did CBSSports change its reporting on the fighter by 2023-11-11?", ("0001-01-01", "2023-11-11")),
        (
            "odds, as reported by Sporting News after October 4, 2023, and before November 1, 2023",
            ("2023-10-04", "2023-11-01"),
        ),
        ("What has been reported since October 2023?", ("2023-10-01", "9999-12-31")),
        ("What was reported before the Geneva vote on October 3, 2023?", ("0001-01-01", "2023-10-03")),
        ("Has it changed after the report by The Northport Herald on October 1, 2023?", ("2023-10-01", "2023-10-01")),
        ("Coverage of the flood from 2022", ("2022-01-01", "2022-12-31")),
        ("News stories published between March 2, 2023 and March 5, 2023", ("2023-03-02", "2023-03-05")),
    ],
)
def test_the_days_of_reports_are_a_window_with_both_ends(text: str, days: tuple[str, str]) -> None:
    assert _days(text) == days


@pytest.mark.parametrize(
    "text",
    [
        "Who won the election in 2016?",
        "What was agreed in the 2014 accord?",
        "How many people died on October 7, 2023?",
        "Will the bridge open before March 2025?",
        "What lasted a week?",
        "Which articles were published on February 31, 2023?",
        "",
    ],
)
def test_the_days_of_what_happened_are_no_window(text: str) -> None:
    assert _days(text) is None


@pytest.mark.parametrize(("text", "asked"), [("the latest figures", True), ("most recent vote", True), ("late", False)])
def test_the_newest_may_be_asked_for(text: str, asked: bool) -> None:
    assert asks_for_the_latest(text) is asked


def test_an_article_without_a_date_is_in_no_window() -> None:
    asked = Window(date(2023, 1, 1), date(2023, 1, 2), "")
    assert [asked.holds(day) for day in (None, date(2023, 1, 1), date(2023, 1, 2), date(2023, 1, 3))] == [0, 1, 1, 0]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from("reported in on last past 3 999 days week year before October 22, 2023 31 and 0000 the".split())
    )
)
def test_any_words_may_be_asked(words: list[str]) -> None:
    assert all(asked.first <= asked.last for asked in windows(" ".join(words), TODAY))


def test_a_question_may_ask_for_several_days() -> None:
    text = "Between the report published on May 3, 2023 and the report published on May 9, 2023, what changed?"
    assert [str(asked.first) for asked in windows(text, TODAY)] == ["2023-05-03", "2023-05-09"]


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("on May 3, 2023 and May 9, 2023", [("2023-05-03", "2023-05-03"), ("2023-05-09", "2023-05-09")]),
        ("on May 3, 2023 and after May 9, 2023", [("2023-05-03", "2023-05-03"), ("2023-05-09", "9999-12-31")]),
        ("in March 2022 and May 2023", [("2022-03-01", "2022-03-31"), ("2023-05-01", "2023-05-31")]),
        ("on May 3, 2023 to May 9, 2023", [("2023-05-03", "2023-05-09")]),
        ("between May 3, 2023 and May 9, 2023", [("2023-05-03", "2023-05-09")]),
        ("after May 3, 2023 and before May 9, 2023", [("2023-05-03", "2023-05-09")]),
        ("before May 3, 2023 and after May 9, 2023", [("0001-01-01", "2023-05-03"), ("2023-05-09", "9999-12-31")]),
    ],
)
def test_days_joined_by_and_are_each_asked_for_unless_they_bound_a_period(
    text: str, periods: list[tuple[str, str]]
) -> None:
    found = windows(f"What was reported {text}?", TODAY)
    assert [(str(asked.first), str(asked.last)) for asked in found] == periods


@pytest.mark.parametrize(
    ("text", "first_days"),
    [
        ("Was it reported on May 3, 2023 or on May 9, 2023 that it sank?", ["2023-05-03", "2023-05-09"]),
        ("What was reported on 3 May 2023, 9 May 2023 and 11 May 2023?", ["2023-05-03", "2023-05-09", "2023-05-11"]),
        ("What was reported on May 3, 2023 of the tax and on May 9, 2023 of the ferry?", ["2023-05-03", "2023-05-09"]),
        ("What did the news of May 2023, July 2023 and March 2024 say?", ["2023-05-01", "2023-07-01", "2024-03-01"]),
        ("What was reported in 2021 or 2022?", ["2021-01-01", "2022-01-01"]),
        ("What was reported last week of the vote on May 9, 2023?", ["2023-11-06", "2023-05-09"]),
        ("What was reported on May 3, 2023 of the games of 2022?", ["2023-05-03"]),
        ("What was reported before May 9, 2023 of the vote on May 3, 2023?", ["0001-01-01"]),
    ],
)
def test_no_window_shuts_out_another_day_that_is_named(text: str, first_days: list[str]) -> None:
    assert [str(asked.first) for asked in windows(text, TODAY)] == first_days
