import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.checking.citations import Draft
from qa.writing.splitting import StatementSplitter

SCRIPTS = [
    "河水上涨了。",
    "他说：“水位很高。”",
    "下雨了【1】。",
    "３.５米！",
    "مطر شدید ہوا۔",
    "دریا چڑھ گیا [2]۔",
    "هل هطل المطر؟",
    "नदी बढ़ गई।",
    "पुल बंद है॥",
    "Шёл дождь.",
    "г. Москва",
    "¿Llovió?",
    "Il a plu.",
    "«Il pleut.»",
    "雨？",
    "水[3]。",
    "（見る。）",
]
SHAPES = [
    "```\nx = 1. Y = 2.\n```",
    "| City | Dead |\n|---|---|\n| Swat | 3 [1] |\n",
    "**Bold.** ",
    "`a.b`",
    "[3] It rained. [5] It rose.",
    "\n[7] ",
    "- Rain [1]\n",
    "“It rained. ”",
    "It rained. [2] “We",
    '"so"',
]
WORDS = [
    *("It", "rained", "in", "Mr. Khan", "the U.S.", "3.5", "$4.1 million", "[1]", "[2, 3]", "【4】", "No. 5", "a.m."),
    *("[S3]", "[^3]", "[s. 3]", "[Sentences 3 and 5]", "(3)"),
]
STOPS = [".", "!", "?", "…", ".”", '."', ".)", ":", ";", "\n", "\n\n", ",", "\n- ", "\n1. "]


def drafts(pieces: list[str]) -> list[Draft]:
    splitter = StatementSplitter()
    return [*(draft for piece in pieces for draft in splitter.feed(piece)), *splitter.finish()]


def texts(reply: str) -> list[str]:
    return [draft.text for draft in drafts([reply])]


@pytest.mark.parametrize(
    ("reply", "statements"),
    [
        ("It rained. The river rose.", ["It rained.", "The river rose."]),
        ("Did it rain? Yes! It did…", ["Did it rain?", "Yes!", "It did…"]),
        ("It rose by 3.5 metres. Then it fell.", ["It rose by 3.5 metres.", "Then it fell."]),
        ("It cost $4.1 million. That is all.", ["It cost $4.1 million.", "That is all."]),
        ("Mr. Khan spoke. Dr. Ali did not.", ["Mr. Khan spoke.", "Dr. Ali did not."]),
        ("Gen. Kurilla met them. They talked.", ["Gen. Kurilla met them.", "They talked."]),
        ("The U.S. embassy closed. It was late.", ["The U.S. embassy closed.", "It was late."]),
        ("He said: “It rained.” Then he left.", ["He said: “It rained.”", "Then he left."]),
        ("- Rain\n- Wind\n", ["- Rain", "- Wind"]),
        ("1. Rain fell\n2. Wind blew", ["1. Rain fell", "2. Wind blew"]),
        ("There are three: doctrinal; social; operational.", ["There are three: doctrinal; social; operational."]),
        ("No stop at the end", ["No stop at the end"]),
        ("", []),
        (" \n ", []),
        ("河水上涨了。两座桥关闭了[2]。学校照常上课！", ["河水上涨了。", "两座桥关闭了。", "学校照常上课！"]),
        ("下雨了。[1]河水上涨。【2】", ["下雨了。", "河水上涨。"]),
        ("他说：“下雨了。” 然后他走了。", ["他说：“下雨了。”", "然后他走了。"]),
        ("مطر شدید ہوا [1]۔ دریا چڑھ گیا۔ پل بند ہے۔", ["مطر شدید ہوا۔", "دریا چڑھ گیا۔", "پل بند ہے۔"]),
        ("هل هطل المطر؟ نعم. ارتفع النهر.", ["هل هطل المطر؟", "نعم.", "ارتفع النهر."]),
        ("नदी बढ़ गई। पुल बंद है [2]। स्कूल खुले हैं।", ["नदी बढ़ गई।", "पुल बंद है।", "स्कूल खुले हैं।"]),
        ("Шёл дождь. Река поднялась.", ["Шёл дождь.", "Река поднялась."]),
        ("Il a plu. «Rien de grave», dit-il. Fin.", ["Il a plu.", "«Rien de grave», dit-il.", "Fin."]),
        ("| City | Dead |\n|---|---|\n| Swat | 3 [1] |", ["| City | Dead |", "|---|---|", "| Swat | 3 |"]),
        ("See:\n```\nx = 1. Y = 2.\n\nz\n```\nIt rained.", ["See:", "x = 1.", "Y = 2.", "z", "It rained."]),
        ('Sure!\n```json\n{"answer": "It rained. It rose."}\n```\nBye!', ["Sure!", "It rained.", "It rose.", "Bye!"]),
        ("```" * 20_000, []),
        ("It fell by 0.5 to 3.2 %. Version 2.0.1 came.", ["It fell by 0.5 to 3.2 %.", "Version 2.0.1 came."]),
        ("At 5 p.m. Monday the U.N. met. Nobody came.", ["At 5 p.m. Monday the U.N. met.", "Nobody came."]),
        (
            "“It rained. It poured,” he said. “Then it stopped.”",
            ["“It rained. It poured,” he said.", "“Then it stopped.”"],
        ),
        ("He said so. [2]“We won,” she said.", ["He said so.", "“We won,” she said."]),
        ("“He said so. It rained. [2] “We won,” she said.", ["“He said so. It rained.", "“We won,” she said."]),
        ('He called it "so. [2] "We won," she said.', ['He called it "so.', '"We won," she said.']),
        ("He is from the U.S. [2] “We won,” he said.", ["He is from the U.S.", "“We won,” he said."]),
        ("He called it “so.” [2][3]\n“We won,” she said.", ["He called it “so.”", "“We won,” she said."]),
        ("In the U.S. [2] embassy it rained. [3] Then", ["In the U.S. embassy it rained.", "Then"]),
        ("He played Part A [1]. She played Part B [2].", ["He played Part A.", "She played Part B."]),
        (
            "Er nannte es „Flut“ [1]. Es war „nur Regen“ [2]. „Ja“, sagte er.",
            ["Er nannte es „Flut“.", "Es war „nur Regen“.", "„Ja“, sagte er."],
        ),
        (
            "It rained. (3) It poured. (4, 5)\nIt stopped (6).",
            ["It rained. (3)", "It poured. (4, 5)", "It stopped (6)."],
        ),
        ("It rained. (3 people fled.)", ["It rained.", "(3 people fled.)"]),
        ("It rained. **Wind** blew. „Ja“, said he.", ["It rained.", "**Wind** blew.", "„Ja“, said he."]),
    ],
)
def test_a_reply_is_cut_into_its_sentences_and_items(reply: str, statements: list[str]) -> None:
    assert texts(reply) == statements


