"""Which sentences answer, on the shipped articles and on hand-made candidates."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import hit_of, service_of

from index.embedding import MiniLM
from index.snapshots import DataFolder
from index.syncing import sync
from qa.models import Answer, Status
from qa.ranking import Candidate
from qa.relevance import Relevance, Relevant
from qa.selection import likelihoods, quotes_of
from qa.signals import WEIGHTS, Signals, demanded, signals_of
from qa.thesaurus import bundled
from qa.writing import ExtractiveWriter

Ask = Callable[..., Answer]


def signals(part: str, *texts: str, likely: Sequence[float] = ()) -> list[Signals]:
    """The signals of the sentences of some articles, each of one passage; `likely` are their similarities."""
    passages = [hit_of(f"{at}.txt", text).passage for at, text in enumerate(texts)]
    spans = [(passage, span) for passage in passages for span in passage.sentences]
    similarities = likely or [0.9] * len(spans)
    candidates = [
        Candidate(passage, span, passage.sentence(span), Relevance(similarity, 0.0))
        for (passage, span), similarity in zip(spans, similarities, strict=True)
    ]
    relevant = Relevant(part, lambda: np.zeros(1, np.float32), dict.fromkeys(bundled().concepts(part), 1.0))
    return signals_of(part, candidates, {one.path: one.text for one in passages}, bundled(), relevant, {})


def said(found: Sequence[Signals]) -> list[str]:
    """The quotes, each as one text."""
    return [" ".join(one.text for one in quote) for quote in quotes_of(found)]


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


def test_a_sentence_in_the_words_of_what_is_asked_is_likelier_than_one_with_any_figure() -> None:
    found = signals("What is the population of Quay?", "There are 3 mills in Quay.", "There are 300 people in Quay.")
    mills, people = likelihoods(found)
    assert people > 2 * mills
    assert [one.states for one in found] == [1, 2]


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


def test_nothing_is_quoted_below_the_floor() -> None:
    question, text = "What closed the harbour?", "A storm closed the harbour."
    [above] = signals(question, text, likely=[WEIGHTS.floor])
    assert above.weighed(WEIGHTS) > WEIGHTS.floor
    assert said([above]) == [text]
    assert said(signals(question, text, likely=[-0.4])) == []
    assert said([]) == []


def test_a_likely_sentence_is_quoted_alone() -> None:
    found = signals(
        "What closed the harbour?", "A storm closed the harbour. It rained all day.", "Cats sleep.", likely=[0.9, 0, 0]
    )
    assert likelihoods(found)[0] > 0.9
    assert said(found) == ["A storm closed the harbour."]


def test_an_unlikely_one_takes_its_likelier_neighbour_into_one_quote() -> None:
    text = "The wind was strong. A big storm closed the harbour. Waves broke over the old pier."
    assert said(signals("What closed the harbour?", text, likely=[0.1, 0.5, 0.45])) == [
        "A big storm closed the harbour. Waves broke over the old pier."
    ]


def test_what_is_nearly_as_likely_elsewhere_is_quoted_too_unless_it_repeats() -> None:
    question = "What closed the harbour?"
    storm, again, strike = (
        "A storm closed the harbour.",
        "The harbour a storm closed.",
        "Workers of Northport went home on Monday.",
    )
    assert said(signals(question, storm, strike, likely=[0.4, 0.9])) == [storm, strike]
    assert said(signals(question, storm, again, likely=[0.9, 0.89])) == [storm]
    assert said(signals(question, storm, strike, likely=[0.9, 0.9])) == [storm]


def test_a_list_takes_what_is_less_likely_as_well() -> None:
    storms, repeated, thieves = (
        "Storms close the harbour often.",
        "Storms often close the old harbour.",
        "Thieves rob captains at night.",
    )
    found = signals("What are the dangers?", storms, repeated, thieves, likely=[0.9, 0.89, 0.75])
    assert said(found) == [storms, thieves]
    assert said(signals("What danger is there?", storms, repeated, thieves, likely=[0.9, 0.89, 0.75])) == [storms]


def test_a_name_that_the_best_sentence_lacks_is_added_from_the_same_article() -> None:
    question, envoy = "Who spoke?", "The envoy spoke at length."
    text, elsewhere = f"{envoy} It rained all day. Envoy Masood Khan spoke.", "Envoy Donald Blome spoke."
    found = signals(question, text, elsewhere, likely=[1.4, 0.1, 0.5, 0.6])
    assert said(found) == [envoy, "Envoy Masood Khan spoke."]


def test_he_said_is_quoted_with_the_sentence_before() -> None:
    text = "The mayor met captains. He said a storm closed the harbour. Cats sleep there."
    found = signals("What closed the harbour?", text, likely=[0, 0.99, 0])
    assert said(found) == ["The mayor met captains. He said a storm closed the harbour."]


ASKED = st.sampled_from(["Who spoke?", "What are the dangers?", "When was it?"])


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    likely=st.lists(st.floats(-1, 1), min_size=6, max_size=6),
    question=st.sampled_from(["Who spoke?", "What are the dangers?", "When?"]),
)
def test_quotes_are_runs_of_few_sentences_each_quoted_once(likely: list[float], question: str) -> None:
    found = signals(
        question, "He spoke on Monday there. It rained there for days. Ada Berg left early.", "A. B. C.", likely=likely
    )
    quotes = quotes_of(found)
    quoted = [one for quote in quotes for one in quote]
    assert len(quoted) == len({(one.passage.id, one.span) for one in quoted}) <= 6
    for quote in quotes:
        spans = list(quote[0].passage.sentences)
        first = spans.index(quote[0].span)
        assert [one.span for one in quote] == spans[first : first + len(quote)]
        assert {one.passage.id for one in quote} == {quote[0].passage.id}


def test_an_ordinal_is_demanded_as_the_word_that_it_is() -> None:
    assert demanded("When was the 487th Wing formed?") == ["Wing", "487th"]
    assert demanded("Which 2 of the 9 wings met in 1921?") == ["2", "9", "1921"]


def test_who_holds_an_office_is_told_by_the_newest_report_that_names_the_holder(
    tmp_path: Path, embedder: MiniLM
) -> None:
    reports = {
        "2026-01-19": "The club in Northport has dismissed manager Carl Roth after nine defeats.",
        "2026-03-02": "Ada Berg has been named manager of the club in Northport.",
        "2026-04-01": "The manager of the club in Northport spoke of a hard year.",
    }
    (tmp_path / "news").mkdir()
    for day, text in reports.items():
        (tmp_path / "news" / f"{day}.md").write_text(f"---\ntitle: The club\ndate: {day}\n---\n\n{text}\n")
    data = tmp_path / "data"
    sync(tmp_path / "news", DataFolder(data), embedder)
    service = service_of(data, embedder, ExtractiveWriter(bundled()))
    answer = asyncio.run(service.ask("Who is the manager of the club in Northport?"))
    service.close()
    assert answer.text == "Ada Berg has been named manager of the club in Northport. [1]"
