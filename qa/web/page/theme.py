"""Colours and type of the page, light and dark."""

import gradio as gr

_FONT = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]


def newsdesk_theme() -> gr.themes.Base:
    """Return the theme; only fonts that the reader's machine has, so that none is fetched."""
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
