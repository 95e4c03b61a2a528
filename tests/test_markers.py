import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.models.markers import MARKER, markers_in, markers_text, neutralised, numbers_of

BRACKETS = st.text(alphabet="[]【】［］0123456789-–,;、†^#& \nabSs.", max_size=40)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("[3]", [3]),
        ("[3, 4]", [3, 4]),
        ("[3,4;5]", [3, 4, 5]),
        ("[3][4]", [3, 4]),
        ("[3] [4]", [3, 4]),
        ("[3-5]", [3, 4, 5]),
        ("[3–5]", [3, 4, 5]),
        ("[1, 3-5, 9]", [1, 3, 4, 5, 9]),
        ("[ 3 ]", [3]),
        ("【3】", [3]),
        ("【3，4】", [3, 4]),
        ("［3］", [3]),
        ("[3、4]", [3, 4]),
        ("【3†source】", [3]),
        ("【3†L10-L12】", [3]),
        ("【3†notes.pdf】", [3]),
        ("[5-3]", [5, 3]),
        ("[3, 3]", [3, 3]),
        ("[S3]", [3]),
        ("[s. 3]", [3]),
        ("[S3, S5]", [3, 5]),
        ("[^3]", [3]),
        ("[^3][^5]", [3, 5]),
        ("[#3]", [3]),
        ("[Sentence 3]", [3]),
        ("[sentence 3, sentence 5]", [3, 5]),
        ("[sentences 3 and 5]", [3, 5]),
        ("[sentences 3-5]", [3, 4, 5]),
        ("[source 3]", [3]),
        ("[Sources 3, 5 and 7]", [3, 5, 7]),
        ("[3 and 5]", [3, 5]),
        ("[3 & 5]", [3, 5]),
    ],
)
def test_every_form_that_models_emit_is_read(text: str, numbers: list[int]) -> None:
    assert markers_in(f"It rained {text}.") == numbers


@pytest.mark.parametrize(
    "text",
    [
        *("[sic]", "[]", "[-3]", "[3a]", "(3)", "[12345]", "[3", "3]", "[3†[", "[3.5]", "[3† a]"),
        *(
            "[sentence]",
            "[S]",
            "[^]",
            "[sentences and 3]",
            "[3 and]",
            "[passage 3]",
            "[Source: 3]",
            "[section 3]",
            "[S 3 x]",
        ),
    ],
)
def test_other_brackets_are_no_markers(text: str) -> None:
    assert markers_in(f"It rained {text}.") == []


def test_a_bracket_left_open_does_not_take_the_next_marker_in() -> None:
    assert markers_in("as in [2†source, it rained [7]") == [7]


def test_a_range_cannot_be_made_to_stand_for_thousands() -> None:
    assert len(numbers_of("[1-9999]")) <= 51


def test_markers_are_written_in_one_form() -> None:
    assert markers_text([1, 2]) == "[1][2]"
    assert markers_text([]) == ""


@settings(derandomize=True, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=9999), max_size=8))
def test_what_is_written_is_read_back(numbers: list[int]) -> None:
    assert markers_in(f"It rained {markers_text(numbers)}.") == numbers


@settings(derandomize=True, deadline=None, max_examples=500)
@given(BRACKETS)
def test_neutralised_text_holds_no_marker_and_keeps_its_length(text: str) -> None:
    plain = neutralised(text)
    assert not MARKER.search(plain)
    assert len(plain) == len(text)
    assert neutralised(plain) == plain


def test_neutralising_changes_only_the_brackets_of_markers() -> None:
    assert neutralised("It [sic] rained [1] 【2】 ［3, 4］ [S5].") == "It [sic] rained (1) (2) (3, 4) (S5)."
