"""What an HTML page declares about its article: JSON-LD, meta tags, microdata, time elements, the canonical link.

Only labelled fields are read; a date or a name that merely stands on the page is not. JSON-LD goes before meta tags,
and of several articles in it the one counts whose headline is the page's.
"""

import html as entities
import json
import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any, NamedTuple

from index.corpus.documents import Declared
from index.corpus.fields import day
from index.text.normal_form import letters

_META = {
    "headline": "ogtitle twittertitle parselytitle dctitle",
    "outlet": "ogsitename applicationname publisher dcpublisher",
    "author": "author articleauthor byl parselyauthor dccreator",
    "published": "articlepublishedtime articlepublished articlepublisheddate ogarticlepublishedtime ogpublishedtime "
    "datepublished publisheddate publishedtime publishdate publishtime pubdate publicationdate articlepublicationdate "
    "articlepubdate parselypubdate sailthrudate btpubdate rnewsdatepublished citationpublicationdate citationdate "
    "dcdateissued dcdatepublished dctermsissued dcdatecreated dctermscreated dccreated dcdate dctermsdate datecreated "
    "articledateoriginal originalpublicationdate date",
    "updated": "articlemodifiedtime ogarticlemodifiedtime ogupdatedtime datemodified modifieddate modifiedtime lastmod "
    "dcdatemodified dctermsmodified",
    "url": "ogurl",
}
"""Names of meta tags and microdata by field, without the signs between their words; the first that is there counts."""
_DESCRIPTIONS = ("description", "ogdescription", "twitterdescription")
_ARTICLE = re.compile(r"(?:Article|Posting|Report|BlogPost)$|^Article")
_URL = re.compile(r"https?://\S+$")
_LANGUAGE = re.compile(r"[a-z]{2}(?=$|[-_])", re.IGNORECASE)
_MOST_NODES = 1000
_BESIDE_THE_HEADLINE = 300


class Page(NamedTuple):
    """What a page declares: fields, its descriptions of the article, and its text; `words` is how many it has."""

    declared: Declared
    descriptions: tuple[str, ...] = ()
    body: str = ""
    words: int = 0


class _Head(HTMLParser):
    """Gathers meta tags, scripts of JSON-LD, the canonical link, the language, and the text of title and h1."""

    def __init__(self) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.texts: dict[str, list[str]] = {"title": [], "h1": [], "json": []}
        self.canonical: str | None = None
        self.language: str | None = None
        self._into: str | None = None
        self._since_headline: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self._labelled(tag, said)
        if tag == "html":
            self.language = said.get("lang")
        elif tag == "link" and said.get("rel", "").lower() == "canonical":
            self.canonical = said.get("href")
        elif tag in ("title", "h1") or said.get("type", "").lower() == "application/ld+json":
            self._into = tag if tag in self.texts else "json"
            self.texts[self._into].append("")

    def _labelled(self, tag: str, said: dict[str, str]) -> None:
        """Take a meta tag, microdata, and the time that stands beside the headline without any label."""
        value = (said.get("content") or said.get("datetime") or "").strip()
        labels = ("property", "name", "itemprop") if tag == "meta" else ("itemprop",)
        for name in (letters(said[label]) for label in labels if label in said):
            if value:
                self.meta.setdefault(name, value)
        if tag == "time" and value:
            if "pubdate" in said:
                self.meta.setdefault("pubdate", value)
            elif self._since_headline is not None and self._since_headline <= _BESIDE_THE_HEADLINE:
                self.meta.setdefault("time", value)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("title", "h1", "script"):
            self._into = None
        if tag == "h1":
            self._since_headline = 0

    def handle_data(self, data: str) -> None:
        if self._into:
            self.texts[self._into][-1] += data
        elif self._since_headline is not None:
            self._since_headline += len(data.strip())

    def titles(self) -> list[str]:
        """Return what the page calls itself: a headline that stands alone as such, then its title."""
        headings = self.texts["h1"] if len(self.texts["h1"]) == 1 else []
        return [" ".join(text.split()) for text in (*headings, *self.texts["title"][:1]) if text.strip()]


def page(html: str) -> Page:
    """Return all that a page declares of its article."""
    head = _Head()
    head.feed(html)
    tags = {
        name: next((head.meta[key] for key in keys.split() if key in head.meta), None) for name, keys in _META.items()
    }
    titles = head.titles()
    tags["headline"] = tags["headline"] or next(iter(titles), None)
    tags["published"] = tags["published"] or head.meta.get("time")
    tags["url"] = head.canonical or tags["url"]
    tags["language"] = head.language or head.meta.get("oglocale")
    article = _article(head.texts["json"], [title for title in (tags["headline"], *titles) if title])
    said = {name: value for name, value in tags.items() if value} | _from_json_ld(article)
    fields: Declared = {name: value for name, text in said.items() if (value := _read(name, text))}
    descriptions = (_text(article, "description"), *(head.meta.get(name, "") for name in _DESCRIPTIONS))
    count = article.get("wordCount")
    words = int(count) if isinstance(count, int | str) and str(count).isdecimal() and len(str(count)) < 7 else 0
    return Page(fields, tuple(dict.fromkeys(filter(None, descriptions))), _text(article, "articleBody"), words)


def _read(name: str, text: str) -> str | date | None:
    if name in ("published", "updated"):
        return day(text.strip())
    if name == "language":
        match = _LANGUAGE.match(text)
        return match.group().lower() if match else None
    is_url = bool(_URL.match(text))
    return text if is_url == (name == "url") else None


def _article(scripts: list[str], titles: list[str]) -> dict[str, Any]:
    """Return the object of JSON-LD that describes the article of the page; an empty one where none does."""
    found = []
    for script in scripts:
        try:
            roots = json.loads(script)
        except (ValueError, RecursionError):
            continue
        found += [
            node for node in _nodes(roots) if any(_ARTICLE.search(str(kind)) for kind in _list(node.get("@type")))
        ]
    known = [letters(title) for title in titles]
    of_the_page = (
        node for node in found if (name := letters(_text(node, "headline"))) and any(name in t for t in known)
    )
    return next(of_the_page, next(iter(found), {}))


def _from_json_ld(article: dict[str, Any]) -> dict[str, str]:
    told = {
        "headline": article.get("headline"),
        "outlet": _name(article.get("publisher")),
        "author": ", ".join(name for one in _list(article.get("author")) if (name := _name(one))),
        "published": article.get("datePublished"),
        "updated": article.get("dateModified"),
        "language": article.get("inLanguage"),
    }
    return {name: value.strip() for name, value in told.items() if isinstance(value, str) and value.strip()}


def _nodes(root: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects in JSON-LD, those at the top first, then those within them."""
    waiting = _list(root)
    for at in range(_MOST_NODES):
        if at == len(waiting):
            return
        node = waiting[at]
        if isinstance(node, dict):
            yield node
        within = node.values() if isinstance(node, dict) else _list(node)
        waiting.extend(inner for value in within if isinstance(value, dict | list) for inner in _list(value))


def _text(node: dict[str, Any], name: str) -> str:
    value = node.get(name)
    return entities.unescape(value).strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _name(value: Any) -> str | None:
    name = value.get("name") if isinstance(value, dict) else value
    return name if isinstance(name, str) and not _URL.match(name) else None
