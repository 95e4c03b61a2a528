"""Whatever an article says, the prompt parses back to exactly the passages (rows P1, P4, P10 of the fault table)."""

import unicodedata
from datetime import date

import pytest
from conftest import PlainWords, cases
from hostile_text import forging, steering
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_parser import Block, parsed
from stub_model import ScriptedModel, estimated, hit_of

from index.models import Span
from qa.llm.budget import Budget
from qa.models import Hit, Turn
from qa.models.markers import MARKER, markers_in
from qa.prompting.context import Context
from qa.prompting.evidence import number_evidence, prompt_safe
from qa.question.query import understand
from qa.retrieval.retriever import Retrieval
from qa.writing.writer import Assignment, ModelWriter

CASES = cases("PROMPT_CASES", 300, 1000)
"""A nightly run sets 20,000."""
QUESTION = "What became of the harbour?"
SPACES = ["\n", "\r\n", "\u2028", "\x85", "\x1c", "\x0b", "\t", " "]
MARKS = [
    " | ",
    "## ",
    "[1] ",
    "[2]",
    "【3】",
    "［４］",
    "⟦5⟧",
    "[\u200b6]",
    "===== ",
    "Question: ",
    "Earlier question: ",
]
TOKENS = ["$question", "${fence}", "0123456789abcdef", "<|im_start|>", "[INST]", "</s>", "[[9] ", "ما", "हि", "水。"]
HIDDEN = ["\u202e", "\u200b", "\u200d", "\ufeff", "\U000e0041", "\u00ad", "\ufe0f", "e\u0301", "\x00"]
TRICKS = [*SPACES, *MARKS, *TOKENS, *HIDDEN]
TEXTS = st.lists(st.sampled_from(TRICKS) | st.text(max_size=6), min_size=1, max_size=6).map("".join)
HITS = st.builds(
    lambda path, text, headline, outlet, author, day: hit_of(
        f"{path}.txt", text, headline=headline, outlet=outlet, author=author, published=day
    ),
    st.integers(0, 3),
    TEXTS.filter(str.strip),
    st.none() | TEXTS,
    st.none() | TEXTS,
    st.none() | TEXTS,
    st.none() | st.just(date(2024, 7, 3)),
)


def context_of(hits: list[Hit], question: str = QUESTION, history: tuple[Turn, ...] = ()) -> Context:
    task = Assignment(understand(question), Retrieval(), number_evidence(hits), history, PlainWords())
    return ModelWriter(ScriptedModel(""), Budget(1_000_000, estimated)).context(task)


def blocks_of(context: Context) -> list[Block]:
    """What the prompt has to parse back to."""
    blocks: list[Block] = []
    last = None
    for sentence in context.evidence:
        hit = sentence.hit
        if hit.passage.path != last:
            author = hit.author or "author unknown"
            told = (
                hit.outlet or "outlet unknown",
                str(hit.published or "undated"),
                author,
                hit.headline or "no headline",
            )
            blocks.append(Block(*(prompt_safe(part).replace("|", "/") for part in told), []))
        last = hit.passage.path
        blocks[-1].rows.append((sentence.number, prompt_safe(sentence.text)))
    return blocks


def sentences_of(hits: list[Hit]) -> set[tuple[str, Span]]:
    return {(hit.passage.id, span) for hit in hits for span in hit.passage.sentences}


@settings(derandomize=True, deadline=None, max_examples=CASES)
@given(st.lists(HITS, min_size=1, max_size=3), TEXTS, TEXTS)
def test_a_prompt_parses_back_to_exactly_its_passages(hits: list[Hit], question: str, said: str) -> None:
    asked = f"Why {question}"
    history = (Turn(question=said, answer=said),)
    context = context_of(hits, asked, history)
    found = parsed(context.messages[1]["content"])
    assert found.blocks == blocks_of(context)
    assert {(one.passage.id, one.span) for one in context.evidence} == sentences_of(hits)
    assert [one.number for one in context.evidence] == list(range(1, len(context.evidence) + 1))
    assert found.question == prompt_safe(understand(asked).question)
    assert len(found.history) == 3 and found.history[2] == ""


@settings(derandomize=True, deadline=None, max_examples=CASES // 4)
@given(TEXTS)
def test_the_copy_in_the_prompt_hides_nothing_and_loses_no_letter(text: str) -> None:
    copy = prompt_safe(text)
    assert MARKER.search(copy) is None and len(copy.splitlines()) <= 1
    assert {unicodedata.category(char) for char in copy} & {"Cc", "Cs", "Co"} == set()
    assert not set(copy) & set(
        "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2069\ufeff\u00ad\U000e0041"
    )
    hidden = prompt_safe("".join(char for char in text if not char.isalnum() and not char.isspace()))
    assert not any(map(str.isalnum, hidden))
    kept = [char for char in text if char.isalnum() and unicodedata.category(char)[0] != "C" and prompt_safe(char)]
    assert [char for char in copy if char.isalnum()] == kept


@pytest.mark.parametrize(("family", "text"), [*steering()[::5], *forging()[::5]], ids=lambda value: value[:12])
def test_an_article_that_steers_or_forges_stays_in_its_rows(family: str, text: str) -> None:
    hits = [
        hit_of("a.txt", f"It rained. {text} It snowed.", headline=text[:150], outlet="Northport Post"),
        hit_of("b.txt", text, whole=True, outlet=text[-150:]),
    ]
    context = context_of(hits)
    content = context.messages[1]["content"]
    found = parsed(content)
    assert found.blocks == blocks_of(context), family
    assert len(context.evidence) == len(sentences_of(hits))
    assert found.question == QUESTION
    numbers = [number for block in found.blocks for number, _ in block.rows]
    assert markers_in(content) == numbers == list(range(1, len(numbers) + 1))
    assert "<|" not in content and "[INST]" not in content


def test_all_families_stay_in_their_rows() -> None:
    texts = [text for _, text in (*steering(), *forging())]
    assert len(texts) == 425
    for at in range(0, len(texts), 25):
        hits = [hit_of(f"{at}-{n}.txt", text, headline=text[:99]) for n, text in enumerate(texts[at : at + 25])]
        context = context_of(hits)
        assert parsed(context.messages[1]["content"]).blocks == blocks_of(context)
        assert len(context.evidence) == len(sentences_of(hits))


@pytest.mark.parametrize("trick", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u202e", "\U000e0061", "\ufe0f", "\u034f"])
def test_a_name_with_hidden_characters_is_the_name(trick: str) -> None:
    names = [
        f"{first} {last}" for first in ("Amna", "José", "Юлия", "李") for last in ("Blome", "Çelik", "Иванова", "华")
    ]
    for name in names:
        assert prompt_safe(trick.join(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "He said “[the army] won” [sic].",
        "می‌خواهم بروم",
        "क्‍ष और क्‌ष",
        "Profit rose 5 % to $4.1bn (up from $3.9bn).",
        "李华说：“水位上涨了。”",
        "Straße, naïve, Ελλάδα, Москва",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert prompt_safe(text) == text


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("As [1], 【2】, ［3］, ⟦4⟧, 〔5〕 and [³] say", "As (1), (2), (3), (4), (5) and (³) say"),
        ("[INST] <<SYS>> <|im_start|>system </s>", "(INST) < < SYS>> < |im_start|>system < /s>"),
        ("less than 5 < 6", "less than 5 < 6"),
        ("a\u200cb\u200d c", "ab c"),
    ],
)
def test_markers_and_tags_are_made_harmless(text: str, copy: str) -> None:
    assert prompt_safe(text) == copy
