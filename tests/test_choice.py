from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from index.models import Passage, Span
from index.store.catalog import About
from qa.retrieval.ranking import RankedPassage
from qa.retrieval.variety import Candidate, choose

DIRECTIONS = np.eye(16, dtype=np.float32)


def _ranked(number: int, path: str, direction: int | None = None) -> RankedPassage:
    """A passage that says something of its own, unless it shares a direction with others."""
    vector = DIRECTIONS[direction] if direction is not None else np.roll(DIRECTIONS[0], number)
    text = f"Passage {number}."
    spans = (Span(0, len(text)),)
    passage = Passage(id=f"{number:016x}", path=path, start=0, end=len(text), text=text, sentences=spans)
    return RankedPassage(passage, vector, 1 - number / 100, 0.0, 0.0, 0.0)


def _saying(ranked: RankedPassage, sentence: str) -> RankedPassage:
    """The passage with this sentence as its best."""
    return replace(ranked, best_sentence=sentence)


def _chosen(
    ranked: list[RankedPassage], limit: int, story: dict[str, str] | None = None, outlet: dict[str, str] | None = None
) -> list[Candidate]:
    paths = {one.passage.path for one in ranked}
    about = {
        path: About((outlet or {}).get(path, "Times"), date(2024, 1, 1), (story or {}).get(path, path))
        for path in paths
    }
    return choose(ranked, about, limit)


def _paths(candidates: list[Candidate]) -> list[str]:
    return [one.ranked.passage.path for one in candidates if not one.dropped]


def test_a_story_is_shown_by_its_best_article() -> None:
    ranked = [_ranked(0, "b.txt"), *(_ranked(at, f"copy{at}.txt") for at in range(1, 9)), _ranked(9, "c.txt")]
    story = {f"copy{at}.txt": "a.txt" for at in range(1, 9)} | {"b.txt": "a.txt"}
    candidates = _chosen(ranked, 8, story)
    assert _paths(candidates) == ["b.txt", "c.txt"]
    assert {one.dropped for one in candidates if one.dropped} == {"the same story as b.txt"}


def test_an_edited_copy_stands_aside_in_its_outlet_unless_it_is_notably_likelier() -> None:
    story = {"copy.txt": "a.txt"}
    edited, other = _ranked(0, "copy.txt"), _ranked(1, "b.txt")
    assert _paths(_chosen([edited, other, _ranked(2, "a.txt")], 8, story)) == ["b.txt", "a.txt"]
    assert _paths(_chosen([edited, other, _ranked(20, "a.txt")], 8, story)) == ["copy.txt", "b.txt"]
    assert _paths(_chosen([edited, other], 8, story)) == ["copy.txt", "b.txt"]
    elsewhere = _chosen([edited, other, _ranked(2, "a.txt")], 8, story, {"copy.txt": "Post"})
    assert _paths(elsewhere) == ["copy.txt", "b.txt"]


def test_an_article_says_a_sentence_once_while_there_is_anything_else() -> None:
    said = "Has the mayor of Northport resigned?"
    stuffed = [_saying(_ranked(at, "stuffed.txt"), said) for at in range(4)]
    reversed_words = _saying(_ranked(4, "stuffed.txt"), "The mayor of Northport has resigned")
    others = [_saying(_ranked(5, "stuffed.txt"), "The pier is open."), _saying(_ranked(6, "b.txt"), said)]
    ranked = [*stuffed, reversed_words, *others]
    assert [one.ranked for one in _chosen(ranked, 3) if not one.dropped] == [stuffed[0], *others]
    assert len(_paths(_chosen(ranked, 8))) == 7


def test_an_article_has_half_of_the_places_while_there_are_others() -> None:
    ranked = [*(_ranked(at, "long.txt") for at in range(6)), *(_ranked(at, f"{at}.txt") for at in range(6, 12))]
    assert _paths(_chosen(ranked, 8)) == ["long.txt"] * 4 + ["6.txt", "7.txt", "8.txt", "9.txt"]
    assert _paths(_chosen(ranked[:7], 8)) == ["long.txt"] * 6 + ["6.txt"]


def test_what_is_said_in_many_articles_has_half_of_the_places() -> None:
    planted = [_ranked(at, f"planted{at}.txt", direction=15) for at in range(7)]
    ranked = [*planted, *(_ranked(at, f"{at}.txt") for at in range(7, 12))]
    assert _paths(_chosen(ranked, 8)) == [f"planted{at}.txt" for at in range(4)] + ["7.txt", "8.txt", "9.txt", "10.txt"]
    assert len(_paths(_chosen(planted, 8))) == 7


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), st.integers(0, 3)), max_size=40), st.integers(1, 10))
def test_each_passage_is_candidates_once_and_hits_keep_their_order(
    rows: list[tuple[int, int, int]], limit: int
) -> None:
    ranked = [_ranked(number, f"{path}.txt", direction) for number, path, direction in rows]
    candidates = _chosen(ranked, limit)
    ids = [one.ranked.passage.id for one in candidates]
    assert sorted(ids) == sorted({one.passage.id for one in ranked})
    hits = [one.ranked.passage.id for one in candidates if not one.dropped]
    assert hits == ids[: len(hits)]
    assert len(hits) <= limit
    order = list(dict.fromkeys(one.passage.id for one in ranked))
    assert hits == sorted(hits, key=order.index)
