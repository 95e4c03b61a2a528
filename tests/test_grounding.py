from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import hit_of

from index.embedding.embedders import MiniLM
from qa.checking.grounding import FIGURES_ALONE, NOT_CITED, NOT_JUDGED, UNRELATED, CheckResult, Grounder, hard_problems
from qa.models import HARD, ProblemCode, Support
from qa.prompting.evidence import EvidenceSentence, number_evidence

TEXT = (
    "On Tuesday, Ambassador Masood Khan told Dawn that the $4.1 billion fund will pay ten stations, 12 percent more "
    "than in 2014, as 2,161,000 people live there. “We support Pakistan’s efforts,” he said in Peshawar."
)


def cited(text: str = TEXT, **about: object) -> list[EvidenceSentence]:
    return number_evidence([hit_of("a.txt", text, whole=True, **about)])


def problems(statement: str, evidence: Sequence[EvidenceSentence]) -> list[str]:
    return list(map(str, hard_problems(statement, evidence, evidence)))


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
    assert problems(statement, cited()) == []


@pytest.mark.parametrize(
    ("statement", "code", "problem"),
    [
        ("The fund holds $4.2 billion.", "figure", "$4.2 billion is not in the cited text."),
        ("The fund holds $4.1 million.", "figure", "$4.1 million is not in the cited text."),
        ("It pays eleven stations.", "figure", "eleven is not in the cited text."),
        ("That is 14% more.", "figure", "14% is not in the cited text."),
        ("It pays 12 stations.", "figure", "12 is not in the cited text."),
        ("In 2015 it was less.", "date", "2015 is not in the cited text."),
        ("The envoy Imran Farooq spoke.", "name", "Imran Farooq is not in the articles that were found."),
        ("He spoke on Friday.", "date", "Friday is not in the cited text."),
        ("He spoke in December.", "date", "December is not in the cited text."),
        (
            "He said, “We oppose all efforts.”",
            "quotation",
            "“We oppose all efforts” is not in the cited text, word for word.",
        ),
    ],
)
def test_an_altered_fact_is_named_with_its_kind(statement: str, code: str, problem: str, embedder: MiniLM) -> None:
    found = hard_problems(statement, cited(), cited())
    assert [(one.code, str(one)) for one in found] == [(code, problem)]
    assert found[0].code in HARD
    verdict = Grounder(embedder).judge(statement, cited())
    assert verdict == CheckResult(Support.UNSUPPORTED, tuple(found)) and verdict.is_hard


@settings(derandomize=True, deadline=None)
@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=10**9))
def test_a_number_passes_only_when_it_is_the_cited_one(said: int, held: int) -> None:
    """Or when that rounds to it: `test_figures` says what does."""
    found = problems(f"It moved {said:,} people.", cited(f"About {held} people were moved."))
    assert bool(found) == (said != held)


def test_weekdays_and_months_are_resolved_against_the_date_of_the_article() -> None:
    wednesday = cited("He spoke yesterday.", published=date(2024, 7, 3))
    assert problems("He spoke on Tuesday in July 2024.", wednesday) == []
    assert problems("He spoke in August.", wednesday) == ["August is not in the cited text."]
    assert problems("He spoke in 2023.", wednesday) == ["2023 is not in the cited text."]


def test_headline_outlet_and_author_count_as_known() -> None:
    about = {"headline": "Floods kill 40 in Upper Sindh", "outlet": "Geo News", "author": "Ada Berg"}
    said = "According to Ada Berg of Geo News, Upper Sindh was hit, and 40 died."
    assert problems(said, cited("It was hit.", **about)) == []
    assert len(problems(said, cited("It was hit."))) == 3


@pytest.mark.parametrize("statement", [TEXT, TEXT.upper(), TEXT.replace("“", '"').replace("”", '"'), f" {TEXT} "])
def test_a_verbatim_statement_is_supported(embedder: MiniLM, statement: str) -> None:
    assert Grounder(embedder).judge(statement, cited()) == CheckResult(Support.SUPPORTED)


THREE = "The river rose. The bridges were shut. Rain fell in Swat."


