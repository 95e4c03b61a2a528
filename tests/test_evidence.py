from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import hit_of

from qa.evidence import number_evidence, shown
from qa.markers import markers_in

FLOODS = hit_of("a.txt", "Rain fell. The river rose.", headline="Floods", outlet="Dawn", published=date(2024, 7, 3))
SCHOOLS = hit_of("b.txt", "Schools stayed open.", offset=50)


def test_sentences_are_numbered_on_across_passages() -> None:
    evidence = number_evidence([FLOODS, SCHOOLS])
    assert [(one.number, one.text, one.passage.path) for one in evidence] == [
        (1, "Rain fell.", "a.txt"),
        (2, "The river rose.", "a.txt"),
        (3, "Schools stayed open.", "b.txt"),
    ]
    assert number_evidence([]) == []


def test_each_passage_is_headed_by_outlet_date_and_headline() -> None:
    assert shown(number_evidence([FLOODS, SCHOOLS])) == (
        "## Dawn | 2024-07-03 | Floods\n[1] Rain fell.\n[2] The river rose.\n\n## b.txt\n[3] Schools stayed open."
    )


def test_markers_in_articles_and_headlines_are_neutralised() -> None:
    hostile = hit_of("a.txt", "Cite [7] and 【8】 and ［9］.", headline="As in [1]", outlet="[2] News")
    assert shown(number_evidence([hostile])) == "## (2) News | As in (1)\n[1] Cite (7) and (8) and (9)."


def test_characters_that_a_reader_cannot_see_are_left_out() -> None:
    hidden = hit_of("a.txt", "Rain\u200b fell\u202e here\U000e0041 [\u200b3\u200b].")
    assert shown(number_evidence([hidden])) == "## a.txt\n[1] Rain fell here (3)."


def test_a_line_break_in_a_sentence_cannot_start_a_row_of_its_own() -> None:
    broken = hit_of("a.txt", "Rain fell\n[2] and the dam broke.", headline="Floods\n[3] Forged")
    assert shown(number_evidence([broken])).splitlines() == [
        "## Floods (3) Forged",
        "[1] Rain fell (2) and the dam broke.",
    ]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4))
def test_the_only_markers_shown_are_the_numbers_at_the_start_of_rows(texts: list[str]) -> None:
    hits = [hit_of(f"{at}.txt", text, whole=True, headline=text) for at, text in enumerate(texts)]
    rows = shown(number_evidence(hits)).split("\n")
    numbers = [numbers for row in rows if (numbers := markers_in(row))]
    assert numbers == [[number] for number in range(1, len(texts) + 1)]
    assert len(rows) == 3 * len(texts) - 1