@pytest.mark.parametrize(
    ("question", "reply", "statements"),
    [
        ("Wann war die Flut?", "Am 10. November stieg das Wasser. Es fiel bald.", 2),
        ("Flood?", "Die Flut kam nicht über Nacht, und das Wasser ist noch da. Am 10. Mai stieg es mit dem Regen.", 2),
        ("When was the flood?", "It rose on Nov. 10. Mr. Khan left.", 2),
        ("", "Il fiume è salito di notte e non è sceso. Il sig. Rossi della protezione civile era lì.", 2),
    ],
)
def test_a_stop_is_read_by_the_rules_of_the_language_of_question_and_reply(
    question: str, reply: str, statements: int
) -> None:
    splitter = StatementSplitter(question)
    assert len([*splitter.feed(reply), *splitter.finish()]) == statements


@pytest.mark.parametrize(
    "marker",
    [
        "[3]",
        " [3]",
        "[3][4]",
        " [3] [4]",
        "【3】",
        " ［3, 4］",
        "\n[3]",
        " [S3]",
        "[^3]",
        " [Sentences 3 and 4]",
        " [s. 3]",
    ],
)
def test_markers_after_the_stop_belong_to_the_sentence_before(marker: str) -> None:
    first, second = drafts([f"It rained.{marker} The river rose [5]."])
    assert (first.text, second.text) == ("It rained.", "The river rose.")
    assert isinstance(first.pieces[1], tuple) and isinstance(second.pieces[1], tuple)


@pytest.mark.parametrize(
    ("reply", "statements"),
    [
        ("[3] It rained. [5] The river rose.", [("It rained.", [3]), ("The river rose.", [5])]),
        ("[3] It rained.\n[5] The river rose.", [("It rained.", [3]), ("The river rose.", [5])]),
        (
            "- [3] It rained. [5] It rose.\n- [7] It fell.",
            [("- It rained.", [3]), ("It rose.", [5]), ("- It fell.", [7])],
        ),
        ("[3] It rained [4] and hailed. [5] It rose.", [("It rained and hailed.", [3, 4]), ("It rose.", [5])]),
        ("[3] It rained. It hailed. [5] It rose.", [("It rained.", [3]), ("It hailed.", []), ("It rose.", [5])]),
        ("【3】下雨了。【5】河水上涨。", [("下雨了。", [3]), ("河水上涨。", [5])]),
        (
            "It rained. [3] The river rose. [5] It fell.",
            [("It rained.", [3]), ("The river rose.", [5]), ("It fell.", [])],
        ),
        ("Sources:\n[3] Dawn\n[5] Express", [("Sources:", []), ("Dawn", [3]), ("Express", [5])]),
        ("## Quellen\n[3] Dawn", [("## Quellen", []), ("Dawn", [3])]),
        ("It rained.[^3]\n\n[^3]: Dawn\n[^5]: Express", [("It rained.", [3]), (": Dawn", [3]), (": Express", [5])]),
    ],
)
def test_markers_before_their_statements_belong_to_them(reply: str, statements: list[tuple[str, list[int]]]) -> None:
    assert [(draft.text, draft.numbers) for draft in drafts([reply])] == statements
    assert drafts(list(reply)) == drafts([reply])