@pytest.mark.parametrize(
    ("statement", "numbers", "support"),
    [
        ("The bridges were shut.", (2,), Support.SUPPORTED),
        ("The bridges were shut.", (1, 2, 3), Support.SUPPORTED),
        ("The river rose. The bridges were shut.", (1, 2), Support.SUPPORTED),
        ("The river rose. Rain fell in Swat.", (1, 3), Support.UNCHECKED),
        ("The bridges were shut. The river rose.", (2, 1), Support.UNCHECKED),
        ("bridges were shut.", (2,), Support.UNCHECKED),
        ("The bridges were", (2,), Support.UNCHECKED),
        ("The bridges were not shut.", (2,), Support.UNCHECKED),
        ("The river were shut.", (1, 2), Support.UNCHECKED),
        ("The bridges rose.", (1, 2), Support.UNCHECKED),
    ],
)
def test_only_whole_sentences_as_they_stand_side_by_side_are_supported_without_a_second_look(
    embedder: MiniLM, statement: str, numbers: tuple[int, ...], support: Support
) -> None:
    evidence = {one.number: one for one in number_evidence([hit_of("a.txt", THREE)])}
    assert Grounder(embedder).judge(statement, [evidence[at] for at in numbers]).support is support


def test_a_sentence_cut_off_inside_a_figure_is_not_verbatim(embedder: MiniLM) -> None:
    fund = cited("The fund is worth $4.13 billion.")
    for statement in ("The fund is worth $4.", "The fund is worth $4.1"):
        verdict = Grounder(embedder).judge(statement, fund)
        assert verdict.is_hard
        assert str(verdict.problems[0]).startswith("$4")


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        (
            "The Pakistani ambassador told the newspaper about the fund for stations.",
            CheckResult(Support.UNCHECKED, (NOT_JUDGED,)),
        ),
        ("The Pakistani ambassador refused to pay for stations.", CheckResult(Support.UNCHECKED, (NOT_JUDGED,))),
        (
            "Cricket fans in Lahore danced all night after the cup final.",
            CheckResult(Support.UNSUPPORTED, (UNRELATED,)),
        ),
    ],
)
def test_what_holds_no_facts_is_unchecked_or_about_something_else(
    embedder: MiniLM, statement: str, verdict: CheckResult
) -> None:
    text = "The Pakistani ambassador told a newspaper about the fund, which pays for stations in Lahore."
    assert Grounder(embedder).judge(statement, cited(text)) == verdict


FLOODS = {"outlet": "The Dawn", "author": "Sana Malik", "headline": "Floods, and no end", "published": date(2024, 7, 3)}


@pytest.mark.parametrize(
    "entry",
    [
        "The Dawn, July 3, 2024",
        "The Dawn (3 July 2024): “Floods, and no end”",
        "Sana Malik, Floods, and no end, The Dawn, 2024-07-03",
        "The Dawn, 3. Juli 2024",
        "The Dawn | 03.07.2024",
    ],
)
def test_an_entry_of_a_list_of_sources_claims_nothing(entry: str, embedder: MiniLM) -> None:
    evidence = cited(**FLOODS)
    judge = Grounder(embedder).judge
    assert judge(entry, evidence, evidence).support is Support.NO_CLAIM
    assert judge(entry, [], evidence).support is Support.NO_CLAIM
    assert judge(entry, [], cited()).support is not Support.NO_CLAIM


@pytest.mark.parametrize(
    "claim",
    [
        "Floods, and no end",
        "The Dawn",
        "Sana Malik",
        "July 3, 2024",
        "The Dawn has no end",
        "The Dawn, 4 July 2024",
        "The Dawn, 3 died",
        "Sana Malik: murdered, 3 2024",
        "The Dawn - bankrupt 2024",
        "The Dawn, juin 2024",
        "No end: floods, The Dawn",
        "In 2024 Sana Malik, The Dawn",
    ],
)
def test_what_says_more_than_an_entry_is_a_claim(claim: str, embedder: MiniLM) -> None:
    evidence = cited(**FLOODS)
    assert Grounder(embedder).judge(claim, evidence, evidence).support is not Support.NO_CLAIM


