from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.checking.figures import missing_dates, missing_digits, missing_figures, missing_months

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
        "2.2 million people",
        "more than 2.16 million people",
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
        ("a dozen stations", "a dozen"),
        ("eleven stations", "eleven"),
        ("500 dollars", "500"),
        ("the 1990s", "1990"),
        ("the 1990’s", "1990"),
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
        ("It costs 12.50 euros.", "It costs twelve euros and fifty cents."),
        ("It costs 12.5 euros.", "It costs twelve point five euros."),
        ("It is .5 to 2 parts.", "It is 0.5 to 2 parts."),
        ("It has a MAX 9 engine.", "It has a MAX 9 engine and 2 engines beside."),
        ("The K1 500m race.", "The K1 500m race and K1 200 m."),
    ],
)
def test_a_figure_is_held_by_words_that_are_worth_it(statement: str, text: str) -> None:
    assert missing_figures(statement, text) == []


@pytest.mark.parametrize(
    ("statement", "text", "missing"),
    [
        ("It grew by 30 percent.", "It grew by half.", ["30 percent"]),
        ("It costs 12.40 euros.", "It costs twelve euros and fifty cents.", ["12.40"]),
        ("It costs 12.50 euros.", "It costs twelve euros and fifty people came.", ["12.50"]),
        ("It is .5 parts.", "It is 5 parts.", ["0.5"]),
        ("Some 8 ships and 12 boats left.", "Eight ships and 11 boats left.", ["12"]),
    ],
)
def test_a_figure_is_not_held_by_words_that_are_worth_another(statement: str, text: str, missing: list[str]) -> None:
    assert missing_figures(statement, text) == missing


@pytest.mark.parametrize("count", "one two three four five six".split())
def test_a_small_count_in_words_is_the_writers_own(count: str) -> None:
    assert missing_figures(f"They list {count} reasons.", "Prices, wages and the weather are to blame.") == []


@pytest.mark.parametrize("count", ["6", "seven", "a dozen", "six million", "five hundred"])
def test_what_is_no_small_count_in_words_must_stand_in_the_text(count: str) -> None:
    assert missing_figures(f"They list {count} reasons.", "Prices, wages and the weather are to blame.") == [count]


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("2.2 million", "2,161,000"),
        ("$12 billion", "$12.2 billion"),
        ("$4.1 trillion", "$4.13 trillion"),
        ("0.5 percent", "0.49 percent"),
        ("15,000", "14,600"),
    ],
)
def test_a_figure_is_held_by_a_value_that_rounds_to_it_and_not_the_other_way_round(said: str, held: str) -> None:
    assert missing_figures(f"It was {said}.", f"It was {held}.") == []
    assert missing_figures(f"It was {held}.", f"It was {said}.") == [held]


@pytest.mark.parametrize("number", ["about {}", "season {}", "{} decades", "the {}th", "${} million", "aged {}"])
@pytest.mark.parametrize("digits", [309, 5000])
def test_a_number_of_any_length_is_held_by_itself_alone(number: str, digits: int) -> None:
    long = number.format("9" * digits)
    for missing in (missing_figures, missing_digits):
        assert missing(f"There were {long} there.", f"There were {long} there.") == []
        assert missing(f"There were {long} there.", "There were 12 there, in season 3.") != []
        assert missing("There were 12 there, in season 3.", f"There were {long} there.") != []


@pytest.mark.parametrize(
    ("statement", "cited", "is_held"),
    [
        ("half a million people", "500,000 people", True),
        ("$250,000", "a quarter of a million dollars", True),
        ("a million people", "half a million people", False),
        ("half a million people", "a million people", False),
        ("twelve seats", "half of twelve seats", True),
        ("nine in ten homes", "90% of homes", True),
        ("80 percent", "four out of every five homes", True),
        ("nine in ten homes", "80% of homes", False),
    ],
)
def test_a_part_of_a_number_and_a_ratio_are_held_by_their_value(statement: str, cited: str, is_held: bool) -> None:
    assert (missing_figures(statement, cited) == []) is is_held


