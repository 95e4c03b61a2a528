"""Words by script: what a question and an article share, however each of them writes it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.models import Article, Passage, Span
from index.store.lexical import LexicalIndex
from index.text.words import segmented, tokens
from qa.language.terms import terms

PAIRS = {
    "japanese": ("白い橋は1931年に架けられた。", "橋はいつ架けられましたか"),
    "chinese": ("市政府将在明年三月修复老灯塔。", "老灯塔什么时候修复？"),
    "korean": ("서울시장은 새 다리를 짓겠다고 말했다.", "서울시장이 무엇을 말했나"),
    "thai": ("นายกเทศมนตรีเปิดสะพานใหม่", "ใครเปิดสะพาน"),
    "khmer": ("ស្ពានថ្មីនៅភ្នំពេញបើកហើយ", "ស្ពាននៅឯណា"),
    "burmese": ("တံတားသစ်ကို ဖွင့်လှစ်ခဲ့သည်", "တံတားသစ် ဘယ်မှာလဲ"),
    "arabic": ("أعلنت المدينة بناء الجسر.", "متى بُني جسر المدينة؟"),
    "urdu": ("پل کی تعمیر پر خرچ ہوا۔", "تعمیر پر کتنا خرچ آیا؟"),
    "hindi": ("नगर निगम ने पुलों की मरम्मत की।", "पुल की मरम्मत किसने की?"),
    "russian": ("Мэрия построила новый мост.", "Когда мэрии построили мост?"),
    "greek": ("Ο δήμαρχος άνοιξε τη γέφυρα.", "Ποιος ΔΉΜΑΡΧΟΣ άνοιξε τη γέφυρα;"),
}


def _passage(number: int, text: str) -> tuple[Article, Passage]:
    path, spans = f"{number}.txt", (Span(0, len(text)),)
    passage = Passage(id=f"{number:016}", path=path, start=0, end=len(text), text=text, sentences=spans)
    return Article(path=path, text=text, encoding="utf-8", sha256="0" * 64), passage


@pytest.mark.parametrize(("article", "question"), PAIRS.values(), ids=PAIRS)
def test_question_and_article_share_their_words_in_every_script(article: str, question: str) -> None:
    shared = set(tokens(article)) & set(tokens(question))
    assert len(shared) >= 2
    assert shared & (set(terms(article)) & set(terms(question)))


@pytest.mark.parametrize(("article", "question"), PAIRS.values(), ids=PAIRS)
def test_the_lexical_leg_finds_a_passage_in_every_script(article: str, question: str, tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path / "lexical", create=True)
    others = [text for text, _ in PAIRS.values() if text != article]
    added = [_passage(at, text) for at, text in enumerate([article, *others])]
    index.update([], added)
    assert index.search(question, 3)[0][0] == added[0][1].id
    assert all(index.frequency(term) for term in set(terms(article)) & set(terms(question)))


def test_words_of_the_latin_script_are_left_for_the_stemmer() -> None:
    assert tokens("The mayor's trips cost €1,200 — São Tomé") == "The mayor s trips cost 1 200 São Tomé".split()


def test_a_script_without_spaces_is_taken_in_pairs_and_a_letter_alone_stands_for_itself() -> None:
    assert tokens("塔は") == ["塔", "は"]
    assert tokens("約4億2千万円") == ["約", "4", "億", "2", "千万", "万円"]
    assert tokens("SONYのゲーム機") == ["SONY", "の", "ゲー", "ーム", "機"]


def test_vowel_points_and_accents_are_left_out_and_marks_that_make_another_letter_stay() -> None:
    assert tokens("بُنِيَ") == tokens("بني")
    assert tokens("ΔΉΜΑΡΧΟΣ") == tokens("δήμαρχος")
    assert tokens("かき") != tokens("がき")
    assert tokens("Москва́") == tokens("Москва")


@given(st.text())
def test_tokens_hold_no_space_and_are_the_words_of_their_own_join(text: str) -> None:
    found = tokens(text)
    assert all(token and not any(map(str.isspace, token)) for token in found)
    assert text.isascii() <= (segmented(text) == text)