def test_a_statement_that_cites_nothing_is_unsupported_unless_it_claims_nothing(embedder: MiniLM) -> None:
    judge = Grounder(embedder).judge
    assert judge("Here is what the articles say.", []) == CheckResult(Support.NO_CLAIM)
    for claim in ("It cost $4 million.", "Yes, Imran Khan did.", "The harbour stayed closed during the heavy storm."):
        assert judge(claim, [], cited()) == CheckResult(Support.UNSUPPORTED, (NOT_CITED,))


def test_each_statement_is_held_to_its_own_citation_only(embedder: MiniLM) -> None:
    first, second = evidence = number_evidence(
        [hit_of("a.txt", "Ten stations were built. Twelve bridges were closed.")]
    )
    judge = Grounder(embedder).judge
    assert judge("Twelve bridges were closed there.", [first], evidence).is_hard
    assert not judge("Twelve bridges were closed there.", [second], evidence).is_hard
    assert not judge("Twelve bridges were closed there.", evidence, evidence).is_hard


def test_the_date_of_the_article_is_known() -> None:
    evidence = cited("The minister spoke at length about floods.", published=date(2024, 7, 3), outlet="Geo News")
    assert problems("On 3 July 2024 the minister spoke at length about floods, Geo News said.", evidence) == []
    assert problems("On 4 July 2024 the minister spoke at length about floods.", evidence) == [
        "4 July 2024 is not in the cited text."
    ]


@pytest.mark.parametrize(
    ("before", "about", "held"),
    [
        ("The minister, Imran Farooq, spoke.", {}, True),
        ("Imran Farooq spoke. Nobody listened.", {}, True),
        ("The minister spoke.", {"headline": "Farooq (Imran) promises schools"}, True),
        ("The minister spoke.", {}, False),
    ],
)
def test_a_name_may_stand_anywhere_in_the_passages_shown_or_in_their_headings(
    before: str, about: dict[str, str], held: bool
) -> None:
    statement = "Imran Farooq promised ten new schools to the villages."
    missing = [] if held else ["Imran Farooq is not in the articles that were found."]
    promise = "He promised ten new schools to the villages."
    *_, last = number_evidence([hit_of("a.txt", f"{before} {promise}", **about)])
    assert problems(statement, [last]) == missing
    last, *others = number_evidence([hit_of("a.txt", promise), hit_of("b.txt", before, **about)])
    assert list(map(str, hard_problems(statement, [last], [last, *others]))) == missing


def test_figures_and_quotations_of_the_sentence_before_are_not_held() -> None:
    *_, last = number_evidence([hit_of("a.txt", "“We are done,” he said of 40 ships. The harbour was closed by then.")])
    assert problems("The harbour of 40 ships was closed by then.", [last]) == ["40 is not in the cited text."]
    assert problems("He said “we are done” when the harbour was closed.", [last]) == [
        "“we are done” is not in the cited text, word for word."
    ]


@pytest.mark.parametrize("marks", ["{}", "“{}”", "The bank said that {}."])
def test_figures_made_up_are_caught_however_they_are_put(embedder: MiniLM, marks: str) -> None:
    bank = cited("The bank said that its profits rose 12 percent to $4.1 billion.")
    judge = Grounder(embedder).judge
    assert judge(marks.format("profits fell 30 percent to $1.2 billion"), bank).is_hard
    assert judge(marks.format("profits rose 12 percent to $1.4 billion"), bank).is_hard
    assert judge(marks.format("profits rose 12 percent to $4.1 billion"), bank).support is Support.UNCHECKED


