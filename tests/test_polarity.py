"""A sentence says yes, no, or neither."""

import pytest

from qa.polarity import polarity


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Did the ferry Aurora burn?", "The ferry Aurora burned in May.", "yes"),
        ("Did the ferry Aurora burn?", "The ferry Aurora did not burn.", "no"),
        ("Did the ferry Aurora burn?", "The ferry Aurora never burned, he said.", "no"),
        ("Did the ferry Aurora burn?", "The ferry Aurora may burn.", None),
        ("Did the ferry Aurora burn?", "They asked if the ferry Aurora burned.", None),
        ("Did the ferry Aurora burn?", "The ferry Aurora was painted.", None),
        ("Did the ferry Aurora burn?", "He did not deny that the ferry Aurora burned.", None),
        ("Did the ferry Aurora burn?", "The ferry Aurora, which was not old, burned.", None),
        ("Did he refuse the salt?", "He refused the salt.", "yes"),
        ("Does salt prevent decay?", "Salt does not prevent decay.", None),
        ("Will the ferry Aurora burn?", "The ferry Aurora will not burn.", "no"),
        ("Will the ferry Aurora burn?", "The ferry Aurora should burn.", None),
        ("Was the harbour shut?", "The harbour was not dredged.", None),
    ],
)
def test_a_sentence_affirms_denies_or_leaves_open(question: str, text: str, answer: str | None) -> None:
    assert polarity(question, text) == answer
