"""Writers turn the hits of a question into drafted statements that point at evidence sentences by their numbers."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from index.passages.tables import all_in_full, source_spans
from prompts import load
from qa.answer_draft import Differs, Missing, Nearest, Note, WriterRemark
from qa.checking.citations import Draft
from qa.language.dates import days
from qa.language.terms import figures
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message
from qa.llm.nonces import fence_of, new_nonce
from qa.models import EXTRACTIVE, NO_WISHES, Status, Turn, Usage, Wishes
from qa.models.errors import ModelAnswerInvalid, ModelCutOff
from qa.prompting.context import Context, PassagesOf, fit_into_budget
from qa.prompting.evidence import EvidenceSentence, evidence_text, prompt_safe
from qa.prompting.history import history_text
from qa.question.query import Query
from qa.reader.reading import Reader, TermStatistics
from qa.retrieval.retriever import Retrieval
from qa.writing.leaks import Instructions
from qa.writing.selection import select
from qa.writing.splitting import StatementSplitter
from qa.writing.wrapping import Wrapping

MISSING = "MISSING"
NOT_IN_ARTICLES = "NOT_IN_ARTICLES"
_KEYWORD = re.compile(
    rf"(?P<all>NOT(?:\\?_| )IN(?:\\?_| )ARTICLES|(?i:{NOT_IN_ARTICLES}))|^[\W_]*{MISSING}[\W_]*?(?::|$)"
)
_AROUND = " *_`\"“”'[]"
_UNNAMED = "The model did not say what is missing."
_LEAKED = "A sentence was left out that repeated what the model was told instead of the articles."
_LABEL_WORDS = 3
_AT_ONCE = 500
"""At most so many characters are read on the event loop, in 30 ms at most; more would hold up all other requests."""
_LEFT_OUT = "{} of the {} passages found were not shown to the model: they do not fit into its window."


@dataclass(frozen=True)
class Assignment:
    """The task of a writer: the question, what was found for it, and the turns before."""

    query: Query
    retrieval: Retrieval
    evidence: Sequence[EvidenceSentence]
    history: Sequence[Turn]
    statistics: TermStatistics
    passages_of: PassagesOf = lambda _: ()
    wishes: Wishes = NO_WISHES


WriterOutput = Draft | Usage | Context | WriterRemark


class Writer(Protocol):
    """Drafts an answer; `name` and `prompt_version` are kept with it."""

    name: str
    prompt_version: str | None

    def write(self, assignment: Assignment) -> AsyncGenerator[WriterOutput, None]:
        """Yield statements in order, what is missing, and the usage.

        A writer that is not shown all evidence of the assignment yields its Context before anything else.
        """
        ...


class ExtractiveWriter:
    """Answers with the sentences of the articles themselves; no model, no network."""

    name = EXTRACTIVE
    prompt_version: str | None = None

    def __init__(self, reader: Reader) -> None:
        """Quote the sentences that `reader` ranks first."""
        self._reader = reader

    async def write(self, assignment: Assignment) -> AsyncGenerator[Draft | WriterRemark, None]:
        """Yield the sentences that answer each part of the question, each cited, and the parts left open.

        Where no part is answered, yield a Nearest and the sentences that come nearest in their place.
        """
        selections = await asyncio.to_thread(
            select, assignment.query, assignment.retrieval, self._reader, assignment.statistics
        )
        statuses = {selection.status for selection in selections}
        is_answered = Status.ANSWERED in statuses
        if not is_answered and Status.NEAREST in statuses:
            yield Nearest()
        numbers = {(sentence.passage.id, sentence.span): sentence.number for sentence in assignment.evidence}
        used: set[int] = set()
        for part, selection in zip(assignment.query.parts, selections, strict=True):
            if selection.status is Status.NEAREST and is_answered:
                yield Missing(f"The articles may not say: {part}")
                continue
            if selection.quotes and selection.language_note:
                yield Note(selection.language_note)
            for quote in selection.quotes:
                passage, spans = quote[0].hit.passage, [sentence.span for sentence in quote]
                sources = chain.from_iterable(source_spans(passage, span) for span in spans)
                cited = tuple(sorted({numbers[passage.id, source] for source in sources}))
                # Two parts of a question may have the same answer, which is given once.
                if not used.issuperset(cited):
                    yield Draft((" ".join(all_in_full(passage, spans)), " ", cited))
                used.update(cited)
            if selection.sides:
                yield Differs(part, tuple((numbers[side.place], side.value, side.clock) for side in selection.sides))
            if selection.missing:
                yield Missing(selection.missing, selection.language_note)


class ModelWriter:
    """Has a language model write the answer from numbered evidence sentences."""

    def __init__(self, model: LanguageModel, budget: Budget, nonce: Callable[[], str] = new_nonce) -> None:
        """Write with `model`; no prompt exceeds `budget`; `nonce` gives the code that marks one request's evidence."""
        self.name = model.name
        self._model, self._budget, self._nonce = model, budget, nonce
        self._rules, self._question = load("answer"), load("question")
        self.prompt_version: str | None = f"{self._rules.version}+{self._question.version}"

    async def write(self, assignment: Assignment) -> AsyncGenerator[WriterOutput, None]:
        """Yield the context that the model is shown, then its statements as they are completed."""
        context = await asyncio.to_thread(self.context, assignment)
        yield context
        instructions = Instructions(context.messages[0]["content"], context.nonce)
        reply = _ReplyReader(instructions, assignment.query.question)
        cut_off: ModelCutOff | None = None
        says_something = False
        try:
            async with aclosing(self._model.reply(context.messages, assignment.wishes)) as pieces:
                async for piece in pieces:
                    for output in (piece,) if isinstance(piece, Usage) else await reply.read(piece):
                        says_something = says_something or _says_something(output)
                        yield output
        except ModelCutOff as error:
            # What came before the cut is an answer all the same.
            cut_off = error
        for output in await reply.read(None):
            says_something = says_something or _says_something(output)
            yield output
        if not says_something:
            invalid = f"The model {self.name!r} replied without an answer. Ask again or change QA_MODEL"
            raise cut_off or ModelAnswerInvalid(invalid)
        if cut_off:
            yield Note(f"The answer may lack its end. {cut_off}.")

    def context(self, assignment: Assignment) -> Context:
        """Return the prompt, as long as the budget allows: the rules, then evidence that no article can forge."""
        nonce, question = self._nonce(), _question_text(assignment.query)
        fence, style = fence_of(nonce), prompt_safe(assignment.wishes.style) or "plain"
        today = str(assignment.retrieval.understanding.today or "not known")
        rules = self._rules.render(missing=MISSING, not_in_articles=NOT_IN_ARTICLES)

        def rendered(evidence: Sequence[EvidenceSentence], history: Sequence[Turn]) -> tuple[Message, ...]:
            material = {"evidence": evidence_text(evidence, nonce), "history": history_text(history)}
            body = self._question.render(fence=fence, today=today, style=style, question=question, **material)
            return {"role": "system", "content": rules}, {"role": "user", "content": body}

        hits = {sentence.passage.id: sentence.hit for sentence in assignment.evidence}
        evidence, messages, left_out = fit_into_budget(
            list(hits.values()), assignment.passages_of, assignment.history, self._budget, rendered
        )
        # What QA_CONTEXT_TOKENS leaves out was left out by whoever set it, and needs no note.
        notes = (_LEFT_OUT.format(left_out, len(hits)),) if left_out and not self._budget.is_chosen else ()
        return Context(tuple(evidence), messages, nonce, notes)


