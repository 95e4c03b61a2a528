"""Writers turn the hits of a question into drafted statements that point at evidence sentences."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from index.passages.speakers import with_speakers
from prompts import load
from qa.answer_draft import AnswerDraft
from qa.checking.citations import Draft
from qa.errors import ModelCutOff
from qa.llm.budget import Budget
from qa.llm.model import LanguageModel, Message
from qa.llm.nonces import fence_of, new_nonce
from qa.models import NO_WISHES, Status, Turn, Usage, Wishes
from qa.prompting.context import Context, PassagesOf, excerpts, fitted
from qa.prompting.evidence import EvidenceSentence, plain, shown
from qa.prompting.history import told
from qa.question.query import Query
from qa.reader.reading import Reader, Words
from qa.retrieval.retriever import Retrieval
from qa.writing.leaks import Instructions
from qa.writing.selection import select
from qa.writing.splitting import StatementSplitter
from qa.writing.wrapping import Wrapping

MISSING = "MISSING"
NOT_IN_ARTICLES = "NOT_IN_ARTICLES"
_GIVEN_AWAY = "A sentence was left out that repeated what the model was told instead of the articles."
_LABEL_WORDS = 3
_AT_ONCE = 2000
"""So many characters are read on the event loop, in some 30 ms at worst; more would hold up all other requests."""
_LEFT_OUT = "{} of the {} passages found were not shown to the model: they do not fit into its window."


@dataclass(frozen=True)
class Assignment:
    """What a writer is given: the question, what was found for it, and the turns before."""

    query: Query
    retrieval: Retrieval
    evidence: Sequence[EvidenceSentence]
    history: Sequence[Turn]
    words: Words
    passages_of: PassagesOf = lambda _: ()
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True)
class Missing:
    """What the articles do not say, in the writer's words, and what of them the writer could not read."""

    text: str
    unread: str | None = None

    def enter(self, draft: AnswerDraft) -> None:
        """Enter it in the answer."""
        draft.lacks(self.text, self.unread)


@dataclass(frozen=True)
class Note:
    """What the reader should know of how the answer was written."""

    text: str

    def enter(self, draft: AnswerDraft) -> None:
        """Enter it in the answer, once."""
        draft.notes += [self.text] if self.text not in draft.notes else []


@dataclass(frozen=True)
class Nearest:
    """Before what comes nearest: it may not be an answer."""

    def enter(self, draft: AnswerDraft) -> None:
        """Say so in the answer."""
        draft.nearest = True


@dataclass(frozen=True)
class Differs:
    """What articles say differently of what is asked, the newest first.

    Of each side the number of its evidence sentence, the value as it is written, and the time of its entry, if any.
    """

    asked: str
    values: tuple[tuple[int, str, str], ...]

    def enter(self, draft: AnswerDraft) -> None:
        """Enter it in the answer, whose citations give the sides their markers."""
        draft.differing.append((self.asked, self.values))


Aside = Missing | Note | Nearest | Differs
"""What a writer says beside its statements."""
Piece = Draft | Usage | Context | Aside


class Writer(Protocol):
    """Drafts an answer; `name` and `prompt_version` are kept with it."""

    name: str
    prompt_version: str | None

    def write(self, assignment: Assignment) -> AsyncGenerator[Piece, None]:
        """Yield statements in order, what is missing, and the usage.

        A writer that is not shown all evidence of the assignment yields its Context before anything else.
        """
        ...


class ExtractiveWriter:
    """Answers with the sentences of the articles themselves; no model, no network."""

    name = "extractive"
    prompt_version: str | None = None

    def __init__(self, reader: Reader) -> None:
        """Quote what `reader` ranks first."""
        self._reader = reader

    async def write(self, assignment: Assignment) -> AsyncGenerator[Draft | Aside, None]:
        """Yield the sentences that answer each part of the question, each cited, and the parts left open.

        Where no part is answered, those that come nearest are yielded in their place, and a Nearest before them.
        """
        selections = await asyncio.to_thread(
            select, assignment.query, assignment.retrieval, self._reader, assignment.words
        )
        status = Status.ANSWERED if any(one.status is Status.ANSWERED for one in selections) else Status.NEAREST
        if status is Status.NEAREST and any(one.status is status for one in selections):
            yield Nearest()
        numbers = {(sentence.passage.id, sentence.span): sentence.number for sentence in assignment.evidence}
        used: set[int] = set()
        for part, selection in zip(assignment.query.parts, selections, strict=True):
            if selection.status is Status.NEAREST is not status:
                yield Missing(f"The articles may not say: {part}")
                continue
            if selection.quotes and selection.unread:
                yield Note(selection.unread)
            for quote in selection.quotes:
                shown = tuple(numbers[one.hit.passage.id, one.span] for one in quote)
                if not used.issuperset(shown):
                    said = with_speakers(quote[0].hit.passage, [one.span for one in quote])
                    yield Draft((" ".join(said), " ", shown))
                used.update(shown)
            if selection.sides:
                yield Differs(part, tuple((numbers[side.place], side.value, side.clock) for side in selection.sides))
            if selection.missing:
                yield Missing(selection.missing, selection.unread)


