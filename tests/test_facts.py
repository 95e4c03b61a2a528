from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.checking.figures import missing_dates, missing_figures

TEXT = (
    "The $4.1 billion fund will pay ten stations, 10-12 percent more than before, as 2,161,000 people live there. From "
    "3 to 5 million came in the 2014-15 season, the third in a row. Two hundred and fifty villages paid 500 rupees."
)


@pytest.mark.parametrize(
    "statement",
    [
        "$4.1bn",
        "4.1 billion dollars",
        "10% to 12%",
        "3 million people",
        "about 2.2 million people",
        "250 villages",
        "the 3rd season",
        "Rs 500",
        "the two sides and one of them",
        "since 2015",
        "the 2010s and the 21st century",
        "in 2014-15 and 2014–2015",
        "in the early 2010's",
        "nearly 2.2 million people",
        "more than 2 million people",
        "less than 300 villages",
    ],
)
def test_a_figure_is_held_in_any_of_its_forms(statement: str) -> None:
    assert missing_figures(statement, TEXT) == missing_dates(statement, TEXT) == []


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("£4.1bn", "£4.1bn"),
        ("4.1 billion euros", "4.1 billion"),
        ("4.1 million dollars", "4.1 million"),
        ("13%", "13%"),
        ("about 2.3 million people", "2.3 million"),
        ("2.2 million people", "2.2 million"),
        ("a dozen stations", "a dozen"),
        ("the fourth season", "fourth"),
        ("500 dollars", "500"),
        ("the 1990s", "1990"),
        ("the 1990’s", "1990"),
        ("more than 2.2 million people", "2.2 million"),
        ("less than 200 villages", "200"),
        ("more than 3,000 rupees", "3,000"),
        ("about 501 rupees", "501"),
        ("more than 400 people", "400"),
    ],
)
def test_a_figure_with_another_value_or_unit_is_missing(statement: str, missing: str) -> None:
    assert missing_figures(statement, TEXT) == [missing]


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("It doubled in 20 years.", "It doubled in two decades."),
        ("It grew by 50 percent, 25% of it at once.", "It grew by half, a quarter of it at once."),
        ("He paid 5 million dollars.", "He paid 5 mln dollars."),
        ("It began in the 20th century.", "It began in the 1960s."),
        ("Q2 sales of its F-16 rose.", "In the second quarter sales of one jet rose."),
        ("Four were hurt; 4 people left.", "Five people died and four were hurt."),
    ],
)
def test_a_figure_is_held_by_words_that_are_worth_it(statement: str, text: str) -> None:
    assert missing_figures(statement, text) == []


@pytest.mark.parametrize(
    ("statement", "text", "missing"),
    [
        ("Rent is free for four months.", "Rent is free for three months, for four cars.", ["four"]),
        ("Rent is free for three months.", "Rent is free for three whole months, for four cars.", []),
        ("It is told in Book 1.", "Book 4 tells of 1 ship.", ["1"]),
        ("It has a 3-month warranty.", "It has a 6-month warranty and 3D glasses.", ["3"]),
        ("It has 3 parts.", "Its plan: 1. The 6 parts. 2. A name. 3. A test.", ["3"]),
        ("They won 10–2.", "They won 10-7 after 2 hours.", ["2"]),
        ("The seventh season ended.", "The seventh and last season followed the sixth season.", []),
        ("He led it for six years.", "He led it from 1968 to 1973.", ["six"]),
        ("It grew by 30 percent.", "It grew by half.", ["30 percent"]),
        ("It has a MAX 9 engine.", "It has a MAX 9 engine and 2 engines beside.", []),
        ("The K1 500m race.", "The K1 500m race and K1 200 m.", []),
        ("Nearly 20 people fled.", "Nearly 30 ships and 20 people fled.", []),
        ("They saw Cars 3 there.", "It followed Cars 2. Cars 3 is a film.", []),
        ("It costs 12.50 euros.", "It costs twelve euros and fifty cents.", []),
        ("It costs 12.40 euros.", "It costs twelve euros and fifty cents.", ["12.40"]),
        ("It costs 12.50 euros.", "It costs twelve euros and fifty people came.", ["12.50"]),
        ("It costs 12.5 euros.", "It costs twelve point five euros.", []),
        ("It is .5 to 2 parts.", "It is 0.5 to 2 parts.", []),
        ("It is .5 parts.", "It is 5 parts.", ["0.5"]),
        ("It lasted over four decades.", "It lasted for 55 years.", ["four"]),
    ],
)
def test_a_small_count_is_held_by_one_of_the_same_things(statement: str, text: str, missing: list[str]) -> None:
    assert missing_figures(statement, text) == missing


@pytest.mark.parametrize("number", ["about {}", "season {}", "{} decades", "the {}th", "${} million", "aged {}"])
@pytest.mark.parametrize("digits", [309, 5000])
def test_a_number_of_any_length_is_held_by_itself_alone(number: str, digits: int) -> None:
    long = number.format("9" * digits)
    assert missing_figures(f"There were {long} there.", f"There were {long} there.") == []
    assert missing_figures(f"There were {long} there.", "There were 12 there, in season 3.") != []
    assert missing_figures("There were 12 there, in season 3.", f"There were {long} there.") != []


def test_a_year_that_the_article_means_is_held() -> None:
    assert missing_dates("It began in 2023.", "It began last year.", "", [date(2024, 7, 3)]) == []
    assert missing_dates("It began in 2022.", "It began last year.", "", [date(2024, 7, 3)]) == ["2022"]


@settings(derandomize=True, deadline=None)
@given(st.integers(2, 10**9), st.integers(2, 10**9), st.sampled_from(["%", " percent", " dollars", " people"]))
def test_a_number_is_held_only_by_itself(said: int, held: int, unit: str) -> None:
    assert bool(missing_figures(f"It was {said:,}{unit}.", f"It was {held}{unit}.")) == (said != held)