def _question_text(query: Query) -> str:
    """Return the question as it was asked, and where it was rewritten, also as it was understood."""
    question = prompt_safe(query.question)
    return f"{question} (in full: {prompt_safe(query.rewritten)})" if query.rewritten else question


def _says_something(output: WriterOutput) -> bool:
    """Return whether an output is a statement in words, or a remark; a reply without one is no answer."""
    if isinstance(output, Draft):
        return any(map(str.isalnum, output.text))
    return not isinstance(output, Usage | Context)


def _is_a_list_of_sources(draft: Draft) -> bool:
    """Return whether a line is a label and numbers alone: "Sources: [1], [4]"."""
    label, colon, rest = draft.text.partition(":")
    has_words_after = any(map(str.isalnum, rest))
    return bool(colon) and not has_words_after and len(label.split()) <= _LABEL_WORDS and len(draft.pieces) > 1


def keyword_in(draft: Draft) -> re.Match[str] | None:
    """Return the keyword by which a model says what is missing; that all is missing it may say anywhere in a line."""
    match = _KEYWORD.search(draft.text)
    is_inside = match and any(map(str.isalnum, draft.text[: match.start()]))
    return None if is_inside and draft.numbers else match


class _ReplyReader:
    """Cuts a reply into statements, and tells them from what is missing and from leaked instructions."""

    def __init__(self, instructions: Instructions, question: str) -> None:
        self._instructions = instructions
        self._splitter = StatementSplitter(question)
        self._wrapping = Wrapping()
        self._uncited: list[Draft] = []
        self._paragraph = 0
        """How many of those that wait stand before the paragraph that is being read."""
        self._tail: list[Draft] = []
        """Lines that may be the sources at the end of the reply."""
        self._cites = False
        self._in_missing = self._lists_missing = False
        self._unnamed: Missing | None = None

    async def read(self, text: str | None) -> list[Draft | Missing | Note]:
        """Return the statements that more text completes, None being its end; long texts are read in a thread.

        Statements without a number wait for the next marker of their paragraph, which covers them, or in a reply
        without any for the numbers at its end.
        """
        size = self._splitter.waiting + (self._wrapping.waiting if text is None else len(text))
        if size > _AT_ONCE:
            return await asyncio.to_thread(self._read, text)
        return self._read(text)

    def _read(self, text: str | None) -> list[Draft | Missing | Note]:
        drafts = list(self._splitter.feed(self._wrapping.taken_from(text)))
        if text is None:
            drafts += self._splitter.finish()
        outputs = [output for draft in drafts for output in self._outputs(draft)]
        return outputs if text is not None else [*outputs, *self._end()]

    def _end(self) -> Iterator[Draft | Missing]:
        """Yield what still waits at the end of the reply; its last lines are the sources of what cites nothing."""
        sources = tuple(number for line in self._tail for number in line.numbers)
        yield from (replace(draft, sources=sources) for draft in self._uncited)
        yield from self._end_of_missing()

    def _outputs(self, draft: Draft) -> Iterator[Draft | Missing | Note]:
        """Yield a draft as what it is, after the statements and the keyword that waited for it."""
        if self._instructions.are_in(draft.text):
            yield Note(_LEAKED)
        elif _is_a_list_of_sources(draft):
            self._tail.append(draft)
        elif _is_below_a_head(draft) and self._uncited and "|" in self._uncited[-1].text:
            self._uncited[-1] = replace(self._uncited[-1], is_head=True)
        elif keyword := keyword_in(draft):
            if any(map(str.isalnum, before := draft.text[: keyword.start()].rstrip())):
                yield from self._statement(Draft((before,), draft.separator))
            yield from self._end_of_missing()
            missing = Missing(_trimmed(draft.text[keyword.end() :]), is_all=bool(keyword["all"]))
            self._in_missing, self._lists_missing = True, False
            if missing.text:
                yield missing
            else:
                self._unnamed = missing
        elif self._goes_on_with_what_is_missing(draft):
            is_all = bool(self._unnamed and self._unnamed.is_all)
            self._lists_missing, self._unnamed = draft.is_item, None
            yield Missing(draft.claim, is_all=is_all)
        else:
            yield from self._end_of_missing()
            yield from self._statement(draft)

    def _statement(self, draft: Draft) -> Iterator[Draft]:
        """Yield a statement once its numbers are known, after those that waited for it."""
        if self._tail:
            # They were no sources at the end.
            tail, self._tail = self._tail, []
            for line in tail:
                yield from self._statement(line)
        if "\n" in draft.separator:
            self._paragraph = len(self._uncited)
            if self._cites:
                yield from self._waiting()
        if draft.is_item and self._uncited and _leads(self._uncited[-1]):
            self._uncited[-1] = replace(self._uncited[-1], is_head=True)
        if draft.numbers:
            self._cites = True
            # A marker before its statement says nothing of the statements before it.
            yield from self._waiting(() if draft.begins_with_marker else tuple(draft.numbers))
            yield draft
        else:
            self._uncited.append(replace(draft, reply_has_markers=self._cites))

    def _goes_on_with_what_is_missing(self, draft: Draft) -> bool:
        """Return whether a draft belongs to the keyword before it: on its line, or below one that names nothing."""
        if not self._in_missing or draft.numbers:
            return False
        return "\n" not in draft.separator or bool(self._unnamed) or (self._lists_missing and draft.is_item)

    def _end_of_missing(self) -> Iterator[Missing]:
        if self._unnamed:
            yield replace(self._unnamed, text=_UNNAMED)
        self._in_missing, self._unnamed = False, None

    def _waiting(self, covered_by: tuple[int, ...] = ()) -> Iterator[Draft]:
        """Yield the statements without a number that wait; the marker that ends it covers those of its paragraph."""
        ready, first, self._uncited, self._paragraph = self._uncited, self._paragraph, [], 0
        yield from ready[:first]
        yield from (replace(draft, covered_by=covered_by) for draft in ready[first:])


def _is_below_a_head(draft: Draft) -> bool:
    """Return whether a line is the one below the head of a table: "|---|:--|"."""
    return "|" in draft.text and "-" in draft.text and not draft.text.strip("|-: ")


def _leads(draft: Draft) -> bool:
    """Return whether a line leads to a list, and says no figure or date itself: "In Peshawar:"."""
    text = draft.text.rstrip("*_ ")
    return text.endswith(":") and not figures(text) and not days(text)


def _trimmed(text: str) -> str:
    """Return what stands behind a keyword without the signs around it."""
    text = text.lstrip(_AROUND + ".:-–—").rstrip(_AROUND)
    return text if "(" in text else text.removesuffix(")")
