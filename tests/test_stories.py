import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.models import Article, Span
from index.passages.stories import fingerprint, shingles
from index.passages.stories import stories as group


def _article(path: str, text: str, kept: Span | None = None) -> Article:
    return Article(path=path, text=text, encoding="utf-8", sha256="0" * 64, article_lines=(kept or Span(0, len(text)),))


def stories(articles: Iterable[Article]) -> dict[str, str]:
    by_path = {article.path: article for article in articles}
    fingerprints = {path: fingerprint(shingles(article)) for path, article in by_path.items()}
    return group(fingerprints, lambda path: shingles(by_path[path]))


def _groups(found: dict[str, str]) -> set[frozenset[str]]:
    return {frozenset(path for path in found if found[path] == name) for name in found.values()}


def _report(seed: int, words: int = 300) -> list[str]:
    chance = random.Random(seed)
    return [f"word{chance.randrange(20_000)}" for _ in range(words)]


def _edited(words: list[str], edits: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    changed = list(words)
    for _ in range(edits):
        changed[chance.randrange(len(changed))] = f"edit{chance.randrange(20_000)}"
    return changed


def test_a_wire_report_printed_with_small_edits_is_one_story() -> None:
    wire = _report(1)
    copies = [_article(f"{at}.txt", " ".join(_edited(wire, 8, at))) for at in range(12)]
    others = [_article(f"other{at}.txt", " ".join(_report(100 + at))) for at in range(12)]
    found = stories([*copies, *others])
    assert len({found[article.path] for article in copies}) == 1
    assert all(found[article.path] == article.path for article in others)


def test_a_story_is_named_after_the_report_that_the_others_edit() -> None:
    wire = _report(1)
    copies = [_article(f"{at:02d}.txt", " ".join(_edited(wire, 12, at))) for at in range(40)]
    found = stories([*copies, _article("wire.txt", " ".join(wire))])
    assert set(found.values()) == {"wire.txt"}


def test_a_cut_report_is_the_story_of_the_whole_one() -> None:
    wire = _report(1)
    found = stories([_article("a.txt", " ".join(wire)), _article("b.txt", " ".join(wire[:200]))])
    assert found == {"a.txt": "a.txt", "b.txt": "a.txt"}


def test_a_shared_third_is_not_enough() -> None:
    shared = _report(1, 100)
    one, two = (_article(f"{at}.txt", " ".join(shared + _report(at, 200))) for at in (2, 3))
    assert stories([one, two]) == {"2.txt": "2.txt", "3.txt": "3.txt"}


def test_case_and_punctuation_do_not_part_a_story() -> None:
    words = _report(1)
    found = stories([_article("a.txt", " ".join(words)), _article("b.txt", ", ".join(words).upper() + "!")])
    assert set(found.values()) == {"a.txt"}


def test_junk_around_the_article_does_not_count() -> None:
    menu, text = " ".join(_report(9, 400)), " ".join(_report(1))
    framed = _article("b.txt", f"{menu} {text}", Span(len(menu) + 1, len(menu) + 1 + len(text)))
    assert set(stories([_article("a.txt", text), framed]).values()) == {"a.txt"}


def test_the_seeds_are_five_stories(seed_articles: dict[str, Article]) -> None:
    found = stories(seed_articles.values())
    assert all(path == story for path, story in found.items())
    assert len(found) == 5


def test_two_hundred_copies_are_one_story() -> None:
    text = " ".join(_report(1))
    assert set(stories(_article(f"{at:03d}.txt", text) for at in range(200)).values()) == {"000.txt"}


@pytest.mark.parametrize("text", ["One", "One two", "?!"])
def test_a_text_shorter_than_a_shingle_stands_alone(text: str) -> None:
    found = stories([_article("a.txt", text), _article("b.txt", " ".join(_report(1)))])
    assert found == {"a.txt": "a.txt", "b.txt": "b.txt"}


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_grouping_does_not_depend_on_the_order_of_the_articles(of: list[int], chance: random.Random) -> None:
    articles = [_article(f"{at:02d}.txt", " ".join(_edited(_report(report), 4, at))) for at, report in enumerate(of)]
    found = stories(articles)
    shuffled = articles[:]
    chance.shuffle(shuffled)
    assert stories(shuffled) == found
    assert _groups(found) == _groups({one.path: str(report) for one, report in zip(articles, of, strict=True)})
    assert all(found[story] == story for story in found.values())


@pytest.mark.parametrize("words", [30, 60, 120, 250, 500])
def test_copies_with_one_word_in_twelve_changed_are_found_at_any_length(words: int) -> None:
    articles, expected = [], {}
    for report in range(40):
        wire = _report(report, words)
        for copy in range(3):
            path = f"{report:02d}-{copy}.txt"
            articles.append(_article(path, " ".join(_edited(wire, words // 12 if copy else 0, 100 * report + copy))))
            expected[path] = f"{report:02d}"
    assert _groups(stories(articles)) == _groups(expected)


def test_articles_made_of_the_same_paragraphs_are_not_one_story() -> None:
    paragraphs = [" ".join(_report(seed, 80)) for seed in range(30)]
    chance = random.Random(7)
    mixed = [_article(f"{at:03d}.txt", " ".join(chance.sample(paragraphs, 5))) for at in range(60)]
    shared = {
        (one.path, other.path)
        for one in mixed
        for other in mixed
        if one.path < other.path and sum(text in other.text for text in paragraphs if text in one.text) > 2
    }
    found = stories(mixed)
    together = {(one, other) for one in found for other in found if one < other and found[one] == found[other]}
    assert bool(together) <= bool(shared)
    alone = set(found) - {path for pair in shared for path in pair}
    assert all(found[path] == path for path in alone)


def test_no_articles_are_no_stories() -> None:
    assert stories([]) == {}


def test_articles_without_words_stand_alone() -> None:
    assert stories([_article("a.txt", "?!"), _article("b.txt", "?!")]) == {"a.txt": "a.txt", "b.txt": "b.txt"}
