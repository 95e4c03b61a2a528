from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cleaning import ARTICLE, JUNK, SEEDS, line_spans

from index.errors import UnreadableFile
from index.models import Article, Passage, Span
from index.passages import chunking
from index.sync.ingesting import read_article
from index.text.lines import count_words

BULLETS = "•*·▪‣–—-"
PIECES = [
    "The minister spoke in the city on Tuesday about the budget of the country.",
    "“Yes. We will. But not now,”",
    '"Quoted. Twice,"',
    "U.S.",
    "Dr.",
    "(ANI)",
    "•",
    "—",
    "12.5",
    "\u00a0",
    "\u2028",
    "e\u0301",
    "\U0001f1f5\U0001f1f0",
    "By John Smith",
    "word " * 200,
    "Flood Closes Two Harbours",
]


def _article(text: str, kept: tuple[Span, ...] | None = None, headline: str | None = None) -> Article:
    whole = (Span(0, len(text)),)
    return Article(
        path="a.txt", text=text, encoding="utf-8", sha256="0" * 64, article_lines=kept or whole, headline=headline
    )


def _ink(text: str, spans: list[Span]) -> Counter[int]:
    """How often each character that is not white space is covered."""
    return Counter(at for start, end in spans for at in range(start, end) if not text[at].isspace())


def _sentences(article: Article) -> list[str]:
    return [passage.sentence(span) for passage in chunking.chunk(article) for span in passage.sentences]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_junk_line_of_a_seed_touches_a_passage(seed: str, seed_articles: dict[str, Article]) -> None:
    article = seed_articles[seed]
    spans = line_spans(article.text)
    passages = chunking.chunk(article)
    touched = [
        number
        for number in JUNK[seed]
        for passage in passages
        if spans[number].start < passage.end and passage.start < spans[number].end
    ]
    assert touched == []


@pytest.mark.parametrize("seed", SEEDS)
def test_every_article_line_of_a_seed_is_in_the_sentences_once(seed: str, seed_articles: dict[str, Article]) -> None:
    article = seed_articles[seed]
    spans = line_spans(article.text)
    lone_headline = {"000": 7}.get(seed)
    expected = _ink(article.text, [spans[number] for number in ARTICLE[seed] if number != lone_headline])
    found = _ink(article.text, [span for passage in chunking.chunk(article) for span in passage.sentences])
    assert max(found.values()) == 1
    assert {article.text[at] for at in expected - found} <= set(BULLETS)
    assert not found - expected


def test_the_sentences_of_a_seed_are_those_a_reader_counts(seed_articles: dict[str, Article]) -> None:
    counted = {"000": 16, "001": 18, "002": 13, "003": 23, "004": 16}
    assert {seed: len(_sentences(seed_articles[seed])) for seed in SEEDS} == counted


def test_quotations_of_several_sentences_are_cut_inside(seed_articles: dict[str, Article]) -> None:
    found = _sentences(seed_articles["003"])
    assert (
        "For this, it needs sophisticated small arms and communication equipment,” Ambassador Masood Khan told Dawn."
        in found
    )
    assert "“The Pakistani people have suffered greatly from these terrorist attacks." in found


def test_abbreviations_and_decimals_end_no_sentence() -> None:
    text = "Dr. Khan of the U.S. Senate spent $4.1 million on Jan. 5 in St. Louis. He left."
    assert _sentences(_article(text)) == [text[:-9], "He left."]


def test_a_credit_belongs_to_the_sentence_before_it() -> None:
    assert _sentences(_article("The road is closed. (AFP/File)")) == ["The road is closed. (AFP/File)"]


def test_a_bullet_is_not_part_of_its_sentence() -> None:
    assert _sentences(_article("• The road is closed.")) == ["The road is closed."]


def test_junk_between_lines_parts_the_passages() -> None:
    text = "The road is closed.\nADVERT\nThe bridge is open."
    passages = chunking.chunk(_article(text, (Span(0, 19), Span(27, 46))))
    assert [passage.text for passage in passages] == ["The road is closed.", "The bridge is open."]


def test_a_headline_apart_is_no_passage_but_with_its_story_it_is() -> None:
    apart = _article("Flood\nMENU\nIt rained.", (Span(0, 5), Span(11, 21)), "Flood")
    together = _article("Flood\nIt rained.", (Span(0, 5), Span(6, 16)), "Flood")
    assert [passage.text for passage in chunking.chunk(apart)] == ["It rained."]
    assert [passage.text for passage in chunking.chunk(together)] == ["Flood\nIt rained."]


def test_an_article_of_only_a_headline_is_still_found() -> None:
    article = _article("Flood closes harbour", headline="Flood closes harbour")
    assert [passage.text for passage in chunking.chunk(article)] == ["Flood closes harbour"]


