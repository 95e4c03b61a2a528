"""What came of asking a case."""

from typing import Self

from pydantic import Field, model_validator

from evals.known.cases import Case
from index.models import Record
from qa.models import Answer, Usage


class Outcome(Record):
    """What came of asking a case: an answer, or the error that stood in its way."""

    case: Case
    answer: Answer | None = None
    error: str | None = None
    repeat: int = Field(default=0, ge=0, description="how often the case was asked before, in this run")
    judged: bool | None = Field(default=None, description="whether a judge found the answer right; None: not asked")
    usage: Usage = Field(default=Usage(), description="of all turns of the conversation, and of the judge")

    @model_validator(mode="after")
    def _an_answer_or_an_error(self) -> Self:
        if (self.answer is None) == (self.error is None):
            raise ValueError(f"case {self.case.id!r} has either an answer or an error")
        return self
