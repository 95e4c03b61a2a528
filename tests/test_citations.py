import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from stub_model import hit_of

from qa.checking.citations import CitationBook, Draft
from qa.models.markers import markers_in
from qa.prompting.evidence import number_evidence

FIRST = hit_of("a.txt", "Rain fell in Peshawar. The river rose. Two bridges closed.", headline="Floods", outlet="Dawn")
SECOND = hit_of("b.txt", "Schools stayed open. Buses ran.", offset=100, also_in=("c.txt",))
EVIDENCE = number_evidence([FIRST, SECOND])
REPLIES = st.text(alphabet="[]()【】［］0123456789-–,†^#& .\nabSs", max_size=60)


def book() -> CitationBook:
    return CitationBook(EVIDENCE)


def test_a_number_becomes_the_exact_characters_of_its_sentence() -> None:
    resolved = book().resolve(Draft.parsed("It rained [2]."))
    assert resolved.text == "It rained [1]."
    citation = resolved.new_citations[0]
    assert (citation.marker, citation.path, citation.quote) == (1, "a.txt", "The river rose.")
    assert FIRST.passage.text[citation.start : citation.end] == citation.quote
    assert (citation.headline, citation.outlet, citation.passage_id) == ("Floods", "Dawn", FIRST.passage.id)


def test_offsets_are_those_of_the_file_not_of_the_passage() -> None:
    citation = book().resolve(Draft.parsed("Open [4]")).new_citations[0]
    assert (citation.start, citation.end, citation.also_in) == (100, 120, ("c.txt",))


@pytest.mark.parametrize("markers", ["[1][2]", "[1, 2]", "[1-2]", "[2] [1]", "【1】【2】", "［1、2］", "[1] \n[2]"])
def test_neighbouring_sentences_become_one_span(markers: str) -> None:
    resolved = book().resolve(Draft.parsed(f"It rained {markers}."))
    assert resolved.text == "It rained [1]."
    assert [citation.quote for citation in resolved.new_citations] == ["Rain fell in Peshawar. The river rose."]


def test_sentences_apart_or_of_two_passages_stay_two_citations() -> None:
    apart = book().resolve(Draft.parsed("It rained [1][3]."))
    assert (apart.text, apart.markers) == ("It rained [1][2].", (1, 2))
    across = book().resolve(Draft.parsed("It rained [3-4]."))
    assert [citation.path for citation in across.new_citations] == ["a.txt", "b.txt"]


def test_a_sentence_that_is_cited_again_and_again_is_judged_once() -> None:
    cited = book().cited(Draft.parsed("It rained [3, 2] and rained [2] and rained [99][2][1]."))
    assert [sentence.number for sentence in cited] == [2, 3, 1]


def test_markers_are_numbered_by_first_use_and_a_span_keeps_its_number() -> None:
    cited = book()
    texts = [cited.resolve(Draft.parsed(text)).text for text in ("Open [4].", "Rain [1].", "Open [4] in rain [1].")]
    assert texts == ["Open [1].", "Rain [2].", "Open [1] in rain [2]."]
    assert [citation.marker for citation in cited.citations] == [1, 2]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("It rained [99].", "It rained."),
        ("It rained [0].", "It rained."),
        ("It rained [2, 99].", "It rained [1]."),
        ("It rained [99] [98] here.", "It rained here."),
        ("It rained [6].", "It rained."),
    ],
)
def test_a_number_that_was_not_shown_is_dropped(said: str, text: str) -> None:
    assert book().resolve(Draft.parsed(said)).text == text


@pytest.mark.parametrize("said", ["It rained [[99]2].", "It rained [2[99], 3].", "It rained [2†[99]]."])
def test_no_marker_closes_over_the_gap_of_a_dropped_one(said: str) -> None:
    resolved = book().resolve(Draft.parsed(said))
    assert markers_in(resolved.text) == list(resolved.markers)
    assert [citation.marker for citation in resolved.new_citations] == list(dict.fromkeys(resolved.markers))


def test_the_plain_text_of_a_draft_has_no_markers() -> None:
    assert Draft.parsed("It rained [1], 【2】 a lot [3] .").text == "It rained, a lot."


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("It rained (2).", "It rained [1]."),
        ("It rained (2)", "It rained [1]"),
        ("It rained. (2, 4) ", "It rained. [1][2]"),
    ],
)
def test_round_brackets_at_the_end_of_a_statement_can_be_read_as_a_marker(said: str, text: str) -> None:
    assert book().resolve(Draft.parsed(said)).text == " ".join(said.split())
    bracketed = Draft.parsed(said).bracketed()
    assert bracketed and book().resolve(bracketed).text == text


