"""The words that state an attribute are told from others."""

import time

import pytest

from qa.attributes import asks_who_holds_an_office, attribute_of

LENGTH = 30_000
STATED = [
    ("What is the population of Quay?", "There were 2,764 people in 2001.", "Quay lies 3 miles south of Dorn."),
    ("When was Ada Berg born?", "Ada Berg (3 May 1951 – 2 June 1999) was a baker.", "She retired in 1990."),
    ("When did Ada Berg die?", "Ada Berg (3 May 1951 – 2 June 1999) was a baker.", "Ada Berg (born 1951) bakes."),
    ("What is the profession of Ada Berg?", "Ada Berg was a baker.", "Berg moved to Dorn in 1970."),
    ("What sport does Ada Berg play?", "Ada Berg is a former footballer.", "Berg moved to Dorn in 1970."),
    ("Which political party is Ada Berg in?", "She ran as a Republican in 2002.", "She ran twice."),
    ("What is the genre of Lantern?", "Lantern is a comic opera in two acts.", "Lantern was a success."),
    ("Who is the director of Lantern?", "It was directed by Ada Berg.", "It stars Ada Berg."),
    ("When was Lantern released?", "It premiered on 28 May 2015.", "It cost 2 million in 2015."),
    ("When was the church completed?", "It was consecrated in 1586.", "A hospice stood there in 1472."),
    ("What is the religion of Ada Berg?", "Berg is a Lutheran.", "Berg is a baker."),
    ("Who was the producer of Lantern?", "Ada Berg produced it.", "Ada Berg saw it."),
    ("When was the pier closed?", "The pier was in use until 1970.", "It was painted in 1970."),
    ("When was Berg elected mayor?", "Berg took office in 1970.", "Berg moved to Dorn in 1970."),
    ("Who is Ada Berg's father?", "Ada is the daughter of Karl Holm.", "She met Karl Holm in 1980."),
    ("Who is the husband of Ada Berg?", "She married Karl Holm in 1980.", "She met Karl Holm in 1980."),
    ("Where is the pier located?", "The pier lies near Dorn.", "The pier was painted red."),
    ("What does SBG stand for?", "It came from the Southport Bread Guild (SBG).", "The SBG is old."),
]
ASKED = [question for question, _, _ in STATED]


@pytest.mark.parametrize(("question", "stated", "beside"), STATED)
def test_a_sentence_that_states_the_attribute_is_told_from_another(question: str, stated: str, beside: str) -> None:
    attribute = attribute_of(question)
    assert attribute
    assert attribute.search(stated)
    assert not attribute.search(beside)


@pytest.mark.parametrize(
    "question",
    [
        "Why did the ferry sink?",
        "What closed the harbour?",
        "Who survived?",
        "Who rowed with Born and Death?",
        "who fell in brother of mine",
    ],
)
def test_a_question_without_a_known_attribute_asks_for_none(question: str) -> None:
    assert attribute_of(question) is None


def test_the_words_of_a_name_ask_for_nothing() -> None:
    found, plain = attribute_of('Who directed "Game of Death"?'), attribute_of("Who directed it?")
    assert found is plain


@pytest.mark.parametrize("unit", ["A", "is a ", "(1999 ", "1999) – ", "( A", "1 ", "played ", "written b"])
def test_no_attribute_takes_quadratic_time(unit: str) -> None:
    text = (unit * LENGTH)[:LENGTH]
    for question in ASKED:
        attribute = attribute_of(question)
        assert attribute
        began = time.process_time()
        attribute.search(text)
        assert time.process_time() - began < 1, question


@pytest.mark.parametrize(
    "text",
    [
        "Prime Minister Ada Berg spoke.",
        "It was the prime minister, Ada Berg, who spoke.",
        "Ada Berg, the new prime minister, spoke.",
        "Ada Berg became prime minister in May.",
        "Ada Berg has been named permanent prime minister.",
    ],
)
def test_who_holds_an_office_stands_beside_it(text: str) -> None:
    for question in ("Who is the prime minister?", "Who was Northport's prime minister when the ferry sank?"):
        stated = attribute_of(question)
        assert stated and stated.search(text)
        assert not stated.search("Ada Berg said that the prime minister should go.")
    assert attribute_of("Who is Ada Berg?") is None


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Who is the mayor of Northport?", True),
        ("Who's Northport's mayor now?", True),
        ("Who was the mayor of Northport in 2021?", False),
        ("Who is Ada Berg?", False),
        ("Who built the wall?", False),
        ("Who is in the hall?", False),
        ("Who is wanted by the police?", False),
    ],
)
def test_who_holds_an_office_now_is_asked_in_the_present(question: str, asks: bool) -> None:
    assert asks_who_holds_an_office(question) is asks
