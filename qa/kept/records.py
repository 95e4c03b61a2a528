"""The records of what is kept."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from index.models import Record
from qa.models import Answer


class KeptAnswer(Record):
    """An answer as it was given, with its hits and their scores, and for how long it can be read."""

    answered_at: datetime = Field(description="UTC")
    kept_until: datetime = Field(description="UTC; it is gone then")
    answer: Answer


Verdict = Literal["good", "wrong_source", "wrong_fact", "missing"]
"""What somebody says of an answer: it is right, a source does not say so, a fact is wrong, something is left out."""


class Feedback(Record):
    """What somebody said of an answer, with all of it that is needed to judge that; it has no hits."""

    given_at: datetime = Field(description="UTC")
    kind: Verdict
    text: str = Field(default="", description="in the words of whoever said it")
    earlier: tuple[str, ...] = Field(default=(), description="questions asked before, in the same conversation")
    answer: Answer
