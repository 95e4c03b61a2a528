"""The chat page: a Gradio app at `/`, mounted after the API's routes.

`panel.js` and `cites.js` run in one scope, and show the sources; so do `library.js`, `connection.js` and `export.js`,
which store the conversations in the browser; `asking.js` sets which articles are asked. All text is escaped or inserted
as a text node.
"""

import asyncio
from importlib.resources import files
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import Mount

from index.errors import IndexingError
from qa.service import QAService
from qa.settings import Settings
from qa.web.page.calls import Handler
from qa.web.page.chat import UNKNOWN, Chat, welcome_text
from qa.web.page.panel import hint_line, library, question_helper, source_panel
from qa.web.page.states import standing_note
from qa.web.page.theme import STYLE, EarlyHead, newsdesk_theme
from qa.web.page.welcome import Starters
from qa.web.problems import install_on_page

EXAMPLES = (
    "What did Ambassador Masood Khan ask the United States for?",
    "How many Afghan refugees would Pakistan not deport?",
    "How much will go into new police stations?",
    "When was the decision to launch Operation Azm-e-Istekam taken?",
)
_EXAMPLE_FILES = frozenset(
    {"000_01356c2963794699.txt", "001_a187e742bdc37b07.txt", "003_df5ff5e2f72e0d1f.txt"},
)
View = tuple[gr.Textbox, gr.Chatbot, gr.HTML, gr.HTML, gr.HTML]
# Gradio keeps memory for each session and each event, and these bounds keep it from growing.
_SESSIONS, _QUEUE, _EVENTS_KEPT = 100, 64, 100


def mount_page(app: FastAPI, service: QAService, settings: Settings) -> FastAPI:
    """Mount the page at `/` of an app and return the app."""

    async def mounted() -> FastAPI:
        return _mount(app, service, settings)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # Without a loop in the thread, Gradio makes one for each of its locks, and closes none.
        return asyncio.run(mounted())
    return _mount(app, service, settings)


def _mount(app: FastAPI, service: QAService, settings: Settings) -> FastAPI:
    page = build_page(service, settings)
    page.queue(default_concurrency_limit=settings.max_concurrency, max_size=_QUEUE, api_open=False)
    page.state_session_capacity = _SESSIONS
    page._queue.ANALYTICS_MAX_EVENTS = _EVENTS_KEPT
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        page,
        path="/",
        root_path=settings.root_path or "",
        theme=newsdesk_theme(),
        head=STYLE,
        favicon_path=str(files(__package__) / "favicon.svg"),
        footer_links=[],
        ssr_mode=False,
        show_error=False,
        # No handler takes a file.
        max_file_size="1kb",
        enable_monitoring=False,
        mcp_server=False,
        run_history=False,
    )
    mounted.state.page_handlers = _handlers(page)
    for route in mounted.routes:
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            install_on_page(route.app)
            route.app.user_middleware.append(Middleware(EarlyHead))  # the innermost: nothing is compressed yet
    return mounted


def _handlers(page: gr.Blocks) -> dict[int, Handler]:
    """Return the inputs of the handlers of the page, by number."""
    handlers = {}
    for number, handler in page.fns.items():
        events = {event for _, event in handler.targets}
        handlers[number] = Handler(len(handler.inputs), not events.isdisjoint({"example_select", "retry"}))
    return handlers


def build_page(service: QAService, settings: Settings) -> gr.Blocks:
    """Return the page: header, chat, input, and the panel of sources."""
    chat = Chat(service, Starters(service), keeps=settings.keep_answers_h > 0)
    page: gr.Blocks
    with gr.Blocks(title="Newsdesk", analytics_enabled=False, fill_width=True) as page:
        new, store = _header()
        with gr.Row(elem_id="main"):
            with gr.Column(elem_id="talk", min_width=0):
                messages = _chatbot(examples_for(service))
                box = gr.Textbox(
                    elem_id="ask",
                    placeholder="Ask about the articles",
                    label="Your question",
                    show_label=False,
                    submit_btn=True,
                    stop_btn=False,
                    max_lines=6,
                    container=False,
                )
                scope = question_helper()
                hint = hint_line(standing_note(service.model))
            with gr.Column(elem_id="side", min_width=0):
                panel = source_panel()
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        first = page.load(chat.welcome, None, [messages, scope], queue=False, **private)
        if not examples_for(service):
            first.then(chat.suggest, None, messages, queue=False, **private)
        _wire(chat, new, scope, (box, messages, panel, store, hint), settings.max_concurrency)
    return page


def examples_for(service: QAService) -> tuple[str, ...]:
    """Return the questions to start with when the shipped articles are indexed."""
    try:
        with service.snapshots.use() as snapshot:
            shipped = all(snapshot.catalog.article(path) for path in _EXAMPLE_FILES)
    except IndexingError:
        return ()
    return EXAMPLES if shipped else ()


def _header() -> tuple[gr.Button, gr.HTML]:
    with gr.Row(elem_id="top"):
        store = library()
        gr.Button("Conversations", elem_id="open-conversations", size="sm", scale=0, min_width=0)
        gr.HTML(
            "<h1>Newsdesk</h1><p>Answers from the articles, with the words behind every sentence</p>",
            elem_id="brand",
            apply_default_css=False,
            js_on_load=None,
        )
        to_articles = '<a id="articles" href="articles">Articles</a>'
        gr.HTML(to_articles, elem_id="to-articles", padding=False, apply_default_css=False, js_on_load=None)
        gr.Button("Sources", elem_id="open-sources", size="sm", scale=0, min_width=0)
        new = gr.Button("New question", elem_id="new", size="sm", scale=0, min_width=0)
        gr.Button("Light or dark", elem_id="theme", size="sm", scale=0, min_width=0)
    return new, store


def _chatbot(examples: tuple[str, ...]) -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="chat",
        label="Conversation",
        show_label=False,
        container=False,
        height="100%",
        layout="bubble",
        buttons=["copy"],
        feedback_options=None,
        placeholder=welcome_text(UNKNOWN),
        examples=[{"text": example} for example in examples] or None,
        group_consecutive_messages=False,
        sanitize_html=True,
        allow_tags=False,
        latex_delimiters=[],
        line_breaks=False,
    )


def _wire(chat: Chat, new: gr.Button, scope: gr.HTML, view: View, limit: int) -> None:
    """Connect the events of the page to the handlers; none of them is a public endpoint."""
    box, messages, _, store, _ = view
    outputs = list(view)
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    started: list[Any] = [
        box.submit(chat.begin, [box, store, scope], outputs, queue=False, **private),
        messages.example_select(chat.begin_example, [store, scope], outputs, queue=False, **private),
        messages.retry(chat.begin_again, store, outputs, queue=False, **private),
    ]
    answers = [event.then(chat.answer, store, outputs, concurrency_limit=limit, **private) for event in started]
    # First cancel, then show it: a sentence under way would overwrite what is shown.
    box.stop(None, cancels=answers, **private).then(chat.stop, store, outputs, queue=False, **private)
    new.click(None, cancels=answers, **private).then(chat.new, None, outputs, queue=False, **private)
    store.select(chat.restore, store, outputs, queue=False, **private)
