from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import hit_of

from index.embedding.embedders import MiniLM
from qa.checking.grounding import Grounder, Verdict, guard
from qa.models import Support
from qa.prompting.evidence import EvidenceSentence, number_evidence

TEXT = (
    "On Tuesday, Ambassador Masood Khan told Dawn that the $4.1 billion fund will pay ten stations, 12 percent more "
    "than in 2014, as 2,161,000 people live there. “We support Pakistan’s efforts,” he said in Peshawar."
)


def cited(text: str = TEXT, **about: object) -> list[EvidenceSentence]:
    return number_evidence([hit_of("a.txt", text, whole=True, **about)])


@pytest.mark.parametrize(
    "statement",
    [
        "The fund holds $4.1bn.",
        "The fund holds 4.1 billion dollars.",
        "It pays 10 stations.",
        "That is 12% more, or twelve per cent.",
        "Some 2.161 million people live there.",
        "Masood Khan spoke on Tuesday in Peshawar.",
        'Khan said: "We support Pakistan\'s efforts".',
        "In 2014 it was less.",
        "It was less, and 2161000 people live there.",
    ],
)
def test_facts_that_the_cited_text_holds_pass_however_they_are_written(statement: str) -> None:
    assert guard(statement, [[TEXT]]) == []


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("The fund holds $4.2 billion.", "$4.2 billion is not in the cited text."),
        ("The fund holds $4.1 million.", "$4.1 million is not in the cited text."),
        ("It pays eleven stations.", "eleven is not in the cited text."),
        ("That is 14% more.", "14% is not in the cited text."),
        ("It pays 12 stations.", "12 is not in the cited text."),
        ("In 2015 it was less.", "2015 is not in the cited text."),
        ("The envoy Imran Farooq spoke.", "Imran Farooq is not in the cited passages."),
        ("He spoke to CNN.", "CNN is not in the cited passages."),
        ("He flew an F-16.", "F-16 is not in the cited passages."),
        ("He spoke on Friday.", "Friday is not in the cited text."),
        ("He spoke in December.", "December is not in the cited text."),
        ("He said, “We oppose all efforts.”", "“We oppose all efforts” is not in the cited text, word for word."),
    ],
)
def test_an_altered_fact_is_named(statement: str, problem: str) -> None:
    assert guard(statement, [[TEXT]]) == [problem]


@settings(derandomize=True, deadline=None)
@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=10**9))
def test_a_number_passes_only_when_it_is_the_cited_one(said: int, held: int) -> None:
    problems = guard(f"It moved {said:,} people.", [[f"About {held} people were moved."]])
    assert bool(problems) == (said != held)


def test_weekdays_and_months_are_resolved_against_the_date_of_the_article() -> None:
    wednesday = [date(2024, 7, 3)]
    assert guard("He spoke on Tuesday in July 2024.", [["He spoke yesterday."]], "", wednesday) == []
    assert guard("He spoke in August.", [["He spoke yesterday."]], "", wednesday) == [
        "August is not in the cited text."
    ]
    assert guard("He spoke in 2023.", [["He spoke yesterday."]], "", wednesday) == ["2023 is not in the cited text."]


def test_headline_outlet_and_author_count_as_known() -> None:
    grounder_about = "Floods in Sindh . Geo News"
    assert guard("According to Geo News, Sindh was hit.", [["It was hit."]], grounder_about) == []


@pytest.mark.parametrize("statement", [TEXT, TEXT.upper(), TEXT.replace("“", '"').replace("”", '"'), f" {TEXT} "])
def test_a_verbatim_statement_is_supported(embedder: MiniLM, statement: str) -> None:
    assert Grounder(embedder).judge(statement, cited()) == Verdict(Support.SUPPORTED)


def test_a_sentence_cut_off_inside_a_figure_is_not_verbatim(embedder: MiniLM) -> None:
    fund = cited("The fund is worth $4.1 billion.")
    for statement in ("The fund is worth $4.", "The fund is worth $4.1"):
        verdict = Grounder(embedder).judge(statement, fund)
        assert verdict.support is Support.UNSUPPORTED
        assert verdict.problems[0].startswith("$4")


@pytest.mark.parametrize(
    ("statement", "support"),
    [
        ("The Pakistani ambassador told the newspaper about the fund for stations.", Support.SUPPORTED),
        ("Cricket fans in Lahore danced all night after the cup final.", Support.UNSUPPORTED),
    ],
)
def test_what_holds_no_facts_is_scored(embedder: MiniLM, statement: str, support: Support) -> None:
    text = "The Pakistani ambassador told a newspaper about the fund, which pays for stations in Lahore."
    assert Grounder(embedder).judge(statement, cited(text)).support is support


