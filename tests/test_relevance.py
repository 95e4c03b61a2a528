import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.retrieval.relevance import PartQuery, misspelt

LETTERS = st.text(alphabet="abcdef", min_size=6, max_size=9)


def test_coverage_is_the_weighted_share_of_stems() -> None:
    part = PartQuery("storm harbour", lambda: np.ones(2), {"storm": 3.0, "harbour": 1.0})
    assert part.coverage("The storm came.") == pytest.approx(0.75)
    assert part.coverage("The harbour in the storm") == pytest.approx(1)
    assert part.coverage("It rained.") == 0


def test_a_near_spelling_covers_less_and_only_what_no_article_holds_is_looked_for_so() -> None:
    stems = {"ambasador": 3.0, "storm": 1.0}
    unheard = PartQuery("ambasador storm", lambda: np.ones(2), stems, frozenset({"ambasador"}))
    assert unheard.coverage("The storm.") == 0.25 < unheard.coverage("The ambassador in the storm.") < 1
    assert unheard.coverage("The ambasador in the storm.") == pytest.approx(1)
    assert unheard.coverage("The strom.") == 0
    assert PartQuery("ambasador", lambda: np.ones(2), stems).coverage("The ambassador.") == 0


def test_what_a_question_quotes_is_looked_for_word_for_word() -> None:
    part = PartQuery('Who said "the wall stands" and “no more taxes”?', lambda: np.ones(2), {})
    assert part.quoted_share("The Wall, stands!") == 0.5
    assert part.quoted_share("He said no more taxes: the wall stands.") == 1.0
    assert part.quoted_share("The walls stand, and no tax more.") == part.quoted_share("the wallstands") == 0.0
    assert PartQuery("Who built the wall?", lambda: np.ones(2), {}).quoted_share("the wall") == 0.0


def test_a_part_without_stems_is_covered_by_nothing() -> None:
    assert PartQuery("", lambda: np.ones(2), {}).coverage("The storm came.") == 0


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("ambassador", "ambasador", True),
        ("afghan", "afgan", True),
        ("balochistan", "balochisten", True),
        ("recieve", "receive", True),
        ("police", "policy", True),
        ("ambassador", "ambasadr", False),
        ("karim", "karima", True),
        ("khan", "khat", False),
        ("2024a", "2025a", False),
        ("bambi", "zambi", False),
    ],
)
def test_one_letter_added_left_out_changed_or_swapped_is_a_near_spelling(one: str, other: str, near: bool) -> None:
    assert misspelt(one, other) is misspelt(other, one) is near


@settings(derandomize=True, deadline=None)
@given(LETTERS, st.integers(min_value=1, max_value=8), st.sampled_from("abcdef"))
def test_any_one_slip_after_the_first_letter_is_found(word: str, at: int, letter: str) -> None:
    at = min(at, len(word) - 1)
    assert misspelt(word, word[:at] + letter + word[at:])
    assert misspelt(word, word[:at] + letter + word[at + 1 :])
    assert misspelt(word, word[:at] + word[at + 1 :])
    assert misspelt(word, word[:at] + word[at:][1::-1] + word[at:][2:])
