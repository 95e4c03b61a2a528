"""What happens on the page: each handler takes what the browser kept and yields what the page shows next."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from index.errors import IndexingError
from qa.errors import InvalidQuestion, QAError
from qa.models import DoneEvent, Hit, HitsEvent, StatementEvent, VerdictEvent
from qa.question.query import understand
from qa.service import QAService
from qa.web.page.conversation import Conversation, Exchange
from qa.web.page.panel import hint_value, panel_value
from qa.web.page.rendering import messages
from qa.web.problems import closed, detail_of, log_unexpected

NOTE = "Text is quoted from articles. Every sentence is checked against the source it cites."
_BUSY = "The answer is on its way. Wait for it, or stop it"
View = tuple[Any, Any, Any, Any]
"""Box, chat, panel, store: what every handler shows and keeps."""
HintedView = tuple[Any, Any, Any, Any, Any]
"""A view, and the line under the input."""


@dataclass(frozen=True)
class Chat:
    """The handlers of the page."""

    service: QAService

    def begin(self, text: str, stored: object) -> HintedView:
        """Take a typed question into the conversation; one that cannot be asked stays in the box, with the reason."""
        conversation = Conversation.restored(stored)
        text = (text or "").encode("utf-8", "replace").decode()
        if conversation.last and conversation.last.is_open:
            return _refused(_BUSY, text, conversation)
        try:
            understand(text)
        except InvalidQuestion as error:
            return _refused(str(error), text, conversation)
        return _hinted(conversation.asked(text.strip()), gr.Textbox(value="", submit_btn=False, stop_btn=True))

    def begin_example(self, stored: object, chosen: gr.SelectData) -> HintedView:
        """Take an example as the question."""
        return self.begin(str(chosen.value.get("text", "")) if isinstance(chosen.value, dict) else "", stored)

    def begin_again(self, stored: object, retried: gr.RetryData) -> HintedView:
        """Ask the question of an earlier exchange again, in its place."""
        conversation = Conversation.restored(stored)
        index = _message_of(retried.index) // 2
        if not 0 <= index < len(conversation.exchanges) or (conversation.last and conversation.last.is_open):
            return _refused(_BUSY, "", conversation)
        question = conversation.exchanges[index].question
        return self.begin(question, conversation.before(index).model_dump(mode="json"))

    async def answer(self, stored: object) -> AsyncGenerator[View, None]:
        """Answer the newest question, if it is open, statement by statement."""
        conversation = Conversation.restored(stored)
        exchange = conversation.last
        if exchange is None or not exchange.is_open:
            yield _view(conversation, gr.skip())
            return
        async with aclosing(self._progress(exchange, conversation)) as steps:
            async for step in steps:
                box = gr.skip() if step.is_open else gr.Textbox(submit_btn=True, stop_btn=False)
                yield _view(conversation.with_last(step), box)

    async def _progress(self, exchange: Exchange, conversation: Conversation) -> AsyncGenerator[Exchange, None]:
        hits: Sequence[Hit] = ()
        try:
            async with aclosing(self.service.stream(exchange.question, conversation.turns())) as events:
                async for event in events:
                    if isinstance(event, HitsEvent):
                        hits = event.hits
                    elif isinstance(event, StatementEvent):
                        exchange = exchange.with_statement(event, hits)
                        yield exchange
                    elif isinstance(event, VerdictEvent):
                        exchange = exchange.with_verdict(event)
                        yield exchange
                    elif isinstance(event, DoneEvent):
                        yield exchange.done(event.answer)
        except (QAError, IndexingError) as error:
            yield exchange.failed(detail_of(error), hits)
        except Exception as error:
            log_unexpected(error)
            yield exchange.failed(detail_of(error), hits)

    def stop(self, stored: object) -> HintedView:
        """Mark the answer that was being made as stopped."""
        return _hinted(Conversation.restored(stored).stopped(), gr.Textbox(submit_btn=True, stop_btn=False))

    def restore(self, stored: object) -> HintedView:
        """Show the conversation that the browser kept; without one, nothing, lest it undo what is asked meanwhile."""
        return self.stop(stored) if Conversation.restored(stored).exchanges else (gr.skip(),) * 5

    def new(self) -> HintedView:
        """Begin a new conversation."""
        return _hinted(Conversation(), gr.Textbox(value="", submit_btn=True, stop_btn=False))


def _message_of(index: object) -> int:
    """Return which message was clicked; -1 when that is not told."""
    first = index[0] if isinstance(index, list | tuple) and index else index
    return first if isinstance(first, int) else -1


def _view(conversation: Conversation, box: Any) -> View:
    return box, messages(conversation), panel_value(conversation), conversation.model_dump(mode="json")


def _hinted(conversation: Conversation, box: Any, hint: dict[str, Any] | None = None) -> HintedView:
    return (*_view(conversation, box), hint or hint_value(NOTE))


def _refused(why: str, text: str, conversation: Conversation) -> HintedView:
    return _hinted(conversation, gr.Textbox(value=text), hint_value(closed(why), alert=True))
