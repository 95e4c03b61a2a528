"""What happens on the page: each handler takes what the browser kept and yields what the page shows next."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from index.errors import IndexingError
from qa.errors import InvalidQuestion, QAError
from qa.models import DoneEvent, Hit, HitsEvent, RepairEvent, SearchEvent, StatementEvent, VerdictEvent
from qa.question.query import understand
from qa.service import QAService
from qa.web.access import ASKER, asker_of
from qa.web.page.conversation import Conversation, Exchange
from qa.web.page.panel import hint_value, panel_value
from qa.web.page.rendering import messages
from qa.web.page.states import FAILURES, UNEXPECTED_FAILURE, standing_note
from qa.web.page.welcome import Starters, corpus_of
from qa.web.problems import as_sentence, detail_of, kind_of, log_unexpected

_BUSY = "The answer is on its way. Wait for it, or stop it"
_OFFERED = 500
_FULL = "This conversation holds as many questions as it can. Begin a new one: this one stays in the list"
UNKNOWN = "\N{NO-BREAK SPACE}"
"""What there is to ask about, until it is known: its line is there, so that nothing jumps."""
_WELCOME = """## What do you want to know?
{}

Ask in plain words. Each sentence of an answer shows the words it rests on, and what the articles do not say, Newsdesk \
does not either."""
View = tuple[Any, Any, Any, Any, Any]
"""Box, chat, panel, store and the line under the input: what every handler shows and keeps."""
_UNCHANGED: View = (gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip())


@dataclass(frozen=True)
class Chat:
    """The handlers of the page."""

    service: QAService
    starters: Starters
    keeps: bool = False
    """Whether the server keeps answers, to show them again and to hear what readers say of them."""
    answering: set[str] = field(default_factory=set)
    """The ids of the exchanges that are being answered: each is answered once."""

    async def welcome(self) -> tuple[Any, Any]:
        """Say on the first page what there is to ask about, and which outlets a question can be narrowed to."""
        try:
            corpus = await self.service.read(corpus_of)
        except (QAError, IndexingError) as error:
            return gr.Chatbot(
                placeholder=welcome_text(FAILURES.get(kind_of(error).slug, UNEXPECTED_FAILURE))
            ), gr.skip()
        return gr.Chatbot(placeholder=welcome_text(corpus.said)), {"outlets": corpus.outlets[:_OFFERED]}

    async def suggest(self) -> Any:
        """Give the first page questions to begin with, where there are any."""
        try:
            corpus = await self.service.read(corpus_of)
        except (QAError, IndexingError):
            return gr.skip()
        found = await self.starters.of(corpus.snapshot)
        return gr.Chatbot(examples=[{"text": question} for question in found]) if found else gr.skip()

    def begin(self, text: str, stored: object) -> View:
        """Take a typed question into the conversation; one that cannot be asked stays in the box, with the reason."""
        return self._begun((text or "").encode("utf-8", "replace").decode(), stored, "")

    def begin_example(self, stored: object, chosen: gr.SelectData) -> View:
        """Take an example as the question; what is typed stays."""
        return self._begun(str(chosen.value.get("text", "")) if isinstance(chosen.value, dict) else "", stored)

    def begin_again(self, stored: object, retried: gr.RetryData) -> View:
        """Ask an earlier question again, at the end: what it came to before stays, and what is typed."""
        conversation = Conversation.restored(stored)
        index = _message_of(retried.index) // 2
        if not 0 <= index < len(conversation.exchanges):
            return self._refused(_BUSY, conversation)
        again = conversation.exchanges[index]
        return self._begun(again.question, stored, repeats=again.repeats or again.id)

    def _begun(self, text: str, stored: object, typed: str | None = None, repeats: str = "") -> View:
        """Add a question to the conversation; `typed` is left in the box, None: what is there."""
        conversation = Conversation.restored(stored)
        if conversation.last and conversation.last.is_open:
            return self._refused(_BUSY, conversation)
        if conversation.is_full:
            return self._refused(_FULL, conversation)
        try:
            understand(text)
        except InvalidQuestion as error:
            return self._refused(str(error), conversation)
        asked = conversation.with_question(text.strip(), self.service.model, repeats)
        box = gr.Textbox(submit_btn=False, stop_btn=True)
        return self._view(asked, box if typed is None else gr.Textbox(value=typed, submit_btn=False, stop_btn=True))

    async def answer(self, stored: object, request: gr.Request) -> AsyncGenerator[View, None]:
        """Answer the newest question, statement by statement; after one that was refused, leave all as it is."""
        ASKER.set(asker_of(request))  # Gradio answers in a task that knows nothing of the request
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
                    yield *view, gr.skip() if step.is_open else hint  # what was refused meanwhile stays said
        finally:
            self.answering.discard(exchange.id)

    async def _progress(self, exchange: Exchange, conversation: Conversation) -> AsyncGenerator[Exchange, None]:
        hits: Sequence[Hit] = ()
        try:
            async with aclosing(self.service.stream(exchange.question, conversation.turns())) as events:
                async for event in events:
                    if isinstance(event, SearchEvent):
                        exchange = exchange.searching(await self._articles(), event.rewritten)
                        yield exchange
                    elif isinstance(event, HitsEvent):
                        hits = event.hits
                        exchange = exchange.found(event)
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
                        yield exchange.done(event.answer, kept=self.keeps)
        except (QAError, IndexingError) as error:
            yield exchange.failed(kind_of(error).slug, detail_of(error), hits)
        except Exception as error:
            log_unexpected(error)
            yield exchange.failed(kind_of(error).slug, detail_of(error), hits)

    async def _articles(self) -> int:
        """Return how many articles are searched; 0 when that cannot be told: the search itself then says why."""
        with suppress(QAError, IndexingError):
            return await self.service.read(lambda snapshot: snapshot.manifest.articles)
        return 0

    def stop(self, stored: object) -> View:
        """Mark the answer that was being made as stopped."""
        return self._view(Conversation.restored(stored).ended("stopped"), _ready())

    def restore(self, stored: object) -> View:
        """Show the conversation that the browser kept; without one, nothing, lest it undo what is asked meanwhile."""
        conversation = Conversation.restored(stored).ended("left")
        return self._view(conversation, _ready()) if conversation.exchanges else _UNCHANGED

    def new(self) -> View:
        """Begin a new conversation."""
        return self._view(Conversation(), gr.Textbox(value="", submit_btn=True, stop_btn=False))

    def _view(self, conversation: Conversation, box: Any, refusal: str = "") -> View:
        shown = messages(conversation), panel_value(conversation), conversation.as_json
        return box, *shown, hint_value(refusal or standing_note(self.service.model), alert=bool(refusal))

    def _refused(self, why: str, conversation: Conversation) -> View:
        return self._view(conversation, gr.skip(), as_sentence(why))


def _message_of(index: object) -> int:
    """Return which message was clicked; -1 when that is not told."""
    first = index[0] if isinstance(index, list | tuple) and index else index
    return first if isinstance(first, int) else -1


def welcome_text(about: str) -> str:
    """Return what stands before the first question, with what there is to ask about; Markdown."""
    return _WELCOME.format(about)


def _ready() -> Any:
    return gr.Textbox(submit_btn=True, stop_btn=False)