def test_a_year_that_the_article_means_is_held() -> None:
    assert missing_dates("It began in 2023.", "It began last year.", "", [date(2024, 7, 3)]) == []
    assert missing_dates("It began in 2022.", "It began last year.", "", [date(2024, 7, 3)]) == ["2022"]


NUMBERS = st.integers(2, 10**9)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(NUMBERS, NUMBERS | st.integers(0, 9), st.sampled_from(["%", " percent", " dollars", " people"]))
def test_a_number_is_held_by_itself_and_by_what_rounds_to_it_alone(held: int, other: int, unit: str) -> None:
    """The other number is one of its own, or the same one rounded to so many places."""
    said = other if other > 9 else max(2, round(held, -other))
    zeros = len(f"{said}") - len(f"{said}".rstrip("0"))
    rounds = abs(said - held) <= min(10**zeros / 2, said * 0.05)
    assert bool(missing_figures(f"It was {said:,}{unit}.", f"It was {held}{unit}.")) is not rounds


@pytest.mark.parametrize(
    "statement",
    [
        "4,1 Milliarden Dollar",
        "4.100 Millionen",
        "4.100.000.000 USD",
        "4 100 millions",
        "die Saison 2014-15",
        "2.161.000 Menschen",
        "2’161’000 Menschen",
        "2\u202f161\u202f000 habitants",
        "2,2 millones",
        "10 à 12 %",
        "250 Dörfer",
        "۵۰۰ روپے",
        "۴٫۱ ارب",
        "en 2014 y 2015",
        "02.07.2024",
        "le 3 juillet 2024",
    ],
)
def test_a_figure_of_another_language_is_held_by_its_digits(statement: str) -> None:
    assert missing_digits(statement, f"{TEXT} It was paid on Tuesday.", "", [date(2024, 7, 3)]) == []


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("5,1 Milliarden Dollar", ["5,1"]),
        ("2.361.000 Menschen", ["2.361.000"]),
        ("de 13 a 14 por ciento", ["13", "14"]),
        ("۶۰۰ روپے", ["۶۰۰"]),
        ("en 1998", ["1998"]),
        ("le 26 juillet 2024", ["26"]),
    ],
)
def test_a_figure_of_another_language_with_other_digits_is_missing(statement: str, missing: list[str]) -> None:
    assert missing_digits(statement, TEXT, "", [date(2024, 7, 3)]) == missing


@pytest.mark.parametrize(
    ("statement", "cited", "missing"),
    [
        ("Das Urteil fiel am 3. Oktober.", "The verdict came on October 3, and was the first.", []),
        ("Das Urteil fiel am 3. Dezember.", "The verdict came on October 3, and was the first.", ["Dezember"]),
        ("Der Prozess ist für den März 2024 geplant.", "The trial is set for March 2024.", []),
        ("El juicio será en mayo de 2024 y no antes.", "The trial is set for March 2024.", ["mayo"]),
        ("Le procès aura lieu en août 2024.", "The trial is set for Aug. 2024.", []),
        ("Il processo si terrà il 5 maggio.", "The trial is on 05/05.", []),
        ("مقدمہ مئی 2024 میں ہوگا۔", "The trial is set for March 2024.", ["مئی"]),
        ("Das war am 3. Oktober 2023.", "Le verdict est tombé le 3 octobre 2023.", []),
        ("Das war am 3. August 2023.", "Le verdict est tombé le 3 octobre 2023.", ["August"]),
        ("He may pay 3 euros, or march 10 miles.", "Il paie 3 euros.", []),
        ("Marco, 35, ist dort.", "Marco, 35, is there.", []),
        ("Der Rover Mars 2020 ist nicht mehr dort.", "The rover Mars 2020 is there no more.", []),
        ("Les robots sont sur Mars depuis dix ans.", "The robots have been there for ten years.", []),
    ],
)
def test_a_month_of_another_language_is_held_by_its_number(statement: str, cited: str, missing: list[str]) -> None:
    assert missing_months(statement, cited) == missing


def test_a_month_of_the_heading_or_of_the_day_of_publication_is_held() -> None:
    assert missing_months("Das war am 9. November.", "It was yesterday.", "", [date(2023, 11, 10)]) == []
    assert missing_months("Der Bericht vom 10. November sagt das.", "It was so.", "2023-11-10") == []
