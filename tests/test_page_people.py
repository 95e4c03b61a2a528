"""Many people on one page: no answer is lost or comes to another reader, and no turn stays in the server's memory."""

import asyncio
import gc
import json
import tracemalloc
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
from conftest import WordReader
from stub_model import BUDGET, ScriptedModel, service_of
from web_server import ASK

from index.embedding.embedders import MiniLM
from qa.models import Usage
from qa.web.page.chat import Chat
from qa.web.page.conversation import Conversation
from qa.web.page.welcome import Starters
from qa.writing.writer import ExtractiveWriter, ModelWriter

PEOPLE = 25
TURNS = 100


class Echo(ScriptedModel):
    """Says which question it was asked, word by word, so that all answers are on their way at once."""

    async def reply(self, messages: Sequence[dict[str, str]], *_: object) -> AsyncGenerator[str | Usage, None]:
        who = messages[-1]["content"].rpartition("number ")[2].split("?")[0]
        own = ScriptedModel([f"Pakistan needs small arms, says reader{who} [1]. "] * 3, pause_s=0.01)
        async with aclosing(own.reply(messages)) as pieces:
            async for piece in pieces:
                yield piece


REQUEST = gr.Request(SimpleNamespace(state=SimpleNamespace()))
"""Of nobody: no key came with it."""


async def turn(chat: Chat, question: str, stored: object) -> dict[str, Any]:
    """Ask as the page does, and return what the browser then keeps."""
    kept = chat.begin(question, stored, None)[3]
    async with aclosing(chat.answer(kept, REQUEST)) as views:
        async for view in views:
            kept = view[3]
    return dict(kept)


def test_everybody_at_once_gets_the_answer_to_their_own_question(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ModelWriter(Echo(""), BUDGET), max_concurrency=PEOPLE)
    chat = Chat(service, Starters(service))

    async def everybody() -> list[dict[str, Any]]:
        questions = [f"{ASK[:-1]} for reader number {at}?" for at in range(PEOPLE)]
        return await asyncio.gather(*(turn(chat, question, None) for question in questions))

    for at, kept in enumerate(asyncio.run(everybody())):
        (exchange,) = Conversation.restored(kept).exchanges
        assert exchange.question.endswith(f"number {at}?")
        assert len(exchange.said) == 3 and exchange.state in ("answered", "partial")
        assert all(f"reader{at} " in one.text for one in exchange.said)
    assert not chat.answering
    service.close()


def test_no_turn_stays_in_memory(data_dir: Path, embedder: MiniLM) -> None:
    service = service_of(data_dir, embedder, ExtractiveWriter(WordReader()))
    chat = Chat(service, Starters(service))

    async def turns(number: int) -> None:
        for _ in range(number):
            assert json.loads((await turn(chat, ASK, None))["exchanges"][-1])["state"] == "answered"

    async def grown() -> int:
        await turns(20)  # what is kept once is kept by now
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        await turns(TURNS)
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return after - before

    try:
        # What stays grows each time; a table of Python's own, such as that of interned names, may double once.
        assert min(asyncio.run(grown()), asyncio.run(grown())) < 2048 * TURNS
    finally:
        tracemalloc.stop()
        service.close()
