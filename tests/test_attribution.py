"""What a model says without a number gets the nearest evidence, where that speaks of it and holds its facts."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PlainWords, WordReader
from stub_model import BUDGET, ScriptedModel, answer_in, hit_of, service_of

from index.embedding.embedders import MiniLM
from qa.checking.attribution import Attribution
from qa.checking.grounding import NOT_CITED, NOT_JUDGED
from qa.checking.second_look import SecondLook
from qa.models import Answer, Event, Status, Support
from qa.prompting.evidence import number_evidence
from qa.retrieval.retriever import Retrieval
from qa.writing.repair import Repairer
from qa.writing.writer import ModelWriter

FLOODS = hit_of("a.txt", "Rain fell in Peshawar on Monday. The river rose by two metres. Forty bridges were closed.")
SCHOOLS = hit_of("b.txt", "Schools in Swat stayed open on Tuesday. Buses ran as usual in the valley.", offset=7)
EVIDENCE = number_evidence([FLOODS, SCHOOLS])
NEAREST = Attribution(WordReader())
QUESTION = "What became of the river and the bridges?"
Ask = Callable[..., Answer]


class Fixed:
    """Finds the same hits for every question."""

    def retrieve(self, *_: object) -> Retrieval:
        return Retrieval((FLOODS, SCHOOLS))


@pytest.fixture
def ask(data_dir: Path, embedder: MiniLM) -> Iterator[Ask]:
    def asked(reply: str, attribution: Attribution | None = NEAREST, **parts: object) -> Answer:
        model = ScriptedModel(reply)
        service = service_of(
            data_dir, embedder, ModelWriter(model, BUDGET), retriever=Fixed(), attribution=attribution, **parts
        )

        async def collected() -> list[Event]:
            return [event async for event in service.stream(QUESTION)]

        try:
            return answer_in(asyncio.run(collected()))
        finally:
            service.close()

    yield asked


def quotes(answer: Answer) -> list[str]:
    return [one.quote for one in answer.citations]


def test_a_statement_without_a_number_gets_the_nearest_evidence(ask: Ask) -> None:
    answer = ask("In all forty bridges had to be closed there. The river went up by two metres [2].")
    assert answer.text == "In all forty bridges had to be closed there. [1] The river went up by two metres [2]."
    assert quotes(answer) == ["Forty bridges were closed.", "The river rose by two metres."]
    assert {(one.support, one.problems) for one in answer.statements} == {(Support.UNCHECKED, (NOT_JUDGED,))}


def test_an_answer_without_any_number_is_an_answer_where_the_evidence_is_found(ask: Ask) -> None:
    said = "Forty bridges were closed. The river rose by two metres."
    answer = ask(f"Rain fell in Peshawar on Monday. {said}")
    assert answer.status is Status.ANSWERED
    assert answer.statements[0].text == "Rain fell in Peshawar on Monday. [1]"
    assert answer.statements[0].support is Support.SUPPORTED
    assert ask(said, None).status is Status.DECLINED


def test_a_marker_at_the_end_of_a_paragraph_is_that_of_its_sentences(ask: Ask) -> None:
    answer = ask("Nobody could cross the water for many days. Forty bridges were closed [3].\n\nRain fell in Peshawar.")
    assert answer.text.startswith("Nobody could cross the water for many days. [1] Forty bridges were closed [1].\n\n")
    assert [one.markers for one in answer.statements] == [(1,), (1,), (2,)]
    assert quotes(answer) == ["Forty bridges were closed.", "Rain fell in Peshawar on Monday."]


def test_what_a_paragraph_begins_with_may_have_other_evidence_than_its_marker(ask: Ask) -> None:
    answer = ask("In all forty bridges had to be closed there. The river went up by two metres [2].")
    assert [one.markers for one in answer.statements] == [(1,), (2,)]
    assert quotes(answer) == ["Forty bridges were closed.", "The river rose by two metres."]


@pytest.mark.parametrize(
    "marker",
    [
        "[Satz 3]",
        "[ref 3]",
        "[citation:3]",
        "[Sätze 3 und 4]",
        "\\[3\\]",
        "(S3)",
        "(sentence 3)",
        "(sentences 2 and 3)",
        "²,³",
    ],
)
def test_a_marker_may_have_a_label_of_any_language(ask: Ask, marker: str) -> None:
    answer = ask(f"In all forty bridges had to be closed there {marker}.")
    assert marker not in answer.text and "Forty bridges were closed." in quotes(answer)[0]
    assert "(S9)" in ask("In all forty bridges had to be closed there (S9).").text


def test_a_number_in_round_brackets_is_a_marker_only_where_its_evidence_speaks_of_the_same(ask: Ask) -> None:
    assert ask("In all forty bridges had to be closed there (3).").text == (
        "In all forty bridges had to be closed there [1]."
    )
    behind = ask("In all forty bridges had to be closed there. (3) The river rose by two metres. (2)")
    assert behind.text == "In all forty bridges had to be closed there. [1] The river rose by two metres. [2]"
    answer = ask("The river rose by two metres, said Imran Khan of Swat (4).")
    assert "(4)" in answer.text
    assert "Schools in Swat stayed open on Tuesday." not in quotes(answer)


def test_a_raised_number_is_a_marker_only_where_its_evidence_speaks_of_the_same(ask: Ask) -> None:
    answer = ask("Forty bridges had to be closed there.³ The river rose by two metres in Peshawar.²")
    assert answer.text == "Forty bridges had to be closed there.[1] The river rose by two metres in Peshawar.[2]"
    answer = ask("The river rose by two metres in Peshawar and its lake is of 40 km⁴.")
    assert "km⁴" in answer.text and "Schools in Swat stayed open on Tuesday." not in quotes(answer)


def test_a_number_that_was_not_shown_is_as_good_as_none(ask: Ask) -> None:
    answer = ask("In all forty bridges had to be closed there [4711].")
    assert answer.text == "In all forty bridges had to be closed there. [1]"


@pytest.mark.parametrize(
    "said",
    [
        "In all ninety bridges had to be closed there.",
        "In all forty bridges had to be closed on Friday.",
        "The engineer Ali Khan had forty bridges closed there.",
        "Cricket fans of the city danced all night after the final.",
        "I am sorry, but as an assistant I cannot answer questions of this kind.",
        "Leider kann ich als Assistent diese Art von Fragen nicht beantworten.",
        "معذرت، میں اس سوال کا جواب نہیں دے سکتا۔",
        "Peshawar Monday.",
    ],
)
def test_what_the_nearest_evidence_does_not_speak_of_or_hold_stays_without_a_number(ask: Ask, said: str) -> None:
    answer = ask(f"The river rose by two metres [2]. {said}")
    assert answer.statements[1].text == said
    assert (answer.statements[1].support, answer.statements[1].problems) == (Support.UNSUPPORTED, (NOT_CITED,))
    # Only words that have nothing of the articles in them are no answer from them.
    assert ask(said).status is (Status.PARTIAL if "Peshawar" in said else Status.DECLINED)


@pytest.mark.parametrize("tail", ["Sources: [2], [3]", "Quellen: [3][2]"])
def test_the_numbers_at_the_end_are_those_of_the_statements_without_one(ask: Ask, tail: str) -> None:
    answer = ask(f"In all forty bridges had to be closed there.\n\nThe river went up by two metres.\n\n{tail}")
    assert answer.text == ("In all forty bridges had to be closed there. [1]\n\nThe river went up by two metres. [2]")
    assert quotes(answer) == ["Forty bridges were closed.", "The river rose by two metres."]
    answer = ask(f"Der Fluss stieg dort nicht mehr und die Brücken sind zu.\n\n{tail}")
    assert quotes(answer) == ["The river rose by two metres. Forty bridges were closed."]
    assert answer.statements[0].support is Support.UNCHECKED


def test_a_number_in_round_brackets_is_one_in_any_language(ask: Ask) -> None:
    answer = ask("Die vierzig Brücken sind dort auf lange Zeit für alle zu (3).")
    assert answer.text == "Die vierzig Brücken sind dort auf lange Zeit für alle zu [1]."
    assert quotes(answer) == ["Forty bridges were closed."]


def test_an_age_in_another_language_is_no_marker_where_others_are_in_square_brackets(ask: Ask) -> None:
    answer = ask("Der Fluss stieg dort um zwei Meter [2].\nTrainer der Mannschaft war damals noch Hans Weber (3).")
    assert "Hans Weber (3)." in answer.text and "Forty bridges were closed." not in quotes(answer)


def test_what_claims_nothing_needs_no_evidence(ask: Ask) -> None:
    answer = ask("This is what happened. The river rose by two metres [2].")
    assert [one.support for one in answer.statements] == [Support.NO_CLAIM, Support.SUPPORTED]


def test_a_number_that_was_given_stays(ask: Ask) -> None:
    answer = ask("In all forty bridges had to be closed there [1].")
    assert quotes(answer) == ["Rain fell in Peshawar on Monday."]
    assert answer.statements[0].support is Support.UNSUPPORTED


def test_what_was_found_for_a_statement_is_looked_at_like_what_was_cited(ask: Ask) -> None:
    look = ScriptedModel("1. unsupported: it does not say so")
    answer = ask("In all forty bridges had to be closed there.", second_look=SecondLook(look, BUDGET))
    assert "1. In all forty bridges had to be closed there. [3]" in look.asked[0][1]["content"]
    assert answer.statements[0].support is Support.UNSUPPORTED


def test_a_statement_that_cites_nothing_is_not_written_again(ask: Ask) -> None:
    model = ScriptedModel("1. WITHDRAWN")
    answer = ask("The river rose by two metres [2]. In all ninety bridges fell down.", repairer=Repairer(model, BUDGET))
    assert model.asked == [] and len(answer.statements) == 2


def test_only_what_the_writer_was_shown_is_evidence() -> None:
    nearest = NEAREST.nearest
    said = "In all forty bridges had to be closed there."
    assert nearest(said, EVIDENCE, PlainWords()) == (EVIDENCE[2],)
    assert nearest(said, [*EVIDENCE[:2], *EVIDENCE[3:]], PlainWords()) != (EVIDENCE[2],)
    assert nearest(said, [], PlainWords()) == ()


@pytest.mark.parametrize("said", ["Forty.", "Bridges, bridges, bridges!", "Forty bridges were.", ""])
def test_a_few_words_are_no_reason_to_cite_what_has_them(said: str) -> None:
    assert NEAREST.nearest(said, EVIDENCE, PlainWords()) == ()
