"""The answer to one question while it grows: checked statements, statements that wait, and what was already sent."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from index.models import ListedArticle
from index.text.file_names import printable
from qa.checking.checked import CheckedStatement
from qa.checking.citations import CitationBook, Draft
from qa.checking.grounding import CheckResult, names_what_is_shown
from qa.language.dates import day_text
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
from qa.models.markers import markers_text, unmarked
from qa.prompting.context import Context
from qa.prompting.evidence import EvidenceSentence, inert
from qa.question.query import Query
from qa.retrieval.retriever import Retrieval

ABSTENTION = "The articles do not say."
NEAREST = "The articles may not say. These sentences come nearest:"
"""The heading of quotes that may be no answer."""
DECLINED = "The model gave no answer from the articles: what it wrote cites none of them."
"""What a reader is told of an answer that cites nothing; that each sentence of it cites nothing goes without saying."""
DOUBTS = {Support.PARTLY: "Only partly borne out", Support.UNSUPPORTED: "Not borne out"}
"""What a reader is told of a statement that its sources do not bear out whole, by the verdict on it."""
_ELSEWHERE = "It is borne out by {}, which it did not cite."


@dataclass(frozen=True)
class Missing:
    """What the articles do not say, in the writer's words, and a note on languages that the writer could not read.

    `is_all`: the writer says that they answer nothing of the question.
    """

    text: str
    language_note: str | None = None
    is_all: bool = False


@dataclass(frozen=True)
class Note:
    """What the reader should know of how the answer was written."""

    text: str


@dataclass(frozen=True)
class Nearest:
    """Precedes the sentences that come nearest: they may not be an answer."""


@dataclass(frozen=True)
class Differs:
    """Different values that articles give for what is asked, the newest first.

    Each has the number of its evidence sentence, the value as it is written, and the time of its entry, if any.
    """

    question: str
    values: tuple[tuple[int, str, str], ...]


WriterRemark = Missing | Note | Nearest | Differs
"""What a writer says beside its statements."""


def unchecked_note(number: int) -> str:
    """Return what a reader should know of so many statements that are unchecked."""
    subject = "One sentence was" if number == 1 else f"{number} sentences were"
    return f"{subject} checked for figures, dates and names alone."


def notes_below(answer: Answer) -> list[str]:
    """Return the lines below an answer: what the articles do not say or bear out, and what is unchecked."""
    if answer.status is Status.DECLINED:
        return [DECLINED]
    lines = []
    if answer.missing:
        lines.append(answer.missing if answer.status is Status.NOT_IN_ARTICLES else f"Missing: {answer.missing}")
    for statement in answer.statements:
        elsewhere = [problem.text for problem in statement.problems if problem.code is ProblemCode.CITED_ELSEWHERE]
        if doubt := DOUBTS.get(statement.support):
            why = " ".join(problem.text for problem in statement.problems)
            lines.append(f"{doubt}: “{unmarked(statement.text)}” {why}")
        elif elsewhere:
            lines.append(f"“{unmarked(statement.text)}” {elsewhere[0]}")
    if unchecked := sum(statement.support is Support.UNCHECKED for statement in answer.statements):
        lines.append(unchecked_note(unchecked))
    return lines


def difference_note(difference: Difference) -> str:
    """Return what a reader should know of articles that differ: each value with its marker and its day, in order."""
    values: list[str] = []
    later: tuple[date, str] | None = None
    for side in difference.sides:
        when = (side.published or date.min, side.time)
        day = ", ".join(filter(None, (day_text(side.published), side.time)))
        before = "earlier " if later and day and when < later else ""
        values.append(f"{before}{inert(side.value)} [{side.marker}]{f' ({day})' if day else ''}")
        later = when
    return f"The articles differ: {', '.join(values)}."


@dataclass
class AnswerDraft:
    """The parts of an answer so far.

    The markers of a statement are numbered only when it is added, in the order of the text: so they never change, and
    the answer keeps its invariants whatever becomes of the statements that are `waiting` to be repaired or judged. All
    are kept in `written` as the model wrote them.
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
    written: list[CheckedStatement] = field(default_factory=list)
    waiting: list[CheckedStatement] = field(default_factory=list)
    uncited: list[StatementEvent] = field(default_factory=list)
    pending: dict[int, CheckedStatement] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    all_is_missing: bool = False
    language_notes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    articles: tuple[ListedArticle, ...] = ()
    differing: list[Differs] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    timings: dict[str, float] = field(default_factory=dict)

    def clock(self, step: str) -> None:
        """Note when a step was reached for the first time."""
        self.timings.setdefault(step, round(time.monotonic() - self.began, 4))

    @property
    def evidence(self) -> Sequence[EvidenceSentence]:
        """All evidence sentences that the writer saw."""
        return self.context.evidence if self.context else self.book.evidence

    def take(self, remark: WriterRemark) -> None:
        """Note what a writer says beside its statements."""
        match remark:
            case Missing(text, language_note, is_all):
                self.missing.append(text)
                self.all_is_missing = self.all_is_missing or is_all
                if language_note and language_note not in self.language_notes:
                    self.language_notes.append(language_note)
            case Note(text):
                self.notes += [text] if text not in self.notes else []
            case Nearest():
                self.nearest = True
            case Differs():
                self.differing.append(remark)

    def use(self, context: Context) -> None:
        """Take over the evidence that the writer is shown in place of all evidence."""
        self.context, self.book = context, CitationBook(context.evidence)
        self.notes += context.notes

    def add(self, checked: CheckedStatement, to_be_judged: bool = False) -> list[StatementEvent]:
        """Number the markers of a statement and return the events to send: none while nothing is cited.

        One that is `to_be_judged` is sent as pending.
        """
        if to_be_judged and checked.can_be_judged:
            # The place that the statement is about to get.
            self.pending[len(self.statements)] = checked
            checked = checked.pending()
        cited = self.book.resolve(checked.draft)
        separator = checked.draft.separator if self.text else f"{NEAREST}\n\n" if self.nearest else ""
        if not separator and self.text.endswith("]") and cited.text.startswith("("):
            separator = " "  # together they would be a link
        start = len(self.text) + len(separator)
        statement = Statement(
            text=cited.text,
            start=start,
            end=start + len(cited.text),
            markers=cited.markers,
            support=checked.result.support,
            problems=checked.result.problems,
        )
        self.text += separator + cited.text
        self.statements.append(statement)
        self.uncited.append(StatementEvent(statement=statement, separator=separator, citations=cited.new_citations))
        # None is sent before one with a citation: the answer may turn out to be an abstention.
        if not self.book.citations:
            return []
        self.clock("first_statement")
        ready, self.uncited = self.uncited, []
        return ready

    def add_waiting(self, to_be_judged: bool = False) -> list[StatementEvent]:
        """Add all statements that wait, and return the events to send."""
        ready, self.waiting = self.waiting, []
        return [event for checked in ready for event in self.add(checked, to_be_judged)]

    def release_uncited(self) -> list[StatementEvent]:
        """Return at the end the events of statements that cite nothing; none of an abstention."""
        if self._abstains:
            return []
        ready, self.uncited = self.uncited, []
        return ready

    def settle(
        self, results: Mapping[int, CheckResult] = {}, elsewhere: Mapping[int, Draft] = {}
    ) -> list[VerdictEvent]:
        """Give each pending statement its last verdict: that of `results`, by its index among them, or the local one.

        A draft in `elsewhere` cites sentences that bear the statement out beside those it cited; no words change.
        """
        events = []
        # The judge counts the pending statements, the answer all of them.
        for index, (number, checked) in enumerate(self.pending.items()):
            result = results.get(index, checked.result)
            event = VerdictEvent(index=number, support=result.support, problems=result.problems)
            if draft := elsewhere.get(index):
                event = self._cited_elsewhere(event, draft)
            self.statements[number] = event.on(self.statements[number])
            events.append(event)
        self.pending.clear()
        return events

    def _cited_elsewhere(self, verdict: VerdictEvent, draft: Draft) -> VerdictEvent:
        """Return the verdict with the sentences that bear the statement out beside those it cites."""
        cited, markers = self.book.resolve(draft), self.statements[verdict.index].markers
        where = _ELSEWHERE.format(markers_text(marker for marker in cited.markers if marker not in markers))
        problem = Problem(code=ProblemCode.CITED_ELSEWHERE, text=where)
        changes = {"problems": (problem,), "markers": cited.markers, "citations": cited.new_citations}
        return verdict.model_copy(update=changes)

    def break_off(self) -> list[StatementEvent | VerdictEvent]:
        """Add all statements that wait, and give pending ones their local verdict: no more will come."""
        return [*self.add_waiting(), *self.settle()]

    def finished(self, model: str, prompt_version: str | None) -> Answer:
        """Return the answer; an abstention if it says nothing, or says that all is missing and cites nothing."""
        citations = tuple(self.book.citations)
        missing = self._missing()
        self.clock("total")
        language_note = " ".join(self.language_notes)
        abstains = self._abstains
        if abstains:
            missing = missing or f"Nothing in the articles answers: {self.query.question}"
        differs = tuple(self._differences(citations))
        return Answer(
            id=uuid.uuid4().hex,
            question=self.query.question,
            status=Status.NOT_IN_ARTICLES if abstains else self._status(),
            text=(language_note or ABSTENTION) if abstains else self.text,
            statements=() if abstains else tuple(self.statements),
            citations=citations,
            missing=missing,
            notes=(
                *self.retrieval.understanding.notes,
                *([language_note] if language_note and not abstains else []),
                *map(difference_note, differs),
                *self.notes,
                *self._cut_off(citations),
            ),
            scope=self.query.scope,
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

    @property
    def _abstains(self) -> bool:
        # Words that cite nothing beside "all is missing" are on what the articles lack.
        return not self.statements or (self.all_is_missing and not self.book.citations)

    def _missing(self) -> str | None:
        """Return what is missing as one text, in which each part but the last ends like a sentence."""
        ended = [part if part[-1:] in ".?!" else f"{part}." for part in self.missing[:-1]]
        return inert(" ".join([*ended, *self.missing[-1:]])) or None

    def _status(self) -> Status:
        if self.nearest:
            return Status.NEAREST
        if (
            not self.book.citations
            and not self.missing
            and not names_what_is_shown(self.text, self.evidence, besides=self.query.question)
        ):
            return Status.DECLINED
        # Without a second look, a statement that nothing speaks against counts as standing.
        unjudged = any(statement.support is Support.UNCHECKED and statement.markers for statement in self.statements)
        stands = unjudged or any(statement.support is Support.SUPPORTED for statement in self.statements)
        return Status.ANSWERED if stands and not self.missing else Status.PARTIAL

    def _differences(self, citations: Sequence[Citation]) -> Iterator[Difference]:
        """Give the sides of each difference the markers of their sentences; a side that is not cited is left out."""
        evidence = {sentence.number: sentence for sentence in self.book.evidence}
        for differs in self.differing:
            sides = []
            for number, value, clock in differs.values:
                citation = next((citation for citation in citations if evidence[number].is_in(citation)), None)
                if citation:
                    sides.append(Side(marker=citation.marker, value=value, published=citation.published, time=clock))
            if len(sides) > 1:
                yield Difference(asked=differs.question, sides=tuple(sides))

    def _cut_off(self, citations: Sequence[Citation]) -> list[str]:
        cited = {citation.path for citation in citations}
        paths = [hit.passage.path for hit in self.retrieval.hits if hit.cut_off and hit.passage.path in cited]
        return [
            f"The record {printable(path)} holds only the beginning or a summary of its article."
            for path in dict.fromkeys(paths)
        ]

    def _stories(self, citations: tuple[Citation, ...]) -> set[str]:
        cited = {citation.path for citation in citations}
        return {hit.story for hit in self.retrieval.hits if hit.passage.path in cited}
