"""The fields that an HTML page declares: in JSON-LD, meta tags, microdata, time elements and the canonical link.

Only labelled fields are read; a date or a name that merely stands on the page is not. JSON-LD goes before meta tags,
and of several articles in it the one counts whose headline is the page's.
"""

import html as entities
import json
import re
from collections import deque
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
"""The letters of the names of meta tags and microdata, by field; the first that a page has counts."""
_DESCRIPTIONS = ("description", "ogdescription", "twitterdescription")
_ARTICLE = re.compile(r"(?:Article|Posting|Report|BlogPost)$|^Article")
_URL = re.compile(r"https?://\S+$")
_LANGUAGE = re.compile(r"[a-z]{2}(?=$|[-_])", re.IGNORECASE)
_MOST_NODES = 1000
_NEAR_THE_HEADLINE = 300
"""How many characters after a headline a time without a label may stand; by judgement."""


class Page(NamedTuple):
    """The fields that a page declares, its descriptions of the article, the text, and the number of its words."""

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
        attributes = {name: value or "" for name, value in attrs}
        self._labelled(tag, attributes)
        if tag == "html":
            self.language = attributes.get("lang")
        elif tag == "link" and attributes.get("rel", "").lower() == "canonical":
            self.canonical = attributes.get("href")
        elif tag in ("title", "h1") or attributes.get("type", "").lower() == "application/ld+json":
            self._into = tag if tag in self.texts else "json"
            self.texts[self._into].append("")

    def _labelled(self, tag: str, attributes: dict[str, str]) -> None:
        """Take a meta tag, microdata, and the time that stands beside the headline without any label."""
        value = (attributes.get("content") or attributes.get("datetime") or "").strip()
        labels = ("property", "name", "itemprop") if tag == "meta" else ("itemprop",)
        # By their letters `og:title`, `og_title` and `OG.Title` are one name.
        for name in (letters(attributes[label]) for label in labels if label in attributes):
            if value:
                self.meta.setdefault(name, value)
        if tag == "time" and value:
            if "pubdate" in attributes:
                self.meta.setdefault("pubdate", value)
            elif self._since_headline is not None and self._since_headline <= _NEAR_THE_HEADLINE:
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
        """Return the titles of the page: a headline that is the only one, then the title in the head."""
        # Where several headlines stand, the page is a list of articles.
        headings = self.texts["h1"] if len(self.texts["h1"]) == 1 else []
        return [" ".join(text.split()) for text in (*headings, *self.texts["title"][:1]) if text.strip()]


def page(html: str) -> Page:
    """Return the fields, descriptions and text that a page declares of its article."""
    head = _Head()
    head.feed(html)
    titles = head.titles()
    tags = {}
    for field, keys in _META.items():
        tags[field] = next((head.meta[key] for key in keys.split() if key in head.meta), None)
    tags["headline"] = tags["headline"] or next(iter(titles), None)
    tags["published"] = tags["published"] or head.meta.get("time")
    tags["url"] = head.canonical or tags["url"]
    tags["language"] = head.language or head.meta.get("oglocale")
    # The headline that the page shows decides between several articles in JSON-LD: teasers are described there, too.
    article = _article(head.texts["json"], [title for title in (tags["headline"], *titles) if title])
    texts = {field: text for field, text in tags.items() if text} | _from_json_ld(article)
    fields: Declared = {field: value for field, text in texts.items() if (value := _read(field, text))}
    descriptions = (_text(article, "description"), *(head.meta.get(name, "") for name in _DESCRIPTIONS))
    count = article.get("wordCount")
    # A number of more figures is no count of words.
    words = int(count) if isinstance(count, int | str) and str(count).isdecimal() and len(str(count)) < 7 else 0
    return Page(fields, tuple(dict.fromkeys(filter(None, descriptions))), _text(article, "articleBody"), words)


def _read(name: str, text: str) -> str | date | None:
    if name in ("published", "updated"):
        return day(text.strip())
    if name == "language":
        match = _LANGUAGE.match(text)
        return match.group().lower() if match else None
    is_url = bool(_URL.match(text))
    # In a field for a name a URL is the address of a profile, and no name.
    return text if is_url == (name == "url") else None


def _article(scripts: list[str], titles: list[str]) -> dict[str, Any]:
    """Return the object of JSON-LD that describes the article of the page; an empty one where none does."""
    articles = []
    for script in scripts:
        try:
            root = json.loads(script)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(root):
            if any(_ARTICLE.search(str(kind)) for kind in _list(node.get("@type"))):
                articles.append(node)
    for article in articles:
        headline = letters(_text(article, "headline"))
        if headline and any(headline in letters(title) for title in titles):
            return article
    return next(iter(articles), {})


def _from_json_ld(article: dict[str, Any]) -> dict[str, str]:
    fields = {
        "headline": article.get("headline"),
        "outlet": _name(article.get("publisher")),
        "author": ", ".join(name for author in _list(article.get("author")) if (name := _name(author))),
        "published": article.get("datePublished"),
        "updated": article.get("dateModified"),
        "language": article.get("inLanguage"),
    }
    return {name: value.strip() for name, value in fields.items() if isinstance(value, str) and value.strip()}


def _nodes(root: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects in JSON-LD, those at the top first, then those within them."""
    queue = deque(_list(root))
    for _ in range(_MOST_NODES):
        if not queue:
            return
        node = queue.popleft()
        if isinstance(node, dict):
            yield node
        # Objects lie in lists and below `@graph`, at any depth; breadth first, those at the top come before their
        # parts.
        for value in node.values() if isinstance(node, dict) else _list(node):
            if isinstance(value, dict | list):
                queue.extend(_list(value))


def _text(node: dict[str, Any], name: str) -> str:
    value = node.get(name)
    return entities.unescape(value).strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _name(value: Any) -> str | None:
    name = value.get("name") if isinstance(value, dict) else value
    return name if isinstance(name, str) and not _URL.match(name) else None
