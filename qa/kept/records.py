"""The records of what is kept."""

from datetime import datetime

from pydantic import Field

from index.models import Record
from qa.models import Answer


class KeptAnswer(Record):
    """An answer as it was given, with its hits and their scores, and for how long it can be read."""

    answered_at: datetime = Field(description="UTC")
    kept_until: datetime = Field(description="UTC; it is gone then")
    answer: Answer
