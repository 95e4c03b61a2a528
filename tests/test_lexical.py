import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import SnapshotBroken
from index.models import Article, Passage, Span
from index.store.lexical import LexicalIndex

BODIES = {
    "1": "The minister resigned after the flood in Northport.",
    "2": "The harbour of Northport was closed on Tuesday.",
    "3": "Taxes rise in spring, the treasury announced.",
}


def _pair(number: str, body: str, headline: str | None = None, outlet: str | None = None) -> tuple[Article, Passage]:
    article = Article(
        path=f"{number}.txt", text=body, encoding="utf-8", sha256="0" * 64, headline=headline, outlet=outlet
    )
    spans = (Span(0, len(body)),)
    return article, Passage(id=f"{number:0>16}", path=article.path, start=0, end=len(body), text=body, sentences=spans)


def _found(index: LexicalIndex, text: str, **options: Any) -> list[str]:
    return [identity.lstrip("0") for identity, _ in index.search(text, 10, **options)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    lexical = LexicalIndex(tmp_path_factory.mktemp("lexical"), create=True)
    lexical.update([], [_pair(number, body) for number, body in BODIES.items()])
    lexical.update([], [_pair("4", "It rained.", "Storm approaching", "Devdiscourse")])
    return lexical


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("harbour", ["2"]),
        ("HARBOURS closing", ["2"]),
        ("tax", ["3"]),
        ("northport", ["1", "2"]),
        ("nothing alike", []),
        ("the of in", []),
        ("", []),
    ],
)
def test_words_are_found_in_any_form_and_stopwords_are_not_looked_up(
    index: LexicalIndex, text: str, found: list[str]
) -> None:
    assert sorted(_found(index, text)) == found


def test_accents_do_not_matter(index: LexicalIndex) -> None:
    assert _found(index, "h\u00e1rb\u00f4ur") == ["2"]


@pytest.mark.parametrize("text", ["harbor", "harbuor closes", "ministr", "tresury"])
def test_a_misspelt_word_is_found(index: LexicalIndex, text: str) -> None:
    assert _found(index, text)[0] in {"1", "2", "3"}


def test_a_short_or_known_word_is_not_stretched(index: LexicalIndex) -> None:
    assert _found(index, "tox") == []
    assert _found(index, "flood") == ["1"]


@pytest.mark.parametrize("text", ["storm", "Devdiscourse", "devdiscourse storm"])
def test_words_that_stand_only_in_a_headline_or_outlet_are_found(index: LexicalIndex, text: str) -> None:
    assert _found(index, text) == ["4"]


def test_one_outlet_may_be_asked_alone(index: LexicalIndex) -> None:
    assert _found(index, "rained flood harbour", outlet="Devdiscourse") == ["4"]
    assert _found(index, "rained", outlet="Times") == []


def test_the_score_of_any_passage_is_the_one_that_a_search_gives(index: LexicalIndex) -> None:
    found = dict(index.search("northport harbour", 10))
    ids = [f"{number:0>16}" for number in (1, 2, 3)]
    assert index.scores("northport harbour", ids) == {ids[2]: 0.0} | found
    assert index.scores("", ids) == dict.fromkeys(ids, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        '"harbour',
        "harbour AND NOT harbour",
        "+harbour -harbour",
        "headline:harbour",
        "harbour^9 harbour~2",
        "(harbour",
        "harbour*",
        "[harbour TO zebra}",
        "harbour\\",
        "harbour\0",
    ],
)
def test_query_syntax_means_nothing(index: LexicalIndex, text: str) -> None:
    assert _found(index, text)[0] == "2"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=st.text())
def test_any_text_may_be_asked(index: LexicalIndex, text: str) -> None:
    hits = index.search(text, 3)
    assert len(hits) <= 3
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)


def test_the_limit_keeps_the_best(index: LexicalIndex) -> None:
    best, *_ = index.search("northport harbour", 10)
    assert index.search("northport harbour", 1) == [best]


def test_passages_are_counted_and_a_stem_is_counted_by_passage(index: LexicalIndex) -> None:
    assert index.count() == 4
    assert index.frequency("northport") == 2
    assert index.frequency("unheard") == 0


def test_the_terms_of_a_text_are_its_stems_once_without_the_words_that_every_text_has(index: LexicalIndex) -> None:
    assert index.terms("The harbours of Northport: a Harbour, and Fl\u00f3ods!") == ("harbour", "northport", "flood")
    assert index.terms("of the") == index.terms("") == ()
    assert all(index.frequency(term) for term in index.terms(BODIES["1"]))


def test_a_word_is_as_rare_as_few_passages_hold_it(index: LexicalIndex) -> None:
    whole = math.log(1 + 4) - math.log(2)
    assert index.rarity("harbour") == pytest.approx((math.log(1 + 4 / 2) - math.log(2)) / whole)
    assert index.rarity("northport") == pytest.approx((math.log(1 + 4 / 3) - math.log(2)) / whole)
    assert index.rarity("unheard") == 1


