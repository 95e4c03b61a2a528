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
    "<think><think>twice</think>It rained [1].": "It rained [1].",
}


@pytest.mark.parametrize("size", [1, 2, 5, None])
@pytest.mark.parametrize("reply", REPLIES)
def test_thoughts_are_taken_out(reply: str, size: int | None) -> None:
    thoughts = Thoughts()
    assert "".join([*map(thoughts.taken_from, cuts(reply, size)), thoughts.rest()]) == REPLIES[reply]
