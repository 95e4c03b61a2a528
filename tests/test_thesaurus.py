import pytest

from qa.terms import terms
from qa.thesaurus import Concept, Thesaurus, bundled

SMALL = Thesaurus(
    [["police", "cop"], ["prime minister", "premier"], ["kick out", "expel"]],
    [["pakistan", "pakistani", "islamabad"], ["united states", "us", "american", "washington"], ["new york"]],
)


def concept(*entry: str, also: set[tuple[str, ...]] | None = None) -> Concept:
    return Concept(entry, frozenset(also or ()))


def test_a_word_comes_with_what_an_article_may_say_instead() -> None:
    polic, cop = terms("police")[0], terms("cop")[0]
    assert SMALL.concepts("The cops came") == [concept(cop, also={(polic,)}), concept("come")]


def test_a_phrase_of_a_group_is_one_concept() -> None:
    prime, minister, premier = (*terms("prime minister"), *terms("premier"))
    assert SMALL.concepts("the Prime Minister") == [concept(prime, minister, also={(premier,)})]
    assert SMALL.concepts("the prime suspect")[0] == concept(prime)


def test_each_concept_is_given_once() -> None:
    assert SMALL.concepts("storm, storms and a storm") == [concept("storm")]


def test_a_phrase_of_which_one_word_carries_meaning_is_left_out() -> None:
    assert SMALL.concepts("expel") == [concept(*terms("expel"))]


def test_words_of_one_group_are_the_same_and_others_are_not() -> None:
    assert SMALL.same(tuple(terms("cop")), tuple(terms("police")))
    assert SMALL.same(("storm",), ("storm",))
    assert not SMALL.same(tuple(terms("cop")), tuple(terms("premier")))


def test_places_are_named_by_any_of_their_names() -> None:
    assert [one.entry for one in SMALL.places("Islamabad wrote to the Americans")] == [
        tuple(terms("Islamabad")),
        tuple(terms("American")),
    ]
    assert SMALL.places("The cops told us") == []


@pytest.mark.parametrize("text", ["Pakistan's ambassador", "the Pakistani ambassador", "Islamabad’s ambassador"])
def test_a_role_is_the_word_right_after_its_place(text: str) -> None:
    assert SMALL.roles(text) == SMALL.roles("Pakistan ambassador") != set()


@pytest.mark.parametrize("text", ["ambassador to Pakistan", "Pakistan. Ambassador", "Pakistan and the ambassador"])
def test_no_role_across_a_stop_or_a_function_word(text: str) -> None:
    assert SMALL.roles(text) == set()


def test_roles_of_two_places_differ() -> None:
    one, other = SMALL.roles("Pakistan's ambassador").pop(), SMALL.roles("the US ambassador").pop()
    assert (one.role, one.place) != (other.role, other.place) and one.role == other.role


def test_a_thesaurus_without_groups_knows_each_word_alone() -> None:
    assert Thesaurus([]).concepts("storm") == [concept("storm")]


def test_the_bundled_thesaurus_is_read_once_and_joins_words_both_ways() -> None:
    assert bundled() is bundled()
    for one, other in (("cop", "police"), ("Kabul", "Afghanistan"), ("America", "US"), ("premier", "prime minister")):
        assert bundled().same(tuple(terms(one)), tuple(terms(other)))
        assert bundled().same(tuple(terms(other)), tuple(terms(one)))
