"""The handlers of the page: each takes the stored conversation, and returns or yields what the page shows next."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from index.errors import IndexingError
from index.models import EVERYTHING, Scope
from index.store.snapshots import Snapshot
from qa.models import DoneEvent, Hit, HitsEvent, RepairEvent, SearchEvent, StatementEvent, VerdictEvent
from qa.models.errors import InvalidQuestion, InvalidScope, QAError
from qa.question.query import understand
from qa.question.scopes import scope_of
from qa.service import QAService
from qa.web.access import ASKER, asker_of
from qa.web.page.conversation import Conversation, Exchange
from qa.web.page.panel import hint_value, panel_value
from qa.web.page.rendering import messages
from qa.web.page.states import FAILURES, UNEXPECTED_FAILURE, standing_note
from qa.web.page.welcome import Starters, corpus_of
from qa.web.problems import as_sentence, detail_of, kind_of, log_unexpected

_BUSY = "The answer is on its way. Wait for it, or stop it"
_MAX_OUTLETS = 500
_FULL = "This conversation holds as many questions as it can. Begin a new one: this one stays in the list"
UNKNOWN = "\N{NO-BREAK SPACE}"
"""Holds the place of the line about the corpus until that is known, so that nothing jumps."""
_WELCOME = """## What do you want to know?
{}

