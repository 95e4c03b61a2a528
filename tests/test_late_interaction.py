from dataclasses import replace

import numpy as np
import pytest
from conftest import PlainWords

from index.embedding.encoder import Encoded
from index.passages.chunking import chunk
from index.sync.ingesting import read_article
from qa.models import Hit
from qa.reader.late_interaction import NUMBERS, LateInteraction, Layer, may_answer, reading_of, shipped_layer
from qa.reader.rarity import coverage_of, rarities
from qa.reader.reading import Reader

BRIDGE = (
    "A bridge for Northport\n\nThe old ferry was slow. The bridge of Northport was opened in 1987. "
    "Who paid for it? Its towers are forty metres high."
)
EVEN = Layer([0.0] * 385, [1, 0, 0, 0, 0, 0], [0, 0, 0], [1, 0, 0])


class OneHot:
    """A fake encoder: a token is a word, and two tokens are alike when they are the same word."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def encode(self, texts: list[str]) -> list[Encoded]:
        return [self._encoded(text) for text in texts]

    def _encoded(self, text: str) -> Encoded:
        spans, at = [], 0
        for word in text.split():
            start = text.index(word, at)
            at = start + len(word)
            spans.append((start, at))
        words = [text[start:end].strip(".?").lower() for start, end in spans]
        ids = [0, *(self._known.setdefault(word, len(self._known) + 2) for word in words), 1]
        tokens = np.zeros((len(ids), 384), np.float32)
        tokens[range(len(ids)), ids] = 1
        mean = tokens.mean(axis=0)
        return Encoded(ids, [(0, 0), *spans, (0, 0)], tokens, mean / np.linalg.norm(mean))


class Rare(PlainWords):
    """Words of which one is rarer than the others."""

    def rarity(self, term: str) -> float:
        return 5.0 if term == "ferry" else 1.0


def hits_of(text: str, headline: str | None = None) -> list[Hit]:
    article = read_article("bridge.txt", text.encode())
    shown = headline or article.headline
    return [Hit(passage=one, score=1.0, similarity=1.0, headline=shown) for one in chunk(article)]


@pytest.fixture
def one_hot() -> LateInteraction:
    return LateInteraction(OneHot(), EVEN)


def test_the_sentence_with_the_words_of_the_question_comes_first(one_hot: LateInteraction) -> None:
    reading = one_hot.rank("bridge opened 1987", hits_of(BRIDGE), PlainWords())
    assert reading.sentences[0].text == "The bridge of Northport was opened in 1987."
    assert sum(one.answer_share for one in reading.sentences) == pytest.approx(1)


def test_the_numbers_say_how_much_of_the_question_finds_its_match(one_hot: LateInteraction) -> None:
    measured = one_hot.measure("ferry opened 1987", hits_of(BRIDGE), PlainWords()).sentences
    ferry = next(one for one in measured if one.hit.passage.sentence(one.span) == "The old ferry was slow.")
    numbers = dict(zip(NUMBERS, ferry.numbers, strict=True))
    assert numbers["sentence"] == pytest.approx(1 / 3)
    assert numbers["sentence lacks"] == pytest.approx(2 / 3)
    assert numbers["hit"] == pytest.approx(1)
    assert numbers["hit lacks"] == pytest.approx(0)
    assert numbers["words held"] == pytest.approx(1 / 3)


def test_a_rare_word_counts_for_more(one_hot: LateInteraction) -> None:
    question, hits = "ferry opened 1987", hits_of(BRIDGE)
    assert one_hot.rank(question, hits, PlainWords()).sentences[0].text != "The old ferry was slow."
    assert one_hot.rank(question, hits, Rare()).sentences[0].text == "The old ferry was slow."


def test_a_question_that_finds_no_match_is_less_sure(one_hot: LateInteraction) -> None:
    hits = hits_of(BRIDGE)
    sure = [one_hot.rank(one, hits, PlainWords()).probability for one in ("bridge opened", "bridge burnt", "who fell")]
    assert sure == sorted(sure, reverse=True) and sure[0] > sure[-1]


@pytest.mark.parametrize(
    "sentence", ["Who paid for it?", "A bridge for Northport", "¿Quién pagó?", "هذا هو؟", "Prices and times"]
)
def test_a_question_a_headline_and_a_subheading_are_no_answer(sentence: str) -> None:
    assert not may_answer(sentence, "A bridge for Northport")


@pytest.mark.parametrize(
    "sentence",
    [
        "It rained.",
        "“It rained.”",
        "橋は開通した。",
        "پل کھل گیا۔",
        "Flour, two eggs, a cup of milk, salt, butter, sugar and one lemon",
    ],
)
def test_what_states_something_may_be_an_answer(sentence: str) -> None:
    assert may_answer(sentence, None)


def test_no_hits_hold_no_answer(one_hot: LateInteraction) -> None:
    assert one_hot.rank("bridge", [], PlainWords()).probability == 0


def test_words_that_the_index_leaves_out_are_as_rare_as_what_every_passage_has() -> None:
    class Empty(PlainWords):
        def terms(self, _: str) -> tuple[str, ...]:
            return ()

    assert rarities("the who", Empty()) == [(0, 3, pytest.approx(np.log(2))), (4, 7, pytest.approx(np.log(2)))]
    assert coverage_of("the who", Empty())("the who") == 0


def test_the_layer_that_ships_has_a_number_for_each() -> None:
    layer = shipped_layer()
    sizes = [len(row) for row in (layer.token, layer.score, layer.search, layer.sure)]
    assert sizes == [385, len(NUMBERS), 3, 3]
    assert layer.sure[0] > 0 > layer.sure[2]


def test_the_reader_that_ships_finds_what_is_said_in_other_words(reader: Reader) -> None:
    hits = hits_of(
        "Harbour news\n\nThe council met on Tuesday. Its new chair is Ada Berg, a former pilot. "
        "The meeting was long, and coffee was served. Rain is expected in the north."
    )
    reading = reader.rank("Who leads the council?", hits, PlainWords())
    assert reading.sentences[0].text == "Its new chair is Ada Berg, a former pilot."
    other = reader.rank("How many ships sank off Cape Town?", hits, PlainWords())
    assert other.probability < reading.probability


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Когда министр открыл новый мост?", BRIDGE),
        (
            "When was the bridge opened?",
            "橋の話\n\n大臣は月曜日に新しい橋を開通させた。費用は三億円だった。市長も出席した。",
        ),
        (
            "When was the bridge opened?",
            "پل کی خبر\n\nوزیر نے پیر کے روز نئے پل کا افتتاح کیا۔ اس پر تین ارب روپے لاگت آئی۔",
        ),
    ],
)
def test_what_the_reader_cannot_read_it_says(question: str, text: str, reader: Reader) -> None:
    assert reader.rank("When was the bridge opened?", hits_of(BRIDGE), PlainWords()).foreign is None
    reading = reader.rank(question, hits_of(text), PlainWords())
    assert not reading.sentences
    assert reading.foreign
    assert reading.foreign.languages or reading.foreign.question_languages


def test_the_same_question_is_read_the_same_whatever_stands_beside_its_hit(reader: Reader) -> None:
    hits = hits_of(BRIDGE)
    other = hits_of("Rain\n\nRain is expected in the north, and the harbour of Southport stays closed until Friday.")
    alone = reader.rank("When was it opened?", hits, PlainWords()).sentences
    beside = reader.rank("When was it opened?", [*hits, *other], PlainWords()).sentences
    kept = [one.text for one in beside if one.hit.passage.id == hits[0].passage.id]
    assert kept == [one.text for one in alone]


def test_the_more_passages_there_are_the_less_sure_the_same_score_makes(one_hot: LateInteraction) -> None:
    found = one_hot.measure("bridge opened", hits_of("The bridge was opened on Friday."), PlainWords())
    by_size = replace(EVEN, sure=[1, 0, -0.1])
    few, many = (reading_of(found._replace(passages=size), by_size) for size in (100, 10_000))
    assert few.probability > many.probability and few.sentences == many.sentences
