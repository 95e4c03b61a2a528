"""The answer to one question while it is being made: what was checked, what waits, and what has been told."""

import time
import uuid
from dataclasses import dataclass, field

from qa.checking.checked import Checked
from qa.checking.citations import CitationBook
from qa.models import Answer, Citation, Statement, StatementEvent, Status, Usage
from qa.prompting.context import Context
from qa.question.query import Query
from qa.retrieval.retriever import Retrieval

ABSTENTION = "The articles do not say."
NEAREST = "The articles may not say. These sentences come nearest:"
"""What stands before quotes that may be no answer."""


@dataclass
class AnswerDraft:
    """What is known of an answer so far.

    Markers are numbered only when a statement is told, in the order of the text: so they never change, and the answer
    keeps its invariants whatever becomes of the statements that `wait` to be mended or judged.
    """

    query: Query
    retrieval: Retrieval
    snapshot: str
    book: CitationBook
    began: float
    context: Context | None = None
    nearest: bool = False
    text: str = ""
    statements: list[Statement] = field(default_factory=list)
    waiting: list[Checked] = field(default_factory=list)
    uncited: list[StatementEvent] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    timings: dict[str, float] = field(default_factory=dict)

    def clock(self, step: str) -> None:
        """Note when a step was reached for the first time."""
        self.timings.setdefault(step, round(time.monotonic() - self.began, 4))

    def show(self, context: Context) -> None:
        """Take over the evidence that the writer is shown in place of all that was found."""
        self.context, self.book = context, CitationBook(context.evidence)
        self.notes += context.notes

    def tell(self, checked: Checked) -> list[StatementEvent]:
        """Number the markers of a statement and return what can be told: nothing while nothing is cited."""
        resolved = self.book.resolve(checked.draft)
        separator = checked.draft.separator if self.text else f"{NEAREST}\n\n" if self.nearest else ""
        start = len(self.text) + len(separator)
        statement = Statement(
            text=resolved.text,
            start=start,
            end=start + len(resolved.text),
            markers=resolved.markers,
            support=checked.verdict.support,
            problems=checked.verdict.problems,
        )
        self.text += separator + resolved.text
        self.statements.append(statement)
        self.uncited.append(StatementEvent(statement=statement, separator=separator, citations=resolved.new))
        if not self.book.citations:
            return []
        self.clock("first_statement")
        ready, self.uncited = self.uncited, []
        return ready

    def release(self) -> list[StatementEvent]:
        """Tell all that waits."""
        ready, self.waiting = self.waiting, []
        return [event for checked in ready for event in self.tell(checked)]

    def finished(self, model: str, prompt_version: str | None) -> Answer:
        """Return the answer; without one citation it is an abstention."""
        citations = tuple(self.book.citations)
        ended = [one if one[-1:] in ".?!" else f"{one}." for one in self.missing[:-1]]
        missing = " ".join([*ended, *self.missing[-1:]]) or None
        self.clock("total")
        status = Status.NEAREST if self.nearest else Status.PARTIAL if missing else Status.ANSWERED
        if not citations:
            status = Status.NOT_IN_ARTICLES
            missing = missing or f"Nothing in the articles answers: {self.query.question}"
        return Answer(
            id=uuid.uuid4().hex,
            question=self.query.question,
            status=status,
            text=self.text if citations else ABSTENTION,
            statements=tuple(self.statements) if citations else (),
            citations=citations,
            missing=missing,
            notes=(*self.retrieval.understanding.notes, *self.notes),
            hits=self.retrieval.hits,
            stories=len(self._stories(citations)),
            model=model,
            prompt_version=prompt_version,
            snapshot=self.snapshot,
            usage=self.usage,
            timings=self.timings,
        )

    def _stories(self, citations: tuple[Citation, ...]) -> set[str]:
        return {hit.story for hit in self.retrieval.hits for one in citations if one.path == hit.passage.path}
