"""Conversations over the shipped articles: what leans on the question before, and what has a topic of its own."""

import pytest

from qa.models import Turn
from qa.question.query import understand

ON_ITS_OWN = {
    "Did Ambassador Blome meet Imran Khan in Adiala Jail?": (
        "What is the price of bread?",
        "What is inflation?",
        "Who is Michael Kurilla?",
        "Why is bread so expensive?",
        "Is tea good for sleep?",
        "Why do leaves fall in autumn?",
        "Who won the cricket World Cup?",
        "What's the weather in Karachi?",
        "What is the boiling point of water?",
        "Tell me about Afghan refugees",
    ),
    "How much will the US spend on police stations in Balochistan?": (
        "Who is Bilawal Bhutto?",
        "Are eggs healthy?",
        "What is the TTP?",
        "How do vaccines work?",
        "Why did Blinken offer condolences?",
        "What did Blinken offer?",
    ),
    "When was Operation Azm-e-Istekam launched?": (
        "What is the cost of rice?",
        "Where is Peshawar?",
        "When do swallows fly south?",
        "Does coffee cause cancer?",
        "How many eggs are in an omelette?",
        "How tall is Mount Everest?",
        "Who wrote Hamlet?",
    ),
    "Who is the commander of CENTCOM?": (
        "What is the capital of France?",
        "How much is a litre of milk?",
        "What are tariffs?",
        "Who is the president of France?",
    ),
    "How many soldiers were killed in Pakistan's northwest?": (
        "Who is Donald Blome?",
        "What is the Wilson Center?",
        "Can cats swim?",
        "What is the price of bread and who sets it?",
        "Where does Masood Khan work?",
        "What did Masood Khan tell Dawn about small arms?",
        "Is gold a good investment?",
        "Which team won the league?",
        "How many legs does a spider have?",
    ),
}
LEANING = {
    "Did Ambassador Blome meet Imran Khan in Adiala Jail?": (
        "And when?",
        "How old is he?",
        "Why?",
        "Did anyone comment?",
        "Where was the meeting?",
        "What did they discuss?",
    ),
    "How much will the US spend on police stations in Balochistan?": (
        "What about the second one?",
        "What is its price?",
        "And how much for equipment?",
        "How many stations?",
        "Who announced it?",
        "How much for equipment?",
        "Is the money enough?",
        "Which police stations?",
        "What is the money for?",
        "How much in total?",
        "What will be built?",
        "For how many stations?",
    ),
    "When was Operation Azm-e-Istekam launched?": (
        "When was it approved?",
        "Who decided?",
        "What are the components?",
        "What was agreed?",
        "What is the reason?",
        "Why was the operation launched?",
        "Is the operation a success?",
        "What does the operation need?",
        "What were the reasons for the decision?",
    ),
    "Who is the commander of CENTCOM?": (
        "Which city did he visit?",
        "What is his rank?",
        "Where did he go?",
        "What about the previous commander?",
        "When did the visit happen?",
        "Whom did he meet?",
    ),
    "How many soldiers were killed in Pakistan's northwest?": (
        "Were arrests made?",
        "Was anyone hurt?",
        "How many were injured?",
        "Who was blamed?",
        "What was the reaction?",
        "Where?",
        "And the police officers?",
        "What happened next?",
        "When did it happen?",
        "Who attacked the soldiers?",
        "Who killed them?",
        "Did the US condemn it?",
        "What was the response?",
        "In which province?",
        "How come?",
        "Any details on the officers?",
        "More details please",
        "Who claimed responsibility?",
    ),
}


def pairs(conversations: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(before, question) for before, questions in conversations.items() for question in questions]


@pytest.mark.parametrize(("before", "question"), pairs(ON_ITS_OWN))
def test_a_question_with_a_topic_of_its_own_carries_nothing(before: str, question: str) -> None:
    assert understand(question, [Turn(question=before)]).carried == ""


@pytest.mark.parametrize(("before", "question"), pairs(LEANING))
def test_a_question_that_leaves_its_topic_open_carries_the_one_before(before: str, question: str) -> None:
    assert understand(question, [Turn(question=before)]).carried == before


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("Did the price of bread rise?", "What is the price of bread?"),
        ("Is inflation falling?", "What is inflation?"),
        ("Which general leads CENTCOM?", "What is CENTCOM?"),
    ],
)
def test_a_topic_that_the_question_before_shares_is_carried(before: str, question: str) -> None:
    assert understand(question, [Turn(question=before)]).carried == before


def test_a_second_part_leans_on_the_first_and_not_on_the_turn_before() -> None:
    query = understand("What is the price of bread and who sets it?", [Turn(question="Where did Blome meet Khan?")])
    assert query.full_text(query.parts[1]) == "who sets it? What is the price of bread"


def test_a_second_part_with_a_topic_of_its_own_leans_on_nothing() -> None:
    query = understand("Who leads the Harbour Trust and how many boats did the navy of Merana buy?")
    assert [query.full_text(part) for part in query.parts] == list(query.parts)


def test_the_chain_ends_at_the_question_with_a_topic_of_its_own() -> None:
    turns = [Turn(question=one) for one in ("Where did Blome meet Khan?", "What is inflation?", "Who measures it?")]
    assert understand("And why?", turns).carried == "What is inflation? Who measures it?"
