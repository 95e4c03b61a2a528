"""What a question asks of its topic: on the shipped articles, and of single sentences."""

from collections.abc import Callable

import pytest

from qa.kinds import kind_of
from qa.models import Answer, Status
from qa.predicates import Predicate, Told, speaker
from qa.thesaurus import bundled

Ask = Callable[..., Answer]


@pytest.mark.parametrize(
    "question",
    [
        "Is Imran Khan guilty or not?",
        "Was Imran Khan poisoned in jail?",
        "Is the TTP stronger than the Taliban?",
        "Did the Taliban apologise for the attacks?",
        "Is General Kurilla retired?",
        "Did Congress vote on the aid package?",
        "Who designed the new police stations?",
        "Who replaced Masood Khan as ambassador?",
        "Who rescued the police officers?",
        "Why did the general resign?",
        "Why was the exercise Red Flag cancelled?",
        "How many women were killed in the northwest?",
        "How many schools were damaged by floods?",
        "What did the cipher say after the vote?",
        "What does the public think of the military operation in Balochistan?",
    ],
)
def test_what_no_article_says_of_a_known_topic_is_not_answered(ask: Ask, question: str) -> None:
    assert ask(question).status is Status.NOT_IN_ARTICLES


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Does the Taliban government accept Pakistan's accusations?", "denies the charges"),
        ("Did Miller confirm that Blome met Imran Khan?", "refused to comment"),
        ("Has work on the third phase of Azm-i-Istekam begun?", "will be implemented soon"),
        ("Did Blinken express condolences to Bhutto?", "offered his condolences"),
        ("Will Afghan refugees be deported?", "not deport"),
        ("Who told Dawn about small arms?", "Masood Khan"),
        ("Who offered condolences?", "Blinken"),
        ("Why was the National Action Plan approved?", "eliminate extremism"),
        ("How many stations did the floods damage?", "10 flood-damaged"),
        ("How many troops were killed?", "eight Pakistani soldiers"),
        ("What did the American general say about ties?", "value our bilateral relationship"),
    ],
)
def test_what_an_article_says_is_answered(ask: Ask, question: str, said: str) -> None:
    answer = ask(question)
    assert answer.status is Status.ANSWERED
    assert said in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "What is the price of bread?",
        "What is inflation?",
        "Is bread expensive?",
        "How hot is the sun?",
        "Who invented the telephone?",
        "What causes earthquakes?",
        "How old is he?",
        "Is he married?",
        "What does he eat?",
    ],
)
def test_what_is_not_said_of_the_topic_before_is_not_answered_from_it(ask: Ask, question: str) -> None:
    assert ask(question, "Did Ambassador Blome meet Imran Khan in Adiala Jail?").status is Status.NOT_IN_ARTICLES


@pytest.mark.parametrize(
    ("before", "question", "said"),
    [
        ("What are the components of Azm-i-Istekam?", "When was the operation launched?", "June 22"),
        ("What are the components of Azm-i-Istekam?", "Who decided?", "Supreme Committee"),
        (
            "How much will the US spend on police stations in Balochistan?",
            "What is the money for?",
            "repair or replace",
        ),
        ("How much for the training facility of the anti-terrorist force?", "And for equipment?", "250,000"),
        ("Who is the commander of CENTCOM?", "Who is Bilawal Bhutto?", "Foreign Minister"),
    ],
)
def test_what_is_said_of_the_topic_before_is_answered(ask: Ask, before: str, question: str, said: str) -> None:
    assert said in ask(question, before).text


@pytest.mark.parametrize(
    ("question", "sentence", "says"),
    [
        ("Was Ada Berg fined?", "Ada Berg was fined on Monday.", True),
        ("Was Ada Berg fined?", "Ada Berg spoke on Monday.", False),
        ("Did the council reject the plan?", "The council approved the plan.", True),
        ("Did Ada Berg give a speech?", "Her speech took an hour.", True),
        ("Who built the wall?", "Ada Berg built the wall.", True),
        ("Who also painted the wall?", "Ada Berg built the wall.", False),
        ("And who painted the wall?", "Ada Berg built the wall.", False),
        ("Who is Ada Berg?", "It rained.", True),
        ("Why was the match stopped?", "Rain fell on the match.", False),
        ("How many boats sank?", "In the storm 12 boats sank.", True),
        ("How many boats sank?", "The boats cost $12 million.", False),
        ("How many boats sank?", "The boats were found by the three sons of the man who had once built them.", False),
        ("How many Danes came?", "About 300 people came.", True),
        ("What did it cost?", "It rained.", True),
    ],
)
def test_a_sentence_is_asked_for_what_is_asked(question: str, sentence: str, says: bool) -> None:
    assert Predicate(question, kind_of(question), bundled()).said_in(Told(sentence, sentence, sentence)) is says


@pytest.mark.parametrize(
    ("question", "texts", "unsaid"),
    [
        ("What is the population of Quay?", ["Quay lost 300 houses.", "In Quay 14 people died."], [True, False]),
        ("What is the population of Quay?", ["Quay lost 300 houses.", "Quay is small."], [True, True]),
        ("Who is the mayor of Quay?", ["Quay is small.", "Quay lost 300 houses."], [True, True]),
        ("Who is the mayor of Quay?", ["Quay is small.", "Mayor Ada Berg spoke in Quay."], [False, False]),
        ("How did the population of Quay grow?", ["Quay is small."], [False]),
    ],
)
def test_an_attribute_that_is_plainly_asked_for_is_stated_somewhere(
    question: str, texts: list[str], unsaid: list[bool]
) -> None:
    predicate = Predicate(question, kind_of(question), bundled())
    assert predicate.unsaid_in([Told(text, text, text) for text in texts]) == unsaid


def test_a_part_of_yes_or_no_may_stand_elsewhere_in_the_passage() -> None:
    predicate = Predicate("Did anyone mediate in the strike?", kind_of("Did anyone mediate in the strike?"), bundled())
    said = "Nobody would mediate."
    assert predicate.said_in(Told(said, said, f"The strike went on. {said}"))
    assert not predicate.said_in(Told(said, said, said))
    assert not predicate.said_in(Told("It went on.", "It went on.", f"The strike. It went on. {said}"))


def test_a_follow_up_is_asked_for_any_of_its_own_words() -> None:
    question = "Is the old ferry safe?"
    predicate = Predicate(question, kind_of(question), bundled(), leans=True)
    assert predicate.is_worded_in([])
    assert predicate.said_in(Told("The ferry sank.", "The ferry sank.", ""))
    assert not predicate.said_in(Told("It sank.", "It sank.", ""))


def test_articles_in_other_words_are_not_told_by_what_they_lack() -> None:
    predicate = Predicate("Was the ferry holed?", kind_of("Was the ferry holed?"), bundled())
    assert predicate.is_worded_in(["The ferry sank."])
    assert not predicate.is_worded_in(["The boat sank."])


@pytest.mark.parametrize(
    ("question", "spoke"),
    [
        ("What did the pilot of the ferry originally say?", ["ferri"]),
        ("What did the pilot tell the court?", ["pilot"]),
        ("What do the articles say about it?", []),
        ("What did people think?", []),
        ("What did he say?", []),
        ("Who said so?", []),
    ],
)
def test_who_spoke_is_read_from_the_question(question: str, spoke: list[str]) -> None:
    assert [" ".join(one.entry) for one in speaker(question, bundled())] == spoke
