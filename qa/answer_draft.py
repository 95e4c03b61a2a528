"""The answer to one question while it is being made: what was checked, what waits, and what has been told."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from index.models import ListedArticle
from index.text.file_names import printable
from qa.checking.checked import Checked
from qa.checking.citations import CitationBook, Draft
from qa.checking.grounding import Verdict
from qa.language.dates import said_day
from qa.markers import written
from qa.models import (
    Answer,
    Citation,
    Difference,
    Problem,
    ProblemCode,
    Side,
    Statement,
    StatementEvent,
    Status,
    Support,
    Usage,
    VerdictEvent,
)
from qa.prompting.context import Context
from qa.prompting.evidence import EvidenceSentence, inert
from qa.question.query import Query
from qa.retrieval.retriever import Retrieval

ABSTENTION = "The articles do not say."
NEAREST = "The articles may not say. These sentences come nearest:"
"""What stands before quotes that may be no answer."""
DECLINED = "The model's words have nothing to do with the articles that were found."
"""What is said of an answer that cites none of them."""
DOUBTS = {Support.PARTLY: "Only partly borne out", Support.UNSUPPORTED: "Not borne out"}
"""What is said of a statement that its sources do not bear out whole, by the verdict on it."""
_ELSEWHERE = "It is borne out by {}, which it did not cite."


def unchecked_note(number: int) -> str:
    """Return what a reader should know of so many statements that are unchecked."""
    subject = "One sentence was" if number == 1 else f"{number} sentences were"
    return f"{subject} checked for figures, dates and names alone."


def difference_note(difference: Difference) -> str:
    """Return what a reader should know of articles that differ: each value with its marker and its day, in order."""
    told: list[str] = []
    later: tuple[date, str] | None = None
    for side in difference.sides:
        when = (side.published or date.min, side.time)
        known = ", ".join(filter(None, (said_day(side.published), side.time)))
        before = "earlier " if later and known and when < later else ""
        told.append(f"{before}{inert(side.value)} [{side.marker}]{f' ({known})' if known else ''}")
        later = when
    return f"The articles differ: {', '.join(told)}."


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
    pending: dict[int, Checked] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    articles: tuple[ListedArticle, ...] = ()
    differing: list[tuple[str, Sequence[tuple[int, str, str]]]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    timings: dict[str, float] = field(default_factory=dict)

    def clock(self, step: str) -> None:
        """Note when a step was reached for the first time."""
        self.timings.setdefault(step, round(time.monotonic() - self.began, 4))

    @property
    def shown(self) -> Sequence[EvidenceSentence]:
        """All that the writer saw."""
        return self.context.evidence if self.context else self.book.evidence

    def lacks(self, missing: str, unread: str | None) -> None:
        """Note what the articles do not say, and what of them the writer could not read."""
        self.missing.append(missing)
        self.unread += [unread] if unread and unread not in self.unread else []

    def show(self, context: Context) -> None:
        """Take over the evidence that the writer is shown in place of all that was found."""
        self.context, self.book = context, CitationBook(context.evidence)
        self.notes += context.notes

    def tell(self, checked: Checked, looked_at: bool = False) -> list[StatementEvent]:
        """Number the markers of a statement and return what can be told: nothing while nothing is cited.

        What will be `looked_at` again is told as pending.
        """
        if looked_at and checked.wants_a_look:
            self.pending[len(self.statements)] = checked
            checked = checked.pending()
        resolved = self.book.resolve(checked.draft)
        separator = checked.draft.separator if self.text else f"{NEAREST}\n\n" if self.nearest else ""
        if not separator and self.text.endswith("]") and resolved.text.startswith("("):
            separator = " "  # together they would be a link
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

    def release(self, looked_at: bool = False) -> list[StatementEvent]:
        """Tell all that waits."""
        ready, self.waiting = self.waiting, []
        return [event for checked in ready for event in self.tell(checked, looked_at)]

    def release_uncited(self) -> list[StatementEvent]:
        """Tell what cites nothing, at the end: it is the whole reply, unless that says what is missing."""
        if self.missing:
            return []
        ready, self.uncited = self.uncited, []
        return ready

    def settled(self, verdicts: Mapping[int, Verdict] = {}, elsewhere: Mapping[int, Draft] = {}) -> list[VerdictEvent]:
        """Give what is pending its last verdict: of `verdicts`, by the place among the pending, else the local one.

        A draft in `elsewhere` cites what bears the statement out beside what it cited; no words change for it.
        """
        events = []
        for at, (index, checked) in enumerate(self.pending.items()):
            verdict = verdicts.get(at, checked.verdict)
            event = VerdictEvent(index=index, support=verdict.support, problems=verdict.problems)
            if other := elsewhere.get(at):
                event = self._cited_elsewhere(event, other)
            self.statements[index] = event.on(self.statements[index])
            events.append(event)
        self.pending.clear()
        return events

    def _cited_elsewhere(self, verdict: VerdictEvent, draft: Draft) -> VerdictEvent:
        """Return the verdict with what bears the statement out besides what it cites."""
        resolved, cited = self.book.resolve(draft), self.statements[verdict.index].markers
        where = _ELSEWHERE.format(written(marker for marker in resolved.markers if marker not in cited))
        problem = Problem(code=ProblemCode.CITED_ELSEWHERE, text=where)
        changed = {"problems": (problem,), "markers": resolved.markers, "citations": resolved.new}
        return verdict.model_copy(update=changed)

    def broken_off(self) -> list[StatementEvent | VerdictEvent]:
        """Tell all that waits, and give what is pending its local verdict: no more will come."""
        return [*self.release(), *self.settled()]

    def finished(self, model: str, prompt_version: str | None) -> Answer:
        """Return the answer; an abstention when nothing was said, or nothing is cited and something is missing."""
        citations = tuple(self.book.citations)
        ended = [one if one[-1:] in ".?!" else f"{one}." for one in self.missing[:-1]]
        missing = inert(" ".join([*ended, *self.missing[-1:]])) or None
        self.clock("total")
        unread = " ".join(self.unread)
        abstains = not self.statements or (not citations and missing)
        if abstains:
            missing = missing or f"Nothing in the articles answers: {self.query.question}"
        differs = tuple(self._differences(citations))
        return Answer(
            id=uuid.uuid4().hex,
            question=self.query.question,
            status=Status.NOT_IN_ARTICLES if abstains else self._status(),
            text=(unread or ABSTENTION) if abstains else self.text,
            statements=() if abstains else tuple(self.statements),
            citations=citations,
            missing=missing,
            notes=(
                *self.retrieval.understanding.notes,
                *([unread] if unread and not abstains else []),
                *map(difference_note, differs),
                *self.notes,
                *self._cut_off(citations),
            ),
            hits=self.retrieval.hits,
            articles=self.articles,
            differs=differs,
            stories=len(self._stories(citations)),
            model=model,
            prompt_version=prompt_version,
            snapshot=self.snapshot,
            usage=self.usage,
            timings=self.timings,
        )

    def _status(self) -> Status:
        """Return what the statements amount to; the model's own word for an abstention is not among them."""
        if self.nearest:
            return Status.NEAREST
        if not self.book.citations:
            return Status.DECLINED
        unjudged = [one for one in self.statements if one.support is Support.UNCHECKED and one.markers]
        stands = unjudged or any(one.support is Support.SUPPORTED for one in self.statements)
        return Status.ANSWERED if stands and not self.missing else Status.PARTIAL

    def _differences(self, citations: Sequence[Citation]) -> Iterator[Difference]:
        """Give the sides of what differs the markers of their sentences; one that is not cited is left out."""
        evidence = {sentence.number: sentence for sentence in self.book.evidence}
        for asked, values in self.differing:
            cited = [next((one for one in citations if evidence[number].is_in(one)), None) for number, _, _ in values]
            sides = [
                Side(marker=citation.marker, value=value, published=citation.published, time=clock)
                for citation, (_, value, clock) in zip(cited, values, strict=True)
                if citation
            ]
            if len(sides) > 1:
                yield Difference(asked=asked, sides=tuple(sides))

    def _cut_off(self, citations: Sequence[Citation]) -> list[str]:
        """Say which cited articles are not whole in their files."""
        cited = {citation.path for citation in citations}
        paths = dict.fromkeys(
            hit.passage.path for hit in self.retrieval.hits if hit.cut_off and hit.passage.path in cited
        )
        return [f"The record {printable(path)} holds only the beginning or a summary of its article." for path in paths]

    def _stories(self, citations: tuple[Citation, ...]) -> set[str]:
        return {hit.story for hit in self.retrieval.hits for one in citations if one.path == hit.passage.path}
