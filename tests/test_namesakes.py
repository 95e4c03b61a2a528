import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.namesakes import Introduction, introduction


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("Ada Berg is a golf player.", "Ada Berg was a retired golf player.", True),
        ("Ada Berg is a golf player.", "Ada Berg was a boxer from Rome.", False),
    ],
)
def test_two_introductions_agree_when_one_says_most_of_the_other(one: str, other: str, agree: bool) -> None:
    first, second = (introduction("What sport did Ada Berg play?", text) for text in (one, other))
    assert first and second
    assert first.agrees(second) is second.agrees(first) is agree


@pytest.mark.parametrize(
    ("question", "text", "opens", "description"),
    [
        ("Where was Mayor Berg born?", "Ada Berg is a baker in Southport.", False, "baker"),
        ("Where did Ada Berg live?", "Ada Berg (born 1951) is a baker.", False, "baker, born 1951"),
        ("Where is the Quay House?", "Quay House (Southport) The Quay House has two floors.", True, "Southport"),
        ("Where is the Quay House?", "They met in the Quay House (see the map).", False, None),
        ("Where is the Quay House?", "In May they met. The Quay House (see the map) was shut.", True, None),
        ("Who wrote the Quay Song No. 2 in D major?", "Quay Song No. 2 (Berg) It is brief.", True, "Berg"),
        ("Who wrote the Quay Song No. 2 in D major?", "Quay March No. 2 (Berg) It is brief.", True, None),
        ("Where did Ada Berg live?", "Ada Berg (born 3 May 1951) lived in Rome.", False, "born 3 May 1951"),
        ("Where did Ada Berg live?", "Ada Berg (3 May 1851 – 1902) lived in Rome.", False, "3 May 1851 – 1902"),
        ("Where did Ada Berg live?", "Ada Berg (34) lived in Rome.", False, None),
        ("What does SBG stand for?", "It came from the Southport Bread Guild (SBG).", False, "Southport Bread Guild"),
        ("What does SBG stand for?", "It came from bakers (SBG).", False, None),
        ("What does SBG stand for?", "The SBG, and bread in general, is dear.", False, None),
    ],
)
def test_a_name_is_introduced_by_what_stands_beside_it(
    question: str, text: str, opens: bool, description: str | None
) -> None:
    said = introduction(question, text, opens)
    assert (said.description if said else None) == description


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("Ada Berg (born 1951) is a boxer.", "Ada Berg (3 May 1951 – 2002) was a mayor of Rome.", True),
        ("Ada Berg (born 1951) is a boxer.", "Ada Berg (born 1984) is a boxer.", False),
    ],
)
def test_the_year_of_birth_tells_persons_of_one_name_apart(one: str, other: str, agree: bool) -> None:
    first, second = (introduction("What sport did Ada Berg play?", text) for text in (one, other))
    assert first and second
    assert first.agrees(second) is second.agrees(first) is agree


SAID = st.lists(st.sampled_from(["boxer", "baker", "Rome", "Bonn", "old", "golf"]), min_size=1, max_size=4)
INTRODUCTIONS = st.builds(
    lambda life, said: introduction("What sport did Ada Berg play?", f"Ada Berg {life}was a {' '.join(said)}."),
    st.sampled_from(["", "(born 1951) ", "(3 May 1984 – 2002) "]),
    SAID,
)


@settings(max_examples=50)
@given(INTRODUCTIONS, INTRODUCTIONS)
def test_an_introduction_agrees_with_itself_and_as_another_agrees_with_it(
    one: Introduction | None, other: Introduction | None
) -> None:
    assert one and other
    assert one.agrees(one)
    assert one.agrees(other) is other.agrees(one)


def test_an_introduction_that_says_no_more_than_the_question_is_no_other_thing() -> None:
    one, other = (introduction("Which boxer is Ada Berg?", f"Ada Berg is a boxer{end}") for end in (".", " from Rome."))
    assert one and other
    assert one.agrees(one) and one.agrees(other)


def test_what_an_acronym_stands_for_differs_from_another_such_only() -> None:
    guild, group, society = (
        introduction("What is SBG?", text)
        for text in (
            "It came from the Southport Bread Guild (SBG).",
            "It came from the Sailing Boat Group (SBG).",
            "SBG is a society of bakers.",
        )
    )
    assert guild and group and society
    assert not guild.agrees(group)
    assert guild.agrees(society) and society.agrees(guild)


@pytest.mark.parametrize("text", ["Ada Berg ran.", "The golfer is a friend of Ada Berg.", "Ada was a baker."])
def test_only_a_first_clause_with_the_whole_name_introduces(text: str) -> None:
    assert introduction("What sport did Ada Berg play?", text) is None
    assert introduction("what sport is it", text) is None
