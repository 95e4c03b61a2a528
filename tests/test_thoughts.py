"""What a model thinks aloud is taken out of its reply, however that is cut into pieces."""

import pytest
from stub_model import cuts

from qa.llm.thoughts import Thoughts

REPLIES = {
    "<think>\nIs it [1]? No, [2].\n</think>\nIt rained [2].": "\nIt rained [2].",
    "It <thinking>well</thinking>rained <THINK>so</THINK>[1].": "It rained [1].",
    "It rained [1]. <think>Should I say more": "It rained [1]. ",
    "1 < 2, and <b>bold</b> <thin": "1 < 2, and <b>bold</b> <thin",
    "</think>It rained [1].": "It rained [1].",
    "<think type='deep'>so</think>It rained [1].": "It rained [1].",
    "<seed:think>so</seed:think>It rained [1].": "It rained [1].",
    "<reasoning>so</reasoning>It rained [1].": "It rained [1].",
    "It <thinks> so <THIN": "It <thinks> so <THIN",
    "<think><think>twice</think>It rained [1].": "It rained [1].",
}


@pytest.mark.parametrize("size", [1, 2, 5, None])
@pytest.mark.parametrize("reply", REPLIES)
def test_thoughts_are_taken_out(reply: str, size: int | None) -> None:
    thoughts = Thoughts()
    assert "".join([*map(thoughts.taken_from, cuts(reply, size)), thoughts.rest()]) == REPLIES[reply]


@pytest.mark.parametrize("size", [1, 2, 5, None])
@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Is it [1]? No.\n</think>\nIt rained [2].", "\nIt rained [2]."),
        ("<think>Is it [1]?</think>It rained [2].", "It rained [2]."),
        ("So. <think>Is it [1]?</think>It rained [2].", "So. It rained [2]."),
        ("It rained [2]. 1 <", "It rained [2]. 1 <"),
    ],
)
def test_a_thought_whose_beginning_ends_the_prompt_is_taken_out(reply: str, answer: str, size: int | None) -> None:
    thoughts = Thoughts(begins_inside=True)
    assert "".join([*map(thoughts.taken_from, cuts(reply, size)), thoughts.rest()]) == answer
    assert thoughts.began_inside == (not reply.partition("</")[0].count("<") and "</" in reply)


def test_what_is_cut_off_before_the_end_of_a_thought_is_not_told() -> None:
    thoughts = Thoughts(begins_inside=True)
    assert thoughts.taken_from("Let me think about [1].") == thoughts.rest(is_whole=False) == ""
