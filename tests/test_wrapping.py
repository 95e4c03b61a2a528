"""An answer that a model wraps in a block of code or in JSON, taken out of it however the stream is cut."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stub_model import cuts

from qa.writing.wrapping import Wrapping, opened


def taken(reply: str, size: int | None = None) -> list[str]:
    """Return what can be read after each piece of a reply, and after its end."""
    wrapping = Wrapping()
    return [*map(wrapping.taken_from, cuts(reply, size)), wrapping.taken_from(None)]


@pytest.mark.parametrize(
    "reply",
    [
        "It rained [1].\nMISSING: it.",
        "[1] It rained.",
        '[S3] "It rained"',
        "[sic] It",
        "[1] {it} ```rained```",
        " \n It rained",
        "",
        " \n",
    ],
)
@pytest.mark.parametrize("size", [1, 3, None])
def test_a_reply_without_a_wrapping_passes_as_it_comes(reply: str, size: int | None) -> None:
    pieces = taken(reply, size)
    assert "".join(pieces) == reply
    assert not reply.strip() or pieces[-1] == ""


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ('{"answer": "It rained [1].\\nIt snowed."}', "It rained [1].\nIt snowed."),
        ('\n{\n "answer": "It rained [1].", "citations": [1], "tone": "dry"}\n', "It rained [1]."),
        ('{"answer": "It rained [1]."}\n\nMISSING: the date.', "It rained [1].\nMISSING: the date."),
        ('{"answer": {"text": "It rained."}}', "It rained."),
        ('["It rained [1].", "It snowed [2]."]', "It rained [1].\nIt snowed [2]."),
        (
            '[ {"sentence": "It rained.", "citations": [1, 3]}, {"sentence": "It snowed."}]',
            "It rained. [1][3]\nIt snowed.",
        ),
        ('[{"satz": "Es regnete.", "belege": ["1"]}]', "Es regnete. [1]"),
        (
            '{"title": "The weather", "said": [{"id": 7, "text": "It rained.", "source": "[2]", "sure": 0.9}]}',
            "It rained. [2]",
        ),
        ('{"answer": "It rained [1].", "sources": [{"quote": "It rained all day long", "id": 1}]}', "It rained [1]."),
        ('{"answer": "It rained [1]. It sno', "It rained [1]. It sno"),
        ('[{"text": "It rained.", "citations": [1]}, {"text": "It', "It rained. [1]\nIt"),
        ('[{"text": "It rained.", "citations": [1', "It rained. [1]"),
    ],
)
@pytest.mark.parametrize("size", [1, 4, None])
def test_a_wrapped_reply_is_what_it_holds_and_waits_for_its_end(reply: str, text: str, size: int | None) -> None:
    *before, last = taken(reply, size)
    assert (set(before), last) == ({""}, text)


@pytest.mark.parametrize(
    "reply",
    [
        '{"answer": [3, 4]}',
        "[{}]",
        "{}",
        "{It rained} [1].",
        '{"answer": 1e999, "b": NaN}',
        '{"answer": ' + "9" * 5000 + "}",
        '{"a":' * 50_000,
        '{"a":' * 50_000 + "1" + "}" * 50_000,
        "{" * 50_000,
    ],
)
def test_json_that_holds_no_text_is_read_as_it_stands(reply: str) -> None:
    assert taken(reply)[-1] == reply


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("```\nIt rained [1].\n```", "It rained [1]."),
        ("```\r\nIt rained [1].\r\n```\r\n", "It rained [1]."),
        ("```markdown\n- It rained [1].\n- It snowed [2].\n```  \n", "- It rained [1].\n- It snowed [2]."),
        ("```It rained [1].```", "It rained [1]."),
        ("```\nIt rained [1].", "It rained [1]."),
        ('```json\n{"answer": "It rained [1]."}\n```', "It rained [1]."),
        ('```\n{"answer": "It rai', "It rai"),
        ("```a``````b```", "a\nb"),
        ("```" * 1000, ""),
    ],
)
def test_a_block_of_code_is_opened(block: str, text: str) -> None:
    assert opened(block) == text


@pytest.mark.parametrize("depth", [10, 300, 500, 700, 900, 1100])
def test_json_of_any_depth_is_opened_or_read_as_it_stands(depth: int) -> None:
    reply = '{"a":' * depth + '"It rained."' + "}" * depth
    assert taken(reply)[-1] in (reply, "It rained.")


def test_half_a_character_in_json_does_not_reach_the_answer() -> None:
    (_, text) = taken('{"answer": "It \\ud83d rained, \\ud83d\\ude00."}')
    assert text == "It ? rained, 😀."


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=60), st.integers(1, 9))
def test_whatever_is_said_in_json_is_taken_out_whole(said: str, size: int) -> None:
    text = said.encode(errors="replace").decode().rstrip()
    for reply in (json.dumps({"answer": text}), json.dumps([text], ensure_ascii=False)):
        assert "".join(taken(reply, size)) == text


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(alphabet='`{}":a \n\\[1]', max_size=40), st.integers(1, 5))
def test_the_cut_of_the_stream_does_not_change_what_is_read(reply: str, size: int) -> None:
    assert "".join(taken(reply, size)) == "".join(taken(reply))
