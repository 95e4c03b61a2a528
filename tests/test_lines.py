import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.cleaning import line_context, line_model
from index.cleaning.line_features import entries
from index.text import lines

STORY = "The minister said on Tuesday that the bridge over the river will be closed for three weeks of repairs."


@pytest.mark.parametrize(
    ("text", "words", "prose"),
    [
        (STORY, 19, True),
        ("Rain", 1, False),
        ("well-known e-mail, 4.1 billion", 4, False),
        ("It rained in Northport for three long days (AFP)", 9, True),
        ("One two three four five six seven eight nine", 9, False),
        ("•", 0, False),
        ("پرانی عمارت پچھلے سال کے سیلاب میں تباہ ہو گئی تھی۔", 11, True),
        ("وزير النقل قال إن الجسر سيغلق ثلاثة أسابيع؟", 8, True),
        ("मंत्री ने कहा कि पुल तीन सप्ताह तक बंद रहेगा।", 10, True),
        ("大臣は橋を三週間閉鎖すると述べた。", 16, True),
        ("港湾事務所", 5, False),
        ("部长说：“这座桥将关闭三个星期。”", 13, True),
        ("สะพานจะปิดสามสัปดาห์", 5, False),
    ],
)
def test_words_are_counted_and_prose_is_told(text: str, words: int, prose: bool) -> None:
    [line] = lines.lines(f"  {text}\t\n\n")
    assert (line.start, line.words, line.is_prose) == (2, words, prose)


@pytest.mark.parametrize(
    ("scores", "found"),
    [([1, -2, 3, -1, 2, -9, 1], (2, 5)), ([-1, -2], (0, 0)), ([], (0, 0)), ([2], (0, 1))],
)
def test_the_densest_range_has_the_largest_sum(scores: list[float], found: tuple[int, int]) -> None:
    assert line_context.densest(np.array(scores, float)) == found


def test_the_lexicon_knows_short_lines_from_long_ones() -> None:
    [short, long] = lines.lines(f"Read 3 MORE\n{STORY} It can’t open.")
    assert list(entries(short)) == ["s:#", "s:more", "s:read", "f:read", "e:more"]
    assert {"l:minister", "l:can't", "f:the", "e:."} <= set(entries(long))


def test_the_model_tells_a_story_from_what_stands_around_it() -> None:
    menu = "Home\nWorld\nSport\nSign up for our newsletter\n"
    page = lines.lines(
        menu
        + "".join(f"{STORY} So said report {n} on it.\n" for n in range(4))
        + "Related\n5 Best Mattress Deals\nShare on Facebook\n© 2024 Coast Times"
    )
    scores = line_model.shipped().scores(page)
    assert [score > 0 for score in scores] == [False] * 4 + [True] * 4 + [False] * 4


def test_weights_of_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="fit them"):
        line_model.weigh({"words": np.ones(1)}, {"": 0.0})


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["Home", STORY, "Related", "©", "5 hours ago"]) | st.text(), min_size=1, max_size=40))
def test_every_line_gets_the_same_finite_score_each_time(texts: list[str]) -> None:
    page = lines.lines("\n".join([*texts, "x"]))
    scores = line_model.shipped().scores(page)
    assert scores.shape == (len(page),)
    assert np.isfinite(scores).all()
    assert (scores == line_model.shipped().scores(page)).all()
