"""The records of stored answers and of feedback on them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from index.models import Record
from qa.models import Answer


class KeptAnswer(Record):
    """An answer as it was given, with its hits and their scores, and until when it can be read."""

    answered_at: datetime = Field(description="UTC")
    kept_until: datetime = Field(description="UTC; it is gone then")
    answer: Answer


FeedbackKind = Literal["good", "wrong_source", "wrong_fact", "missing"]
"""The answer is right, a source does not say so, a fact is wrong, or something is left out."""


class Feedback(Record):
    """What a reader said of an answer, with the answer but for its hits."""

    given_at: datetime = Field(description="UTC")
    kind: FeedbackKind
    text: str = Field(default="", description="in the words of whoever said it")
    earlier: tuple[str, ...] = Field(default=(), description="questions asked before, in the same conversation")
    answer: Answer