def test_a_part_that_is_said_is_partly_supported(embedder: MiniLM) -> None:
    text = "The harbour was closed by a storm."
    verdict = Grounder(embedder).judge("The harbour was closed while angry captains blamed their mayor.", cited(text))
    assert verdict == Verdict(Support.PARTLY, ("The cited text says only a part of this.",))


def test_a_statement_that_cites_nothing_is_unsupported_unless_it_claims_nothing(embedder: MiniLM) -> None:
    judge = Grounder(embedder).judge
    assert judge("Here is what the articles say.", []) == Verdict(Support.NO_CLAIM)
    for claim in ("It cost $4 million.", "Yes, Imran Khan did.", "The harbour stayed closed during the heavy storm."):
        assert judge(claim, []) == Verdict(Support.UNSUPPORTED, ("It cites no sentence of the articles.",))


def test_each_statement_is_held_to_its_own_citation_only(embedder: MiniLM) -> None:
    first, second = number_evidence([hit_of("a.txt", "Ten stations were built. Two bridges were closed.")])
    assert Grounder(embedder).judge("Two bridges were closed there.", [first]).support is Support.UNSUPPORTED
    assert Grounder(embedder).judge("Two bridges were closed there.", [second]).support is Support.SUPPORTED
    assert Grounder(embedder).judge("Two bridges were closed there.", [first, second]).problems == ()


def test_the_date_of_the_article_is_known_to_the_judge(embedder: MiniLM) -> None:
    evidence = cited("The minister spoke at length about floods.", published=date(2024, 7, 3), outlet="Geo News")
    judge = Grounder(embedder).judge
    assert judge("On 3 July 2024 the minister spoke at length about floods, Geo News said.", evidence).problems == ()
    assert judge("On 4 July 2024 the minister spoke at length about floods.", evidence).problems == (
        "4 July 2024 is not in the cited text.",
    )


@pytest.mark.parametrize(
    ("before", "about", "held"),
    [
        ("The minister, Imran Farooq, spoke.", {}, True),
        ("Imran Farooq spoke. Nobody listened.", {}, True),
        ("The minister spoke.", {"headline": "Farooq (Imran) promises schools"}, True),
        ("The minister spoke.", {}, False),
    ],
)
def test_a_name_may_stand_anywhere_in_the_passage_of_a_cited_sentence_or_in_its_headline(
    embedder: MiniLM, before: str, about: dict[str, str], held: bool
) -> None:
    *_, last = number_evidence([hit_of("a.txt", f"{before} He promised ten new schools to the villages.", **about)])
    verdict = Grounder(embedder).judge("Imran Farooq promised ten new schools to the villages.", [last])
    assert verdict.problems == (() if held else ("Imran Farooq is not in the cited passages.",))


def test_figures_and_quotations_of_the_sentence_before_are_not_held(embedder: MiniLM) -> None:
    *_, last = number_evidence([hit_of("a.txt", "“We are done,” he said of 40 ships. The harbour was closed by then.")])
    judge = Grounder(embedder).judge
    assert judge("The harbour of 40 ships was closed by then.", [last]).problems == ("40 is not in the cited text.",)
    assert judge("He said “we are done” when the harbour was closed.", [last]).problems == (
        "“we are done” is not in the cited text, word for word.",
    )


def test_one_of_many_is_no_figure() -> None:
    assert guard("One of the officials left.", [["An official left."]]) == []


def test_two_countries_of_like_names_are_not_one() -> None:
    assert guard("He went to see Niger officials.", [["He went to see officials of Nigeria."]]) == [
        "Niger is not in the cited passages."
    ]


@pytest.mark.parametrize("marks", ["{}", "“{}”", "The bank said that {}."])
def test_figures_made_up_are_caught_however_they_are_put(embedder: MiniLM, marks: str) -> None:
    bank = cited("The bank said that its profits rose 12 percent to $4.1 billion.")
    judge = Grounder(embedder).judge
    assert judge(marks.format("profits fell 30 percent to $1.2 billion"), bank).support is Support.UNSUPPORTED
    assert judge(marks.format("profits rose 12 percent to $1.4 billion"), bank).support is Support.UNSUPPORTED
    assert judge(marks.format("profits rose 12 percent to $4.1 billion"), bank).support is Support.SUPPORTED
