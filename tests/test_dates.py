from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.language.dates import Day, agrees, days, implied_days


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("On July 3, 2024", [(2024, 7, 3, None)]),
        ("on the 3rd of July 2024", [(2024, 7, 3, None)]),
        ("2024-07-03T10:00:00", [(2024, 7, 3, None)]),
        ("Nov. 5 and 2024-07-03", [(None, 11, 5, None), (2024, 7, 3, None)]),
        (
            "in May 2023, since 2014, on Tuesday",
            [(2023, 5, None, None), (2014, None, None, None), (None, None, None, 1)],
        ),
        ("They may march in May.", [(None, 5, None, None)]),
        ("$2014 and 2,014 people, 2000 percent", []),
    ],
)
def test_days_are_read_as_written(text: str, found: list[tuple[int | None, ...]]) -> None:
    assert [one.parts for one in days(text)] == found


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("yesterday", (2024, 7, 2)),
        ("tomorrow", (2024, 7, 4)),
        ("last month", (2024, 6, None)),
        ("next year", (2025, None, None)),
        ("two years ago", (2022, None, None)),
        ("three days ago", (2024, 6, 30)),
        ("on Monday", (2024, 7, 1)),
        ("on June 5", (2024, 6, 5)),
    ],
)
def test_what_is_meant_is_reckoned_from_the_date_of_the_article(text: str, day: tuple[int | None, ...]) -> None:
    assert day in [one.parts[:3] for one in implied_days(text, [date(2024, 7, 3)])]


@pytest.mark.parametrize("text", ["yesterday", "tomorrow", "three days ago", "on Monday", "on Sunday", "last month"])
@pytest.mark.parametrize("day", [date.min, date.max])
def test_days_beyond_the_calendar_are_none(text: str, day: date) -> None:
    assert implied_days(text, [day])[0].parts == (day.year, day.month, day.day, day.weekday())
    assert len(implied_days(f"{text}, three days ago, tomorrow, on Monday", [day])) >= 3


def test_a_day_agrees_with_one_that_shares_a_part_and_contradicts_none() -> None:
    held = days("It began on July 3, 2024 and ended in August 2023, on a Sunday.")
    assert all(agrees(one, held) for one in days("July 3, 2024; July 3; July 2024; August 2023; Sunday; Wednesday"))
    for text in ("July 5", "August 3", "July 2023", "August 2024", "2022", "Monday"):
        assert not any(agrees(one, held) for one in days(f"in {text}")), text


@settings(derandomize=True, deadline=None)
@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)), st.dates(date(1950, 1, 1), date(2049, 12, 31)))
def test_a_written_day_agrees_with_itself_only(one: date, other: date) -> None:
    (said,) = days(f"{one.day} {one:%B} {one.year}")
    assert agrees(said, days(f"on {other:%B} {other.day}, {other.year}")) == (one == other)
    assert agrees(Day(weekday=one.weekday()), [said])
