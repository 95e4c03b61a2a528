"""RSS (0.9x, 1.0, 2.0) and Atom feeds: one article an item, its text without the markup."""

import codecs
import re
from html.entities import html5
from io import BytesIO

from index.corpus.documents import Contents, Declared
from index.corpus.fields import Parts, day
from index.corpus.formats import xml
from index.corpus.formats.markup import MAX_TAGS, text_of
from index.corpus.formats.xml import Name
from index.errors import UnreadableFile

_ATOM = "http://www.w3.org/2005/Atom"
_NAMESPACES = {
    "",
    _ATOM,
    "http://purl.org/rss/1.0/",
    "http://backend.userland.com/rss2",
    "http://purl.org/rss/1.0/modules/content/",
    "http://purl.org/dc/elements/1.1/",
}
_FIELDS = {
    "channel": {"title": "outlet"},
    "feed": {"title": "outlet"},
    "source": {"title": "source"},
    "author": {"name": "author"},
    "item": {name: name for name in "title source author link guid description encoded".split()}
    | {"creator": "author", "pubDate": "published", "date": "published"},
    "entry": {name: name for name in "title content id published updated".split()} | {"summary": "description"},
}
_ROOTS = (["rss"], ["RDF"], ["feed"])
_TEXTS = ("encoded", "content", "description")
# An "&" that begins none of the references XML knows by itself: a name of HTML's, or nothing.
_REFERENCE = re.compile(rb"&(?!#\d+;|#[xX][0-9a-fA-F]+;|(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]*;)?")
_PERSON = re.compile(r"^\S+@\S+ \((.+)\)$")


def read_feed(data: bytes) -> Contents:
    """Return the items of a feed; where the XML breaks off, those before the break, which is reported."""
    feed = _Feed()
    try:
        xml.parse(BytesIO(_as_xml(data)), xml.Handlers(feed.start, feed.end, feed.text))
    except _FullError:
        # `is_full` has noted it; the articles before it are kept.
        pass
    except UnreadableFile as error:
        if not feed.parts:
            raise
        feed.parts.stop(f"article {feed.count}", f"cannot be read: {error}")
    if not feed.is_feed:
        raise UnreadableFile("it is XML, but neither an RSS nor an Atom feed")
    return feed.parts.contents()


def _as_xml(data: bytes) -> bytes:
    """Return a feed as well-formed XML: nothing before its declaration, and the characters that HTML's entities name.

    An "&" that begins no entity stands for itself, as in HTML.
    """
    start = data.removeprefix(codecs.BOM_UTF8).lstrip()
    # In UTF-16 the pattern of bytes fits nothing, and such a feed is left as it is.
    return (
        _REFERENCE.sub(_as_characters, start) if start[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else data
    )


def _as_characters(reference: re.Match[bytes]) -> bytes:
    name = (reference[1] or b"").decode()
    if characters := html5.get(name):
        return "".join(f"&#{ord(character)};" for character in characters).encode()
    return reference[0] if name else b"&amp;"


class _FullError(Exception):
    """The feed has given as many articles as one file may."""


class _Feed:
    """Keeps the fields of the feed and of the current item, and ignores the rest of the XML."""

    def __init__(self) -> None:
        self.parts = Parts("xml")
        self.is_feed = False
        self._path: list[str] = []
        self._feed: dict[str, str] = {}
        self._item: dict[str, str] | None = None
        self.count = 0
        self._field = ""
        self._field_depth = 0
        self._plain = False
        self._pieces: list[str] = []

    def start(self, name: Name, attributes: dict[str, str]) -> None:
        parent = self._path[-1] if self._path else ""
        # The root counts in any namespace (RDF has its own); elements in others, such as media:title, are nameless
        # here.
        self._path.append(name.local if name.space in _NAMESPACES or not self._path else "")
        if self._field:
            if len(self._pieces) > 4 * MAX_TAGS:
                raise UnreadableFile(f"one of its fields has more than {MAX_TAGS:,} tags")
            # XHTML within a field is written out again, and read as markup with the rest.
            self._pieces.append(f"<{name.local}>")
            return
        self.is_feed |= self._path in _ROOTS
        if self._path[-1] in ("item", "entry") and self._item is None:
            self._item = {}
        elif self._path[-1] == "link" and parent == "entry" and attributes.get("rel", "alternate") == "alternate":
            self._keep("link", attributes.get("href", ""))
        elif field := _FIELDS.get(parent, {}).get(self._path[-1]):
            self._field, self._field_depth, self._pieces = field, len(self._path), []
            self._plain = name.space == _ATOM and attributes.get("type", "text") == "text"

    def text(self, text: str) -> None:
        if self._field:
            nested = len(self._path) > self._field_depth
            # XML has resolved the entities. In a field itself that gives markup; inside its elements it gives text,
            # which is escaped again to stay text.
            self._pieces.append(text.replace("&", "&amp;").replace("<", "&lt;") if nested else text)

    def end(self, name: Name) -> None:
        if self._field and len(self._path) > self._field_depth:
            self._pieces.append(f"</{name.local}>")
        elif self._field:
            value = "".join(self._pieces)
            self._keep(self._field, value.strip() if self._plain else _text_of_field(value))
            self._field = ""
        elif self._path[-1] in ("item", "entry") and self._item is not None:
            if self.parts.is_full(f"article {self.count}"):
                raise _FullError
            self.count += 1
            self._add(self._item)
            self._item = None
        self._path.pop()

    def _keep(self, field: str, value: str) -> None:
        if value:
            # The first counts: an item may have several links, or its own name for what comes again in an extension.
            (self._feed if self._item is None else self._item).setdefault(field, value)

    def _add(self, item: dict[str, str]) -> None:
        text = next((item[name] for name in _TEXTS if item.get(name)), "")
        author = item.get("author", "")
        person = _PERSON.match(author)
        fields: Declared = {
            "headline": " ".join(item.get("title", "").split()),
            "outlet": item.get("source") or self._feed.get("outlet"),
            "author": person.group(1) if person else author if "@" not in author else None,
            "published": day(item.get("published") or item.get("updated", "")),
            "url": item.get("link"),
        }
        with self.parts.refusing(f"article {self.count}"):
            self.parts.add(text, fields, item.get("guid") or item.get("id") or item.get("link"))


def _text_of_field(markup: str) -> str:
    try:
        return text_of(markup)
    except UnreadableFile as error:
        raise UnreadableFile(f"one of its fields {error}") from None
