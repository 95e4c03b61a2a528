"""The look of the page: its theme, and the head that must stand in the HTML before any script runs.

That has the colours and the style, so that nothing jumps, and a sentence for readers without JavaScript. Gradio gets
the style as well, and puts it behind its own.
"""

from importlib.resources import files

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from qa.web.middleware import HttpMiddleware

_FONT = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]

_PARTS = [(files(__package__) / name).read_text(encoding="utf-8") for name in ("head.html", "page.css")]
STYLE = f"<style>{_PARTS[1]}</style>"
_HEAD = (_PARTS[0] + STYLE).encode()
_END = b"</head>"
_MANIFEST = b'href="/manifest.json"', b'href="manifest.json"'
"""The link of Gradio leaves out the path below which the page may be served."""


class EarlyHead(HttpMiddleware):
    """Middleware of Gradio's app: writes our head into the HTML of the page, for Gradio adds its own by a script."""

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].endswith("/"):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if message["type"] != "http.response.body":
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            # The whole body is at hand, so its length is known again.
            whole = bytes(body).replace(_END, _HEAD + _END, 1).replace(*_MANIFEST)
            headers = MutableHeaders(raw=list(start["headers"]))
            if "content-length" in headers:
                headers["content-length"] = str(len(whole))
            await send({**start, "headers": headers.raw})
            await send({"type": "http.response.body", "body": whole})

        await self._app(scope, receive, collect)


def newsdesk_theme() -> gr.themes.Base:
    """Return the theme; it has only fonts of the reader's machine, so that none is fetched."""
    theme = gr.themes.Base(primary_hue="blue", neutral_hue="zinc", radius_size="md", font=_FONT, font_mono=_MONO)
    return theme.set(
        body_background_fill="#fbfbfa",
        body_background_fill_dark="#111113",
        body_text_color="#18181b",
        body_text_color_dark="#f4f4f5",
        body_text_color_subdued="#5b5b63",
        body_text_color_subdued_dark="#a7a7b0",
        block_background_fill="#ffffff",
        block_background_fill_dark="#18181b",
        block_border_width="0px",
        block_shadow="none",
        input_background_fill="#ffffff",
        input_background_fill_dark="#18181b",
        border_color_primary="#e2e2e5",
        border_color_primary_dark="#313136",
        button_secondary_background_fill="transparent",
        button_secondary_background_fill_dark="transparent",
        button_secondary_background_fill_hover="#efeff0",
        button_secondary_background_fill_hover_dark="#242428",
    )