Ask in plain words. Each sentence of an answer shows the words it rests on, and what the articles do not say, Newsdesk \
does not either."""
View = tuple[Any, Any, Any, Any, Any]
"""The values of the box, the chat, the panel, the store and the line under the input."""
_UNCHANGED: View = (gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip())


@dataclass(frozen=True)
class Chat:
    """The handlers of the page."""

    service: QAService
    starters: Starters
    keeps: bool = False
    """Whether the server stores answers, to show them again and to take feedback on them."""
    answering: set[str] = field(default_factory=set)
    """The ids of the exchanges that are being answered, so that each is answered once."""

    async def welcome(self) -> tuple[Any, Any]:
        """Return what the first page says of the corpus, and the outlets and folders that can be asked alone."""
        try:
            corpus = await self.service.read(corpus_of)
        except (QAError, IndexingError) as error:
            return gr.Chatbot(
                placeholder=welcome_text(FAILURES.get(kind_of(error).slug, UNEXPECTED_FAILURE))
            ), gr.skip()
        choices = {"outlets": corpus.outlets[:_MAX_OUTLETS], "folders": corpus.folders}
        return gr.Chatbot(placeholder=welcome_text(corpus.in_words)), choices

    async def suggest(self) -> Any:
        """Return the questions that the first page offers, where there are any."""
        try:
            corpus = await self.service.read(corpus_of)
        except (QAError, IndexingError):
            return gr.skip()
        questions = await self.starters.of(corpus.snapshot)
        return gr.Chatbot(examples=[{"text": question} for question in questions]) if questions else gr.skip()

    def begin(self, text: str, stored: object, chosen: object) -> View:
        """Add a typed question to the conversation; one that cannot be asked stays in the box, with the reason."""
        return self._with_question((text or "").encode("utf-8", "replace").decode(), stored, chosen, "")

    def begin_example(self, stored: object, chosen: object, selection: gr.SelectData) -> View:
        """Ask an example; the text in the box stays."""
        text = str(selection.value.get("text", "")) if isinstance(selection.value, dict) else ""
        return self._with_question(text, stored, chosen)

    def begin_again(self, stored: object, retried: gr.RetryData) -> View:
        """Ask an earlier question again, at the end; its first answer stays, and so does the text in the box."""
        conversation = Conversation.restored(stored)
        index = _message_of(retried.index) // 2
        if not 0 <= index < len(conversation.exchanges):
            return self._refused(_BUSY, conversation)
        earlier = conversation.exchanges[index]
        again = {"scope": earlier.scope.model_dump()}
        return self._with_question(earlier.question, stored, again, repeats=earlier.repeats or earlier.id)

    def _with_question(
        self, text: str, stored: object, chosen: object, typed: str | None = None, repeats: str = ""
    ) -> View:
        """Add a question to the conversation; the box then holds `typed`, or with None the text that it has.

        The field `scope` of `chosen` has the fields of the scope.
        """
        conversation = Conversation.restored(stored)
        if conversation.last and conversation.last.is_open:
            return self._refused(_BUSY, conversation)
        if conversation.is_full:
            return self._refused(_FULL, conversation)
        try:
            understand(text)
            fields = chosen.get("scope") if isinstance(chosen, dict) else None
            scope = scope_of(**fields) if isinstance(fields, dict) else EVERYTHING
        except (InvalidQuestion, InvalidScope) as error:
            return self._refused(str(error), conversation)
        conversation = conversation.with_question(text.strip(), self.service.model, repeats, scope)
        box = gr.Textbox(submit_btn=False, stop_btn=True)
        return self._view(
            conversation, box if typed is None else gr.Textbox(value=typed, submit_btn=False, stop_btn=True)
        )

    async def answer(self, stored: object, request: gr.Request) -> AsyncGenerator[View, None]:
        """Answer the newest question, statement by statement; leave all as it is where that was refused."""
        ASKER.set(asker_of(request))  # Gradio runs this in a task without the context of the request
        conversation = Conversation.restored(stored)
        exchange = conversation.last
        if exchange is None or not exchange.is_open or exchange.id in self.answering:
            yield _UNCHANGED
            return
        self.answering.add(exchange.id)
        try:
            async with aclosing(self._progress(exchange, conversation)) as steps:
                async for step in steps:
                    *view, hint = self._view(conversation.with_last(step), gr.skip() if step.is_open else _ready())
                    yield *view, gr.skip() if step.is_open else hint  # a refusal in the meantime stays
        finally:
            self.answering.discard(exchange.id)

    async def _progress(self, exchange: Exchange, conversation: Conversation) -> AsyncGenerator[Exchange, None]:
        hits: Sequence[Hit] = ()
        try:
            asked = exchange.question, conversation.turns()
            async with aclosing(self.service.stream(*asked, scope=exchange.scope)) as events:
                async for event in events:
                    if isinstance(event, SearchEvent):
                        exchange = exchange.with_search(await self._articles(exchange.scope), event.rewritten)
                        yield exchange
                    elif isinstance(event, HitsEvent):
                        hits = event.hits
                        exchange = exchange.with_hits(event)
                        yield exchange
                    elif isinstance(event, RepairEvent):
                        exchange = exchange.model_copy(update={"anew": event.statements})
                        yield exchange
                    elif isinstance(event, StatementEvent):
                        exchange = exchange.with_statement(event, hits)
                        yield exchange
                    elif isinstance(event, VerdictEvent):
                        exchange = exchange.with_verdict(event, hits)
                        yield exchange
                    elif isinstance(event, DoneEvent):
                        yield exchange.done(event.answer, is_stored=self.keeps)
        except (QAError, IndexingError) as error:
            yield exchange.failed(kind_of(error).slug, detail_of(error), hits)
        except Exception as error:
            log_unexpected(error)
            yield exchange.failed(kind_of(error).slug, detail_of(error), hits)

    async def _articles(self, scope: Scope) -> int:
        """Return how many articles are searched; 0 when the index cannot be read: the search itself then says why."""

        def count(snapshot: Snapshot) -> int:
            with snapshot.within(scope) as part:
                return part.catalog.counts()[0]

        with suppress(QAError, IndexingError):
            return await self.service.read(count)
        return 0

    def stop(self, stored: object) -> View:
        """Mark the unfinished answer as stopped."""
        return self._view(Conversation.restored(stored).ended("stopped"), _ready())

    def restore(self, stored: object) -> View:
        """Show the stored conversation; without one change nothing, for a question may have been asked since."""
        conversation = Conversation.restored(stored).ended("left")
        return self._view(conversation, _ready()) if conversation.exchanges else _UNCHANGED

    def new(self) -> View:
        """Begin a new conversation."""
        return self._view(Conversation(), gr.Textbox(value="", submit_btn=True, stop_btn=False))

    def _view(self, conversation: Conversation, box: Any, refusal: str = "") -> View:
        values = messages(conversation), panel_value(conversation), conversation.as_json
        return box, *values, hint_value(refusal or standing_note(self.service.model), alert=bool(refusal))

    def _refused(self, why: str, conversation: Conversation) -> View:
        return self._view(conversation, gr.skip(), as_sentence(why))


def _message_of(index: object) -> int:
    """Return the index of the message that was clicked; -1 when it is not given."""
    first = index[0] if isinstance(index, list | tuple) and index else index
    return first if isinstance(first, int) else -1


def welcome_text(about: str) -> str:
    """Return the text before the first question, as Markdown; `about` says what the corpus holds."""
    return _WELCOME.format(about)


def _ready() -> Any:
    return gr.Textbox(submit_btn=True, stop_btn=False)