ARTICLE = (
    "On Tuesday the government of Pakistan said that the $4.1 billion fund will pay for 40 bridges and for 2,161,000 "
    "people in Sindh. The river had risen by two metres after heavy rain, the engineer Ali Shah said. “We are not "
    "ready,” he told Dawn. The harbour was closed for 1.5 hours by a storm that came from the sea."
)
IN_OTHER_LANGUAGES = {
    "German": (
        "Der Fonds hat 4,1 Milliarden Dollar.",
        "Rund 2,2 Millionen Menschen leben dort.",
        "Nach dem Sturm blieb der Hafen für 1,5 Stunden geschlossen.",
        "Am 2. Juli 2024 sprach die Regierung von 40 Brücken.",
        "Der Ingenieur Ali Shah sagte: „Wir sind noch nicht bereit“.",
        "Hafen geschlossen.",
    ),
    "French": (
        "Le fonds de 4,1 milliards de dollars paiera 40 ponts.",
        "Le port a été fermé pendant 1,5 heure par une tempête.",
        "Le 2 juillet 2024, le gouvernement a parlé de 2 161 000 personnes.",
        "« Nous ne sommes pas prêts », a dit l'ingénieur Ali Shah.",
    ),
    "Spanish": (
        "El fondo de 4.100 millones de dólares pagará 40 puentes.",
        "El puerto estuvo cerrado por una tormenta.",
        "El río subió dos metros, según el Ingeniero Jefe Ali Shah.",
    ),
    "Italian": (
        "Il fondo di 4,1 miliardi di dollari pagherà 40 ponti.",
        "Il porto è stato chiuso per 1,5 ore da una tempesta.",
        "Martedì il governo del Pakistan ha parlato di 2.161.000 persone.",
    ),
    "Urdu": (
        "یہ فنڈ 4.1 ارب ڈالر کا ہے اور 40 پل بنائے گا۔",
        "یہ فنڈ ۴٫۱ ارب ڈالر کا ہے اور ۴۰ پل بنائے گا۔",
        "طوفان کی وجہ سے بندرگاہ بند رہی۔",
    ),
}
TRANSLATED = [said for statements in IN_OTHER_LANGUAGES.values() for said in statements]


@pytest.mark.parametrize("statement", TRANSLATED)
def test_a_statement_in_another_language_is_not_found_wrong_for_that(embedder: MiniLM, statement: str) -> None:
    evidence = cited(ARTICLE, published=date(2024, 7, 3))
    verdict = Grounder(embedder).judge(statement, evidence, evidence)
    assert verdict == CheckResult(Support.UNCHECKED, (FIGURES_ALONE,))


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("Der Fonds hat 5,3 Milliarden Dollar.", "5,3"),
        ("Die Regierung bezahlt 60 Brücken und hat den Hafen geschlossen.", "60"),
        ("Le fonds de 5,3 milliards de dollars paiera 40 ponts.", "5,3"),
        ("El fondo de 5.300 millones de dólares pagará 40 puentes.", "5.300"),
        ("Il porto è stato chiuso per 8,5 ore da una tempesta.", "8,5"),
        ("یہ فنڈ 5.3 ارب ڈالر کا ہے اور 40 پل بنائے گا۔", "5.3"),
        ("یہ فنڈ ۵٫۳ ارب ڈالر کا ہے اور ۴۰ پل بنائے گا۔", "۵٫۳"),
    ],
)
def test_a_wrong_figure_is_found_in_any_language(embedder: MiniLM, statement: str, wrong: str) -> None:
    evidence = cited(ARTICLE, published=date(2024, 7, 3))
    verdict = Grounder(embedder).judge(statement, evidence, evidence)
    assert [(one.code, str(one)) for one in verdict.problems] == [
        (ProblemCode.FIGURE, f"{wrong} is not in the cited text.")
    ]


def test_an_english_quotation_in_another_language_is_looked_up(embedder: MiniLM) -> None:
    evidence = cited(ARTICLE, published=date(2024, 7, 3))
    judge = Grounder(embedder).judge
    assert judge("Der Ingenieur sagte: “We are not ready”, und das ist wahr.", evidence).support is Support.UNCHECKED
    assert judge("Der Ingenieur sagte: “We have never been to the sea”, und das ist wahr.", evidence).is_hard


@pytest.mark.parametrize("statement", ["Mayor John Doe resigned.", "Mayor John Doe told Dawn.", "Nadia Petrova left."])
def test_an_english_statement_with_few_common_words_is_still_looked_up(embedder: MiniLM, statement: str) -> None:
    evidence = cited(f"{ARTICLE} The mayor of Karachi had resigned when his deputy left.")
    assert [one.code for one in Grounder(embedder).judge(statement, evidence, evidence).problems] == [ProblemCode.NAME]