@pytest.mark.parametrize(
    "said", ["It rained (2) a lot.", "It rained (1997).", "It rained (2-4).", "It rained (twice)."]
)
def test_other_round_brackets_cannot(said: str) -> None:
    assert Draft.parsed(said).bracketed() is None


def test_a_draft_is_given_the_evidence_that_was_found_for_it_at_its_end() -> None:
    draft = Draft.parsed("- It rained.", "\n").citing([2])
    assert (draft.separator, draft.claim, book().resolve(draft).text) == ("\n", "It rained.", "- It rained. [1]")


@pytest.mark.parametrize(
    ("said", "claim"),
    [
        ("- Rain fell [1].", "Rain fell."),
        ("12. Rain fell [1].", "Rain fell."),
        ("2) **Rain** fell in `Swat` [1].", "Rain fell in Swat ."),
        ("| Swat | 3 [1] |", "Swat 3"),
        ("### Rain", "Rain"),
        ("3.5 metres of rain fell - 2 more than in 2022 [1].", "3.5 metres of rain fell - 2 more than in 2022."),
    ],
)
def test_what_is_judged_has_no_signs_of_layout(said: str, claim: str) -> None:
    assert Draft.parsed(said).claim == claim


def test_markers_that_a_writer_did_not_set_are_neutralised() -> None:
    resolved = book().resolve(Draft(("He wrote [4] and [2†", " ", (1,))))
    assert resolved.text == "He wrote (4) and [2† [1]"
    assert markers_in(resolved.text) == [1]


@settings(derandomize=True, deadline=None, max_examples=600)
@given(st.lists(REPLIES, max_size=4))
def test_whatever_a_model_writes_its_markers_are_the_citations_in_order(replies: list[str]) -> None:
    cited = book()
    used: list[int] = []
    for reply in replies:
        resolved = cited.resolve(Draft.parsed(reply))
        assert list(resolved.markers) == list(dict.fromkeys(markers_in(resolved.text)))
        used += resolved.markers
    assert list(dict.fromkeys(used)) == [citation.marker for citation in cited.citations]
    assert [citation.marker for citation in cited.citations] == list(range(1, len(cited.citations) + 1))
    for citation in cited.citations:
        hit = FIRST if citation.path == "a.txt" else SECOND
        offset = hit.passage.start
        assert hit.passage.text[citation.start - offset : citation.end - offset] == citation.quote


RENDERED = re.compile(r"<(?:a|img|script|em|/)\b", re.IGNORECASE)


@pytest.mark.parametrize(
    "said",
    [
        "It rained [here](http://evil.example) [1].",
        "It rained [1](http://evil.example/x).",
        "![1](http://evil.example/x.png)",
        "![rain][1] fell.\n[1]: http://evil.example",
        "[1]: http://evil.example",
        "- [rain]: http://evil.example",
        "It <img src=http://evil.example> rained <a href='x'>[1]</a>.",
        "<http://evil.example> [1]",
        "It <!-- rained --> <?php ?> [1].",
        "水。[1](http://evil.example)",
    ],
)
def test_what_a_statement_says_is_no_link_image_or_tag(said: str) -> None:
    text = book().resolve(Draft.parsed(said)).text
    tokens = MarkdownIt("commonmark").parse(f"{text}\n\n{text} [rain] [1]")
    kinds = {token.type for block in tokens for token in block.children or [block]}
    assert not kinds & {"link_open", "image", "html_inline", "html_block"}
    assert "".join(text.split()) == "".join(book().resolve(Draft.parsed(said)).text.split())


@pytest.mark.parametrize("said", ["a < b and 5 <6", "He said [1]: “It rained.”", "It [sic] rained (a lot) [1]."])
def test_what_renders_as_text_stays_as_it_is(said: str) -> None:
    assert book().resolve(Draft.parsed(said)).text == said


def test_escape_codes_of_a_terminal_are_no_part_of_a_statement() -> None:
    assert book().resolve(Draft.parsed("It \x1b[31mrained\x1b[0m\x07 [1].")).text == "It [31mrained[0m [1]."
