"""Which sentences answer, on the shipped articles and on hand-made candidates."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from stub_model import hit_of, service_of

from index.embedding import MiniLM
from qa.kinds import Kind
from qa.models import Answer, Status, Turn
from qa.ranking import Candidate
from qa.relevance import Relevance
from qa.selection import WEIGHTS, Signals, chosen_of, signals_of
from qa.thesaurus import bundled
from qa.writing import ExtractiveWriter

Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def ask(data_dir: Path, embedder: MiniLM) -> Iterator[Ask]:
    service = service_of(data_dir, embedder, ExtractiveWriter(bundled()))

    def asked(question: str, *earlier: str) -> Answer:
        return asyncio.run(service.ask(question, [Turn(question=one) for one in earlier]))

    yield asked
    service.close()


def candidate(text: str, score: float = 0.9, path: str = "a.txt") -> Candidate:
    passage = hit_of(path, text, whole=True).passage
    return Candidate(passage, passage.sentences[0], text, Relevance(score, 0.0))


def signals(part: str, *texts: str) -> list[Signals]:
    candidates = [candidate(text, path=f"{at}.txt") for at, text in enumerate(texts)]
    return signals_of(part, candidates, {one.passage.path: one.text for one in candidates}, bundled())


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How many new police stations will be constructed?", "10 new police stations"),
        ("When was it decided to launch Operation Azm-e-Istekam?", "June 22"),
        ("Who is Pakistan's ambassador in Washington?", "Masood Khan"),
        ("Who's the US ambassador to Pakistan?", "Blome"),
        ("What are the components of Azm-i-Istekam?", "doctrinal, social and operational"),
        ("wich think tank did the ambasador of Pakistan speak at?", "Wilson Center"),
    ],
)
def test_the_sentence_that_answers_is_chosen(ask: Ask, question: str, said: str) -> None:
    answer = ask(question)
    assert answer.status is Status.ANSWERED
    assert said in answer.text


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What did Volodymyr Zelensky say about Pakistan?", "Volodymyr Zelensky"),
        ("What did Miller say in 1997?", "1997"),
        ("How many refugees does Norway take in?", "Norway"),
    ],
)
def test_a_name_or_year_that_no_article_knows_is_named_in_the_abstention(ask: Ask, question: str, named: str) -> None:
    answer = ask(question)
    assert answer.status is Status.NOT_IN_ARTICLES
    assert answer.missing and named in answer.missing


def test_what_is_not_in_the_articles_is_said_with_the_question(ask: Ask) -> None:
    answer = ask("What is the recipe for bread?")
    assert (answer.status, answer.citations) == (Status.NOT_IN_ARTICLES, ())
    assert answer.missing == "Nothing in the articles answers: What is the recipe for bread?"


def test_each_part_is_answered_and_the_open_one_is_missing(ask: Ask) -> None:
    answer = ask("How many new police stations will be constructed? What is the recipe for bread?")
    assert answer.status is Status.PARTIAL
    assert "10 new police stations" in answer.text
    assert answer.missing == "Nothing in the articles answers: What is the recipe for bread?"


def test_two_parts_with_one_answer_say_it_once(ask: Ask) -> None:
    answer = ask("How many police stations will be constructed and how many police stations will be repaired?")
    assert len({one.text for one in answer.statements}) == len(answer.statements)


def test_a_follow_up_is_answered_from_what_it_leans_on(ask: Ask) -> None:
    answer = ask("Why did he go there?", "Which headquarters did General Kurilla visit in Peshawar?")
    assert "Kurilla" in " ".join(hit.passage.text for hit in answer.hits)


def test_the_official_of_another_place_is_a_conflict() -> None:
    us, pakistans = signals(
        "Who is Pakistan's ambassador?",
        "The US ambassador Donald Blome spoke at length.",
        "Pakistan's ambassador Masood Khan spoke at length.",
    )
    assert (us.agree, us.conflict, us.elsewhere) == (False, True, True)
    assert (pakistans.agree, pakistans.conflict, pakistans.elsewhere) == (True, False, False)
    assert pakistans.weighed(WEIGHTS) > us.weighed(WEIGHTS)


def test_a_number_is_answered_by_a_number_only() -> None:
    without, number = signals("How many stations were built?", "They built stations there.", "They built ten stations.")
    assert without.weighed(WEIGHTS) == 0 < number.weighed(WEIGHTS)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("The storm closed it.", True),
        ("A storm of rage", False),
        ("Storm closes it", False),
        ("the storm closed the old harbour of Northport on a wet Monday", True),
        ("Why so.", False),
    ],
)
def test_a_heading_cannot_stand_as_a_statement(text: str, whole: bool) -> None:
    assert signals("What closed the harbour?", text)[0].whole is whole


def test_nothing_is_chosen_below_the_floor() -> None:
    one = signals("What closed the harbour?", "A storm closed the harbour.")[0]
    assert chosen_of([(WEIGHTS.floor - 0.01, one)], WEIGHTS) == []
    assert chosen_of([(WEIGHTS.floor, one)], WEIGHTS) == [one]
    assert chosen_of([], WEIGHTS) == []


def test_a_list_takes_what_is_nearly_as_good_but_no_repeats() -> None:
    found = signals(
        "What are the dangers?",
        "Storms close the harbour often.",
        "Storms often close the old harbour.",
        "Thieves rob captains at night.",
        "Rust eats the cranes.",
    )
    scored = list(zip([2.0, 1.95, 1.9, 0.7], found, strict=True))
    assert chosen_of(scored, WEIGHTS) == [found[0], found[2]]
    assert chosen_of([(score, replace(one, several=False)) for score, one in scored], WEIGHTS)[1:] == []


def test_a_person_not_named_in_the_best_sentence_is_added_from_the_same_article() -> None:
    top, other, elsewhere = (
        replace(one, kind=Kind.PERSON, fit=fit)
        for one, fit in zip(
            signals("Who spoke?", "The envoy spoke at length.", "Masood Khan spoke here.", "Donald Blome spoke here."),
            (False, True, True),
            strict=True,
        )
    )
    other = replace(other, candidate=candidate("Masood Khan spoke here.", path=top.path))
    assert chosen_of([(2.0, top), (1.0, elsewhere), (0.9, other)], WEIGHTS) == [top, other]
