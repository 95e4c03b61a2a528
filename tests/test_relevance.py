import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.relevance import COVERAGE_WEIGHT, Relevance, Relevant, holds, misspelt, rarity
from qa.terms import terms
from qa.thesaurus import Concept

LETTERS = st.text(alphabet="abcdef", min_size=6, max_size=9)


def concept(*entry: str, also: tuple[str, ...] | None = None) -> Concept:
    return Concept(entry, frozenset([also] if also else []))


def test_similarity_and_coverage_make_one_score() -> None:
    assert Relevance(0.5, 0.5).score == pytest.approx(0.5 + COVERAGE_WEIGHT * 0.5)


def test_coverage_is_the_weighted_share_of_concepts() -> None:
    part = Relevant("storm harbour", lambda: np.ones(2), {concept("storm"): 3.0, concept("harbour"): 1.0})
    assert part.coverage("The storm came.") == pytest.approx(0.75)
    assert part.coverage("The harbour in the storm") == pytest.approx(1)
    assert part.coverage("It rained.") == 0


def test_only_for_what_no_passage_holds_the_lexical_leg_looks_for_what_stands_for_it() -> None:
    cop, boat = concept("cop", also=("police",)), concept("boat", also=("ship",))
    part = Relevant("cop boat", lambda: np.ones(2), {cop: 1.0, boat: 1.0}, frozenset({cop}))
    assert part.also == (("cop", ("police",)),)
    assert part.coverage("A ship.") > 0


def test_what_a_question_quotes_is_looked_for_word_for_word() -> None:
    part = Relevant('Who said "the wall stands" and “no more taxes”?', lambda: np.ones(2), {})
    assert part.quoted_in("The Wall, stands!") == 0.5
    assert part.quoted_in("He said no more taxes: the wall stands.") == 1.0
    assert part.quoted_in("The walls stand, and no tax more.") == part.quoted_in("the wallstands") == 0.0
    assert Relevant("Who built the wall?", lambda: np.ones(2), {}).quoted_in("the wall") == 0.0


def test_a_part_without_concepts_is_covered_by_nothing() -> None:
    assert Relevant("", lambda: np.ones(2), {}).coverage("The storm came.") == 0


def test_a_concept_is_held_as_worded_or_less_by_an_alternative_or_a_near_spelling() -> None:
    stems = frozenset(terms("police ambassador talks"))
    assert holds(stems, concept(*terms("police"))) == 1
    assert 0 < holds(stems, concept("cop", also=tuple(terms("police")))) < 1
    assert 0 < holds(stems, concept(*terms("ambasador"))) < 1
    assert holds(stems, concept(*terms("police talks"))) == 1
    assert holds(stems, concept(*terms("police storm"))) == 0
    assert holds(frozenset(), concept("storm")) == 0


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


def test_a_rare_word_weighs_more_and_an_unknown_one_like_its_best_known_alternative() -> None:
    seen = {"storm": 9, "harbour": 1, "cop": 0, "polic": 4}.__getitem__
    assert rarity(concept("harbour"), seen, 10) > rarity(concept("storm"), seen, 10) > 0
    assert rarity(concept("cop", also=("polic",)), seen, 10) == pytest.approx(math.log(1 + 6.5 / 4.5))
    assert rarity(concept("storm", "harbour"), seen, 10) == rarity(concept("harbour"), seen, 10)