def test_a_marker_may_be_broken_over_lines() -> None:
    (only,) = drafts(["It rained [3,\n\n4]."])
    assert only.pieces == ("It rained ", (3, 4), ".")


def test_a_sentence_is_given_out_once_the_first_word_of_the_next_one_has_ended() -> None:
    splitter = StatementSplitter()
    assert list(splitter.feed("It rained. [1] Then")) == []
    assert [draft.text for draft in splitter.feed(" ")] == ["It rained."]
    assert [draft.text for draft in splitter.finish()] == ["Then"]
    assert list(splitter.finish()) == []


def test_what_stands_between_statements_is_kept_as_space_line_or_paragraph() -> None:
    found = drafts(["One came. Two came.\nThree came.\n\n\nFour came."])
    assert [draft.separator for draft in found[1:]] == [" ", "\n", "\n\n"]


@pytest.mark.parametrize(
    "reply", ["It rained [1].\n", "It rained. [1]\n", "- Rain 【2】\n", "雨[3]。\n", "**Rain** [1][2]\n"]
)
def test_a_line_that_closes_with_a_marker_is_given_out_at_its_end(reply: str) -> None:
    assert len(list(StatementSplitter().feed(reply))) == 1


@pytest.mark.parametrize(
    "reply", ["It rained\n", "It rained.\n", "It rained [1], and\n", "It rained [1\n", "It rained [1]. "]
)
def test_a_line_that_may_go_on_with_a_marker_is_not(reply: str) -> None:
    assert list(StatementSplitter().feed(reply)) == []


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    st.lists(
        st.tuples(st.sampled_from([*WORDS, *SCRIPTS, *SHAPES]), st.sampled_from([*STOPS, " ", " ", " ", "", ""])),
        max_size=14,
    ),
    st.lists(st.integers(min_value=0, max_value=200), max_size=30),
)
def test_the_cut_of_the_stream_does_not_change_the_statements(words: list[tuple[str, str]], at: list[int]) -> None:
    reply = "".join(f"{word}{stop}" for word, stop in words)
    places = sorted({0, *(place for place in at if place < len(reply)), len(reply)})
    pieces = [reply[start:end] for start, end in itertools.pairwise(places)]
    assert drafts(pieces) == drafts(list(reply)) == drafts([reply])


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(alphabet='abcDE .!?\n[]123,:;”"-|。！水۔।【】', max_size=80))
def test_no_character_but_white_space_is_lost(reply: str) -> None:
    found = drafts([reply])
    kept = "".join("".join(map(str, draft.pieces)) for draft in found)
    whole = "".join(map(str, Draft.parsed(reply).pieces))
    assert "".join(kept.split()) == "".join(whole.split())


def test_a_long_reply_without_a_stop_is_taken_in() -> None:
    assert len(texts("word " * 10_000)) == 1
    assert len(texts("雨" * 20_000)) == 1
    assert len(texts("雨。" * 5_000)) == 5_000
    assert len(texts("x" * 1_000_000)) == 1
    assert len(texts("[2]" * 60_000)) == 1


def test_line_ends_without_end_cost_next_to_nothing_and_part_what_stands_around_them() -> None:
    assert texts("One. [1]" + "\n" * 100_000 + "Two. [2]") == ["One.", "Two."]
    assert reread("One thing" + "\n" * 100_000 + "and another") < 10_000
    assert reread("One thing" + " \n" * 50_000 + "and another") < 10_000


class CountingSplitter(StatementSplitter):
    """Counts the characters that are read again to see where a statement ends."""

    reread = 0

    def _tail(self) -> str:
        tail = super()._tail()
        self.reread += len(tail)
        return tail


def reread(reply: str) -> int:
    splitter = CountingSplitter()
    for _ in splitter.feed(reply):
        pass
    return splitter.reread


@pytest.mark.parametrize(
    "unit", ["word ", "雨", "雨。", "x", "[2]", "“so” ", "[2] \n", "U.S. ", "\n", "so\n\n", "so \n \n"]
)
def test_twice_as_long_a_reply_takes_about_twice_the_work(unit: str) -> None:
    once, twice = (reread(unit * number) for number in (2_000, 4_000))
    assert twice <= 2.2 * once
