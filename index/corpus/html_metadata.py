"""What an HTML page declares about its article: JSON-LD, meta tags, the canonical link, the language attribute.

Only labelled fields are read; a date or a name that merely stands on the page is not. JSON-LD goes before meta tags.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any

from index.corpus.documents import Declared

_META = {
    "headline": ("og:title", "twitter:title", "parsely-title", "dc.title"),
    "outlet": ("og:site_name", "application-name", "publisher", "dc.publisher"),
    "author": ("author", "article:author", "byl", "parsely-author", "dc.creator"),
    "published": ("article:published_time", "datepublished", "parsely-pub-date", "pubdate", "dc.date.issued"),
    "updated": ("article:modified_time", "og:updated_time", "datemodified", "lastmod"),
    "url": ("og:url",),
}
_ARTICLE = re.compile(r"(?:Article|Posting|Report|BlogPost)$|^Article")
_URL = re.compile(r"https?://\S+$")
_LANGUAGE = re.compile(r"[a-z]{2}(?=$|[-_])", re.IGNORECASE)
_MOST_NODES = 1000


class _Head(HTMLParser):
    """Gathers meta tags, scripts of JSON-LD, the canonical link, the language, and the text of title and h1."""

    def __init__(self) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.texts: dict[str, list[str]] = {"title": [], "h1": [], "json": []}
        self.canonical: str | None = None
        self.language: str | None = None
        self._into: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = said.get("lang")
        elif tag == "meta":
            for name in ("property", "name", "itemprop"):
                if name in said:
                    self.meta.setdefault(said[name].lower(), said.get("content", "").strip())
        elif tag == "link" and said.get("rel", "").lower() == "canonical":
            self.canonical = said.get("href")
        elif tag in ("title", "h1") or said.get("type", "").lower() == "application/ld+json":
            self._into = tag if tag in self.texts else "json"
            self.texts[self._into].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("title", "h1", "script"):
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into:
            self.texts[self._into][-1] += data


def declared(html: str) -> Declared:
    """Return the fields that a page declares, by name; those that it does not are left out."""
    head = _Head()
    head.feed(html)
    tags = {name: next((head.meta[key] for key in keys if head.meta.get(key)), None) for name, keys in _META.items()}
    titles = [" ".join(text.split()) for text in head.texts["h1"]] if len(head.texts["h1"]) == 1 else []
    titles += [" ".join(text.split()) for text in head.texts["title"][:1]]
    tags["headline"] = tags["headline"] or next((title for title in titles if title), None)
    tags["url"] = head.canonical or tags["url"]
    tags["language"] = head.language or head.meta.get("og:locale")
    said = {name: value for name, value in tags.items() if value} | _from_json_ld(head.texts["json"])
    return {name: value for name, text in said.items() if (value := _read(name, text))}


def _read(name: str, text: str) -> str | date | None:
    if name in ("published", "updated"):
        from dateutil.parser import isoparse

        try:
            return isoparse(text.strip()).date()
        except (ValueError, OverflowError):
            return None
    if name == "language":
        match = _LANGUAGE.match(text)
        return match.group().lower() if match else None
    is_url = bool(_URL.match(text))
    return text if is_url == (name == "url") else None


def _from_json_ld(scripts: list[str]) -> dict[str, str]:
    """Return the fields of the first article in the scripts."""
    for script in scripts:
        try:
            roots = json.loads(script)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(roots):
            if any(_ARTICLE.search(str(kind)) for kind in _list(node.get("@type"))):
                told = {
                    "headline": node.get("headline"),
                    "outlet": _name(node.get("publisher")),
                    "author": ", ".join(name for one in _list(node.get("author")) if (name := _name(one))),
                    "published": node.get("datePublished"),
                    "updated": node.get("dateModified"),
                    "language": node.get("inLanguage"),
                }
                return {name: value.strip() for name, value in told.items() if isinstance(value, str) and value.strip()}
    return {}


def _nodes(root: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects at the top, in a list or in a graph."""
    waiting = _list(root)[:_MOST_NODES]
    for node in waiting:
        if isinstance(node, dict):
            yield node
            yield from (inner for inner in _list(node.get("@graph"))[:_MOST_NODES] if isinstance(inner, dict))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(value: Any) -> str | None:
    name = value.get("name") if isinstance(value, dict) else value
    return name if isinstance(name, str) and not _URL.match(name) else None
