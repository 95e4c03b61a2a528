"""The panel of sources: its markup and code are fixed; all that varies is data, and reaches the page as text nodes."""

from importlib.resources import files
from typing import Any

import gradio as gr

from qa.web.page.conversation import Conversation, Exchange

_FOLDER = files(__package__)
_HTML = """
<div class="bar"><h2 class="heading"></h2><span class="count"></span>
<button class="close" type="button" aria-label="Close the sources"></button></div>
<p class="note"></p><ol class="list"></ol>
"""


def source_panel() -> gr.HTML:
    """Return the component that shows the sources of one exchange, and lets the links in the answers jump to them."""
    # A plain gr.HTML: for a subclass Gradio would write a stub file into the package.
    return gr.HTML(
        value=panel_value(Conversation()),
        html_template=_HTML,
        js_on_load=_code("panel.js"),
        apply_default_css=False,
        elem_id="sources",
    )


def hint_line(note: str) -> gr.HTML:
    """Return the line under the input: the standing note, or what is wrong with what was typed."""
    return gr.HTML(
        value=hint_value(note),
        html_template='<p class="hint" role="status"></p>',
        js_on_load=_code("hint.js"),
        apply_default_css=False,
        elem_id="hint",
    )


def hint_value(text: str, *, alert: bool = False) -> dict[str, Any]:
    """Return what the line under the input says."""
    return {"text": text, "alert": alert}


def _code(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def panel_value(conversation: Conversation) -> dict[str, Any]:
    """Return the sources of all exchanges, and which one to show: the newest."""
    last = conversation.last
    turns = [_turn(exchange) for exchange in conversation.exchanges if exchange.sources or exchange is last]
    return {"shown": last.id if last else "", "turns": turns}


def _turn(exchange: Exchange) -> dict[str, Any]:
    heading, note = _words(exchange)
    items = [source.model_dump(mode="json") for source in exchange.sources]
    return {"id": exchange.id, "heading": heading, "note": note, "items": items}


def _words(exchange: Exchange) -> tuple[str, str]:
    if exchange.heading:
        return "Nearest sentences", "Where the quotes stand in their articles. They may not answer the question."
    if any(source.number for source in exchange.sources):
        return "Sources", ""
    if exchange.is_open:
        return "Sources", "Reading the articles …"
    if not exchange.sources:
        return "Sources", "No passage comes near this question."
    if exchange.state == "declined":
        return "Passages found", "What was found for the question. The answer rests on none of it."
    if exchange.state == "not_in_articles":
        return "Nearest passages", "What the articles come closest with. None of it answers the question."
    return "Passages found", "What was found before the answer broke off."