def test_a_text_without_full_stops_is_cut_into_passages() -> None:
    passages = chunking.chunk(_article("word " * 1000))
    assert len(passages) == 7
    assert all(count_words(passage.text) <= chunking.TARGET_WORDS + 40 for passage in passages)


def test_a_short_rest_joins_the_passage_before() -> None:
    sentence = "One two three four five six seven eight nine ten. "
    assert [count_words(passage.text) for passage in chunking.chunk(_article(sentence * 18))] == [180]
    assert [count_words(passage.text) for passage in chunking.chunk(_article(sentence * 19))] == [150, 40]


def test_the_headline_goes_before_the_passage_that_is_embedded() -> None:
    [passage] = chunking.chunk(_article("It rained.", headline="Flood"))
    assert chunking.embedded_text("Flood", passage) == "Flood\nIt rained."
    assert chunking.embedded_text(None, passage) == "It rained."


@pytest.mark.parametrize("headline", ["Flood \U0001f30a in\nthe north", None])
def test_the_sentences_are_found_in_the_text_that_is_embedded(headline: str | None) -> None:
    passages = chunking.chunk(_article("It rained in caf\u00e9s. \U0001f327 It snowed. " * 60))
    assert len(passages) > 1
    for passage in passages:
        text = chunking.embedded_text(headline, passage)
        found = [text[start:end] for start, end in chunking.sentences_in(text, passage)]
        assert found == [passage.sentence(span) for span in passage.sentences]


@pytest.mark.parametrize("change", [{"path": "b.txt"}, {"headline": "Other"}, {"outlet": "Times"}, {"author": "A B"}])
def test_the_id_of_a_passage_covers_all_that_is_stored_with_it(change: dict[str, str]) -> None:
    article = _article("It rained. It snowed.")
    other = article.model_copy(update=change)
    [before], [after] = chunking.chunk(article), chunking.chunk(other)
    assert before.id != after.id
    assert [passage.id for passage in chunking.chunk(article)] == [before.id]


def _check_passages(article: Article, passages: list[Passage]) -> None:
    assert [passage.start for passage in passages] == sorted({passage.start for passage in passages})
    for passage in passages:
        assert article.text[passage.start : passage.end] == passage.text
        assert count_words(passage.text) <= chunking.TARGET_WORDS + 40
        assert all(passage.sentence(span).strip() == passage.sentence(span) != "" for span in passage.sentences)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12).map(" ".join), max_size=10),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_passages_cover_every_kept_character_once_but_bullets_and_a_lone_headline(page: list[str], end: str) -> None:
    try:
        article = read_article("a.txt", end.join(page).encode("utf-8", "replace"))
    except UnreadableFile:
        return
    passages = chunking.chunk(article)
    _check_passages(article, passages)
    kept = _ink(article.text, list(article.article_lines))
    found = _ink(article.text, [span for passage in passages for span in passage.sentences])
    headline = [span for span in article.article_lines if article.text[slice(*span)] == article.headline]
    missing = kept - found - _ink(article.text, headline)
    assert passages
    assert not found - kept
    assert {article.text[at] for at in missing} <= set(BULLETS)


@pytest.mark.parametrize(
    ("language", "line", "found"),
    [
        ("de", "Die Anordnung vom 28. Oktober gilt. Sie endet am 3. November.", 2),
        ("en", "He came on Jan. 4 to the U.S. Senate. It sat.", 2),
        ("ja", "市は14日、発表した。費用は4億円だ。", 2),
        ("zh", "市长说：“明年动工。”居民很高兴。", 2),
        ("ur", "پل کھل گیا۔ اس پر 5 کروڑ روپے خرچ ہوئے۔", 2),
        ("hi", "पुल खुल गया। मरम्मत में दो साल लगे।", 2),
    ],
)
def test_sentences_are_cut_as_their_language_ends_them(language: str, line: str, found: int) -> None:
    assert len(chunking.sentences(line, Span(0, len(line)), language)) == found


def test_an_article_is_cut_in_its_own_language_even_when_it_is_short() -> None:
    text = "Die Brücke ist seit dem 28. Oktober für den Verkehr zu. Das ist nicht neu."
    article = Article(path="a.txt", text=text, encoding="utf-8", sha256="0" * 64, article_lines=(Span(0, len(text)),))
    assert len(chunking.chunk(article)[0].sentences) == 2


def test_a_long_text_without_spaces_fills_several_passages_and_loses_nothing() -> None:
    text = "橋は新しくなり、川を渡る人が増えた" * 60
    article = Article(path="a.txt", text=text, encoding="utf-8", sha256="0" * 64, article_lines=(Span(0, len(text)),))
    passages = chunking.chunk(article)
    assert len(passages) > 3
    assert "".join(passage.sentence(span) for passage in passages for span in passage.sentences) == text
    assert all(len(passage.text) <= 300 for passage in passages)