def _flooded(folder: Path, copies: int) -> LexicalIndex:
    """Three articles, and edited copies of the first one."""
    edited = [_pair(str(number), f"{BODIES['1']} Edition {number}.") for number in range(10, 10 + copies)]
    lexical = LexicalIndex(folder, create=True)
    originals = [_pair(number, f"{body} Edition {number}.") for number, body in BODIES.items()]
    lexical.update([], originals + edited, {article.path for article, _ in edited})
    return lexical


def test_copies_do_not_make_the_words_of_an_article_common(tmp_path: Path) -> None:
    lexical, alone = _flooded(tmp_path / "flooded", 40), _flooded(tmp_path / "alone", 0)
    assert (lexical.count(), lexical.count(copies=False)) == (43, 3)
    assert (lexical.frequency("minist"), lexical.frequency("minist", copies=False)) == (41, 1)
    assert (lexical.frequency("31"), lexical.frequency("31", copies=False)) == (1, 0)
    assert [lexical.rarity(term) for term in ("minist", "northport", "31")] == pytest.approx(
        [alone.rarity(term) for term in ("minist", "northport", "31")]
    )
    ids = [f"{number:0>16}" for number in BODIES]
    for text in ("minister flood", "minister harbour taxes", "northport treasury"):
        assert lexical.scores(text, ids) == pytest.approx(alone.scores(text, ids), rel=0.05)


def test_copies_take_no_places_of_others(tmp_path: Path) -> None:
    lexical = _flooded(tmp_path, 40)
    found = lexical.search("minister flood northport edition", 3)
    assert len(found) == 5  # three found, two of them of copies, and three others, one of them found before
    assert {f"{number:0>16}" for number in BODIES} < {identity for identity, _ in found}
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_a_few_copies_are_found_like_others(tmp_path: Path) -> None:
    found = _flooded(tmp_path, 1).search("minister flood northport edition", 3)
    assert [identity for identity, _ in found][:2] == [f"{1:0>16}", f"{10:0>16}"]
    assert len(found) == 3


def test_a_passage_put_in_anew_stands_there_once_and_may_be_a_copy_no_more(tmp_path: Path) -> None:
    lexical = _flooded(tmp_path, 1)
    lexical.update([], [_pair("10", f"{BODIES['1']} Edition 10.")])
    assert (lexical.count(), lexical.count(copies=False)) == (4, 4)
    assert lexical.frequency("minist", copies=False) == 2


def test_an_update_deletes_and_adds_and_outlives_the_process(tmp_path: Path) -> None:
    lexical = LexicalIndex(tmp_path, create=True)
    lexical.update([], [_pair(number, body) for number, body in BODIES.items()])
    lexical.update([f"{1:0>16}"], [_pair("5", "A bridge was opened.")])
    for opened in (lexical, LexicalIndex(tmp_path)):
        assert opened.count() == 3
        assert _found(opened, "minister") == []
        assert _found(opened, "bridge") == ["5"]


def test_a_word_of_deleted_passages_only_is_a_word_that_no_passage_holds(tmp_path: Path) -> None:
    lexical = LexicalIndex(tmp_path, create=True)
    lexical.update([], [_pair("2", BODIES["2"]), _pair("5", "The harbor of Easton.")])
    assert _found(lexical, "harbor") == ["5"]
    lexical.update([f"{5:0>16}"], [])
    assert lexical.frequency("harbor") == 0
    assert _found(lexical, "harbor") == ["2"]


def test_deleting_what_is_not_there_changes_nothing(tmp_path: Path) -> None:
    lexical = LexicalIndex(tmp_path, create=True)
    lexical.update([], [_pair("1", BODIES["1"])])
    lexical.update([f"{9:0>16}"], [])
    assert lexical.count() == 1


def test_in_a_large_index_a_word_of_very_many_passages_finds_nothing_beside_another(tmp_path: Path) -> None:
    lexical = LexicalIndex(tmp_path, create=True)
    lexical.update([], [_pair(str(number), "The harbour.") for number in range(1, 10_002)])
    lexical.update([], [_pair("20000", "The port of Easton.")])
    assert _found(lexical, "harbour of Easton") == ["20000"]
    assert len(_found(lexical, "harbour")) == 10


def test_a_folder_without_an_index_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(SnapshotBroken, match="newsdesk index"):
            LexicalIndex(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_index_is_refused(tmp_path: Path) -> None:
    LexicalIndex(tmp_path, create=True).update([], [_pair("1", BODIES["1"])])
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(SnapshotBroken, match="newsdesk index"):
        LexicalIndex(tmp_path)