class ModelWriter:
    """Has a language model write the answer from numbered evidence sentences."""

    def __init__(self, model: LanguageModel, budget: Budget, nonce: Callable[[], str] = new_nonce) -> None:
        """Write with `model`; no prompt exceeds `budget`; `nonce` gives the code that marks one request's evidence."""
        self.name = model.name
        self._model, self._budget, self._nonce = model, budget, nonce
        self._rules, self._question = load("answer"), load("question")
        self.prompt_version: str | None = f"{self._rules.version}+{self._question.version}"

    async def write(self, assignment: Assignment) -> AsyncGenerator[Piece, None]:
        """Yield what is shown to the model, then its statements as they are completed."""
        context = await asyncio.to_thread(self.context, assignment)
        yield context
        reading = _Reading(Instructions(context.messages[0]["content"], context.nonce))
        note: Note | None = None
        try:
            async with aclosing(self._model.reply(context.messages, assignment.wishes)) as pieces:
                async for piece in pieces:
                    for read in (piece,) if isinstance(piece, Usage) else await reading.of(piece):
                        yield read
        except ModelCutOff as error:
            note = Note(f"The answer may lack its end. {error}.")
        for read in await reading.of(None):
            yield read
        if note:
            yield note

    def context(self, assignment: Assignment) -> Context:
        """Return the prompt, as long as the budget allows: the rules, then evidence that no article can forge."""
        nonce, question = self._nonce(), _asked(assignment.query)
        fence, style = fence_of(nonce), plain(assignment.wishes.style) or "plain"
        today = str(assignment.retrieval.understanding.today or "not known")
        rules = self._rules.render(missing=MISSING, not_in_articles=NOT_IN_ARTICLES)

        def rendered(evidence: Sequence[EvidenceSentence], history: Sequence[Turn]) -> tuple[Message, ...]:
            material = {"evidence": shown(evidence, nonce), "history": told(history)}
            body = self._question.render(fence=fence, today=today, style=style, question=question, **material)
            return {"role": "system", "content": rules}, {"role": "user", "content": body}

        hits = {sentence.passage.id: sentence.hit for sentence in assignment.evidence}
        found = excerpts(list(hits.values()), assignment.passages_of)
        evidence, messages, left_out = fitted(found, assignment.history, self._budget, rendered)
        notes = (_LEFT_OUT.format(left_out, len(found)),) if left_out and not self._budget.is_chosen else ()
        return Context(tuple(evidence), messages, nonce, notes)


def _asked(query: Query) -> str:
    """Return the question as it was asked, and where it was rewritten, also as it was understood."""
    question = plain(query.question)
    return f"{question} (in full: {plain(query.rewritten)})" if query.rewritten else question


def _is_a_list_of_sources(draft: Draft) -> bool:
    """Whether a line is a label and numbers alone: "Sources: [1], [4]"."""
    label, colon, rest = draft.plain.partition(":")
    said_after = any(map(str.isalnum, rest))
    return bool(colon) and not said_after and len(label.split()) <= _LABEL_WORDS and len(draft.pieces) > 1


class _Reading:
    """Cuts a reply into statements, and tells them from what is missing and from instructions given away."""

    def __init__(self, instructions: Instructions) -> None:
        self._instructions = instructions
        self._splitter = StatementSplitter()
        self._wrapping = Wrapping()
        self._missing = False

    async def of(self, text: str | None) -> list[Draft | Missing | Note]:
        """Return what more text of the reply completes, None being its end; long ones are not read on the loop."""
        held = self._splitter.held + (self._wrapping.held if text is None else len(text))
        if held > _AT_ONCE:
            return await asyncio.to_thread(self._read, text)
        return self._read(text)

    def _read(self, text: str | None) -> list[Draft | Missing | Note]:
        drafts = list(self._splitter.feed(self._wrapping.taken_from(text)))
        if text is None:
            drafts += self._splitter.finish()
        return [self._told(draft) for draft in drafts if not _is_a_list_of_sources(draft)]

    def _told(self, draft: Draft) -> Draft | Missing | Note:
        """Return what a statement of the reply is; the line that says what is missing goes on to its end."""
        if self._instructions.are_in(draft.plain):
            return Note(_GIVEN_AWAY)
        if self._missing and "\n" not in draft.separator:
            return Missing(draft.plain)
        head, _, rest = draft.plain.partition(":")
        self._missing = head.strip(" *_#") in (MISSING, NOT_IN_ARTICLES)
        return Missing(rest.strip(" *_") or "The model did not say what is missing.") if self._missing else draft
