"""Turns that ask nothing of the articles get a short abstention that says how to ask; nobody is asked for them."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import ScriptedModel, service_of

from index.embedding import MiniLM
from qa.models import Answer, Status, Turn
from qa.requests import NO_QUESTION, NO_WORK, asks_for_a_work, asks_nothing
from qa.rewriting import Rewriter
from qa.thesaurus import bundled
from qa.writing import ExtractiveWriter, ModelWriter, Writer

QUESTION = "What will the US give to the Balochistan police?"
BEFORE = (Turn(question=QUESTION, answer="It will give money [1]."),)
COURTESIES = [
    *("thanks", "Thanks!", "ok, thank you!", "Great, thanks a lot.", "Thank you so much for your help.", "OK", "yes"),
    *("Hello", "Hi there!", "Good morning", "That is fine. Thank you!", "no thanks", "Bye!", "I understood."),
]
ASKED = [
    *(
        "why?",
        "and how many?",
        "really?",
        "ok?",
        "is that so?",
        "what else?",
        "go on",
        "tell me more",
        "more",
        "And then",
    ),
    *("thanks, and the stations?", "ok, and why", "Thank you. How many stations will be built?", "the good ones", "it"),
    *("Yes, the police", "ok, go on", "no, the second one", "you", "WHO", "Who said thank you?", "Good Friday", "..."),
]
WORKS = [
    *(
        "Tell me a joke about police",
        "tell us another joke",
        "Write a poem about the Balochistan police",
        "Sing a song",
    ),
    *(
        "Can you write me a short funny poem about Khan?",
        "Translate the article about police into French",
        "write code",
    ),
    *(
        "Write Python code that counts police stations",
        "Please write an essay on US aid",
        "Thanks! Now tell me a riddle.",
    ),
    *("Can you help me with my homework about police?", "Help me with my English homework, please", "Do my homework"),
    *("help us out with our school project on the Balochistan police", "Could you help me write an essay on US aid?"),
    *("I need you to help me on my exam.", "Thanks! Can you help me finish my history assignment?"),
    *("Give me a recipe for biryani", "I want you to write a haiku", "ok, rewrite this", "Tell me a short story"),
]
ARTICLES = [
    *("Who told a joke about police?", "What did the ambassador write about police?", "Tell me about the police"),
    *("Write about the police in Balochistan", "Summarise the news on police", "Give me a summary of the news"),
    *("Tell me the story of the flood", "Which song did the band play?", "Give me a song that the band played"),
    *(
        "Did he agree to write a song about it?",
        "Who wrote, and can you make a code of conduct?",
        "Give me the code name",
    ),
    *("Help me understand the police budget", "Can you help me find out what the US gives to the police?"),
    *("Can you help me with my homework? What will the US give to the police?", "Help me with the police budget"),
    *("Help me with my homework: what will the US give to the police?", "For my homework, who leads the police?"),
    *("Who helped them with their project?", "How does the US help with our exams?", "Help for flood victims"),
    *("Help me with my question about the police", "How will the US help my country?"),
    *("Tell me the poem that he read", "How did she translate it?", "Show me a report", "Make a list of the stations"),
]


@pytest.mark.parametrize("text", COURTESIES)
def test_a_courtesy_asks_nothing(text: str) -> None:
    assert asks_nothing(text)


@pytest.mark.parametrize("text", ASKED + WORKS + ARTICLES)
def test_what_leans_on_the_turn_before_or_asks_for_anything_is_no_courtesy(text: str) -> None:
    assert not asks_nothing(text)


@pytest.mark.parametrize("text", WORKS)
def test_a_request_to_make_something_is_one(text: str) -> None:
    assert asks_for_a_work(text)


@pytest.mark.parametrize("text", COURTESIES + ASKED + ARTICLES)
def test_a_question_about_a_work_is_a_question(text: str) -> None:
    assert not asks_for_a_work(text)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.sampled_from(COURTESIES), st.sampled_from(["Balochistan", "who", "police", "more", "why", "2016"]))
def test_a_courtesy_with_anything_beside_it_asks(text: str, more: str) -> None:
    assert not asks_nothing(f"{text} {more}") and not asks_nothing(f"{more} {text}")


def asked(data_dir: Path, embedder: MiniLM, writer: Writer, question: str, rewriter: Rewriter | None = None) -> Answer:
    service = service_of(data_dir, embedder, writer, rewriter=rewriter)
    try:
        return asyncio.run(service.ask(question, BEFORE))
    finally:
        service.close()


def test_thanks_are_answered_without_a_search_or_a_model(data_dir: Path, embedder: MiniLM) -> None:
    model = ScriptedModel("It rained [1].")
    for writer in (ExtractiveWriter(bundled()), ModelWriter(model)):
        answer = asked(data_dir, embedder, writer, "ok, thank you!", Rewriter(model))
        assert (answer.status, answer.missing, answer.hits) == (Status.NOT_IN_ARTICLES, NO_QUESTION, ())
    assert model.asked == []
    assert asked(data_dir, embedder, ExtractiveWriter(bundled()), "and how many stations?").citations


def test_no_quotes_are_given_for_a_joke_or_homework(data_dir: Path, embedder: MiniLM) -> None:
    for work in ("Tell me a joke about police", "Can you help me with my homework about police?"):
        joke = asked(data_dir, embedder, ExtractiveWriter(bundled()), work)
        assert (joke.status, joke.missing, joke.citations) == (Status.NOT_IN_ARTICLES, NO_WORK, ())
    assert asked(data_dir, embedder, ExtractiveWriter(bundled()), "Tell me about the police").citations
