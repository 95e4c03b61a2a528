"""The text of an HTML fragment (a feed's item, a mail's body): all of it, a line for each block."""

import re
from collections.abc import Mapping

from index.errors import UnreadableFile

MAX_TAGS = 50_000
# By the signs alone, before anything is parsed: each tag and each attribute becomes an object.
_MAX_ATTRIBUTES = 2 * MAX_TAGS
_BLOCKS = frozenset(
    "address article aside blockquote br caption dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header "
    "hr li main nav ol p pre section table td th title tr ul".split()
)
_NOT_DISPLAYED = frozenset(("script", "style", "head", "template", "noscript"))
_HIDING = re.compile(r"\bdisplay\s*:\s*none\b|\bvisibility\s*:\s*hidden\b|\bmso-hide\s*:\s*all\b", re.IGNORECASE)
_MARKUP = re.compile(r"<(?:/?(?:p|div|span|a|b|i|em|strong|ul|ol|li|h[1-6]|blockquote)|br ?/?)(?: [^<>]*)?>", re.I)
_SPACE = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n[\n ]*")


def looks_like_markup(text: str) -> bool:
    """Whether a field that holds plain text or HTML holds HTML."""
    return bool(_MARKUP.search(text))


def fault_of_markup(html: str) -> str:
    """Return why markup is not read, else "": each tag costs many times its length in memory."""
    if (tags := html.count("<")) > MAX_TAGS:
        return f"has {tags:,} tags, over the limit of {MAX_TAGS:,}; keep the article alone"
    if (attributes := html.count("=")) > _MAX_ATTRIBUTES:
        return f"has up to {attributes:,} attributes, over the limit of {_MAX_ATTRIBUTES:,}; keep the article alone"
    return ""


def text_of(html: str) -> str:
    """Return the text of a fragment, a line for each block; raise UnreadableFile when there are too many tags.

    Entities are resolved. Elements that their own style hides, such as the preview line of a mail, are left out.
    """
    from lxml import etree

    if fault := fault_of_markup(html):
        raise UnreadableFile(fault)
    # libxml2's own limits on depth and size are lifted: tags and attributes were counted, and no tree is built.
    parser = etree.HTMLParser(target=_Text(), encoding="utf-8", huge_tree=True)
    text: str = etree.fromstring(html.encode("utf-8", "replace"), parser) if html.strip() else ""
    return _BREAKS.sub("\n", text).strip()


class _Text:
    """Receives lxml's parser events; no tree is built, so that depth does not matter."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._hidden_depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if (
            self._hidden_depth
            or tag in _NOT_DISPLAYED
            or "hidden" in attributes
            or _HIDING.search(attributes.get("style", ""))
        ):
            self._hidden_depth += 1  # and with it all elements inside
        if tag in _BLOCKS:
            self._pieces.append("\n")

    def end(self, tag: str) -> None:
        self._hidden_depth -= bool(self._hidden_depth)
        if tag in _BLOCKS:
            self._pieces.append("\n")

    def data(self, text: str) -> None:
        if not self._hidden_depth:
            # In HTML a line feed is a space; line feeds are put in at blocks only.
            self._pieces.append(_SPACE.sub(" ", text.replace("\n", " ")))

    def close(self) -> str:
        return _SPACE.sub(" ", "".join(self._pieces))
