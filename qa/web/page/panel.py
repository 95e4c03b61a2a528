"""The components with code of their own. Markup and code are fixed; all else is data, which becomes text nodes."""

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import gradio as gr

from qa.web.page.conversation import Conversation, Exchange, Source
from qa.web.page.states import state_texts

_FOLDER = files(__package__)
_HTML = """
<div class="bar"><h2 class="heading"></h2><span class="count"></span>
<button class="close" type="button" aria-label="Close the sources"></button></div>
<p class="asked"></p><p class="note"></p><ol class="list"></ol>
"""
_LIBRARY = """
<dialog aria-labelledby="conversations">
<div class="bar"><h2 id="conversations">Conversations</h2>
<button class="close" type="button" aria-label="Close the conversations"></button></div>
<input class="find" type="search" placeholder="Search" aria-label="Search the conversations">
<p class="unkept" hidden>This browser keeps nothing, so a conversation ends with its tab.</p>
<p class="undo" role="status" hidden><span></span><button type="button">Undo</button></p>
<p class="none"></p><ol class="all"></ol>
<p class="where">Kept in this browser only. <a href="articles">All articles</a></p>
<p class="save">Save this conversation<span><button class="as-md" type="button">Markdown</button>
<button class="as-json" type="button">JSON</button><button class="as-paper" type="button">Print</button></span></p>
</dialog>
"""
_ASKING = """
<div class="row"><button class="open" type="button" aria-expanded="false">Ask only of …</button>
<span class="chips"></span><button class="keys" type="button">Keys</button></div>
<div class="fields" hidden><label>Outlet<select class="outlet"><option value="">Any</option></select></label>
<label>From<input type="date" class="first"></label><label>To<input type="date" class="last"></label>
<label>Folder<select class="folder"><option value="">Any</option></select></label>
<button class="set" type="button">Apply</button></div><p class="said" id="asked-of" role="status"></p>
<dialog aria-labelledby="keys"><div class="bar"><h2 id="keys">Keys</h2>
<button class="close" type="button" aria-label="Close the list of keys"></button></div>
<dl><div><dt><kbd>/</kbd></dt><dd>to the question</dd></div><div><dt><kbd>Enter</kbd></dt><dd>ask</dd></div>
<div><dt><kbd>Shift</kbd> <kbd>Enter</kbd></dt><dd>a new line in the question</dd></div>
<div><dt><kbd>Tab</kbd></dt><dd>to the next number in an answer; <kbd>Enter</kbd> leads to its source</dd></div>
<div><dt><kbd>Esc</kbd></dt><dd>back from the source to its number; close what is open</dd></div>
<div><dt><kbd>?</kbd></dt><dd>this list</dd></div></dl></dialog>
"""
_QUOTE_FIELDS = {"number", "start", "end", "before", "quote", "after"}


def source_panel() -> gr.HTML:
    """Return the panel of the sources of one exchange; the links in the answers lead to it."""
    # A plain gr.HTML: for a subclass Gradio would write a stub file into the package.
    return gr.HTML(
        value=panel_value(Conversation()),
        html_template=_HTML,
        js_on_load=_code("panel.js") + _code("cites.js"),
        apply_default_css=False,
        elem_id="sources",
    )


def library() -> gr.HTML:
    """Return the conversation of the tab, and the drawer of all conversations, which the browser alone stores."""
    return gr.HTML(
        value=Conversation().as_json,
        html_template=_LIBRARY,
        js_on_load=_code("library.js") + _code("connection.js") + _code("export.js"),
        apply_default_css=False,
        elem_id="library",
    )


def question_helper() -> gr.HTML:
    """Return the fields and chips of the scope, the articles that a question is asked of, and the list of keys."""
    return gr.HTML(
        value={"outlets": [], "folders": []},
        html_template=_ASKING,
        js_on_load=_code("asking.js"),
        apply_default_css=False,
        elem_id="asking",
    )


def hint_line(note: str) -> gr.HTML:
    """Return the line under the input: the standing note, or why a question was refused."""
    return gr.HTML(
        value=hint_value(note),
        html_template='<p class="hint" role="status"></p>',
        js_on_load=_code("hint.js"),
        apply_default_css=False,
        elem_id="hint",
    )


def hint_value(text: str, *, alert: bool = False) -> dict[str, Any]:
    """Return the value of the line under the input."""
    return {"text": text, "alert": alert}


def _code(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def panel_value(conversation: Conversation) -> dict[str, Any]:
    """Return the sources of each exchange as JSON (`Conversation.as_json` says why), and the id of the newest."""
    last = conversation.last
    turns = [json.dumps(turn_of(exchange)) for exchange in conversation.exchanges]
    return {"shown": last.id if last else "", "turns": turns}


def turn_of(exchange: Exchange) -> dict[str, Any]:
    """Return what the panel shows of an exchange: its question, a heading, a note and a card for each article."""
    texts = state_texts(exchange)
    articles: dict[str, list[Source]] = {}
    for source in exchange.sources:
        articles.setdefault(source.path, []).append(source)
    cards = [_article(sources) for sources in articles.values()]
    about = {"id": exchange.id, "question": exchange.question, "heading": texts.heading, "note": texts.note}
    return about | {"articles": cards}


def _article(sources: Sequence[Source]) -> dict[str, Any]:
    """Return the card of an article with its quotations in the order of their numbers."""
    first = sources[0]
    # No other scheme becomes a link: the address is text of an article.
    is_web = first.url and first.url.startswith(("https://", "http://"))
    return {
        "title": first.headline or first.path,
        "about": first.about,
        "path": first.path,
        "since": first.since.in_words if first.since else "",
        "original": first.url if is_web else "",
        "also_in": list(first.also_in),
        "quotes": [source.model_dump(mode="json", include=_QUOTE_FIELDS) for source in sources],
    }
