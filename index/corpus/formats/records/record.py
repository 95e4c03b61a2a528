"""The article in a record of named fields, by the names that feeds, APIs and corpora use.

Among them are NewsAPI, the Guardian's Open Platform, the New York Times, WordPress' REST API, Event Registry and Media
Cloud. An API nests its records in envelopes, and may cut a text off; the form of the record shows both.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from index.corpus.documents import storable
from index.corpus.fields import HEADLINE, URL, Parts, declared, fields_by_name, first_line, first_text, unescaped
from index.corpus.formats.markup import looks_like_markup, text_of
from index.errors import UnreadableFile
from index.text.normal_form import normalised

FieldNames = Mapping[str, str]
"""The names of fields in records, by the name of the field of an article in `MAY_BE_NAMED`."""
NO_NAMES: FieldNames = MappingProxyType({})

MAY_BE_NAMED = {
    "text": "text",
    "summary": "description",
    "title": "headline",
    "source": "source",
    "author": "author",
    "date": "published",
    "updated": "updated",
    "url": "url",
}
"""The fields of an article that QA_FIELDS may name, and the usual name of each in a record."""

_BODY = (
    "text body content articlebody contenttext contenthtml bodytext bodyhtml fulltext maintext storytext article "
    "document contents"
).split()
_LEAD = "description summary abstract standfirst trailtext excerpt snippet leadparagraph".split()
_IDENTITY = "id guid uuid uri articleid docid storiesid".split()
_LISTS = "articles items entries stories documents docs results records data hits news".split()
_ENVELOPES = "fields attributes".split()
# How deep records may lie in envelopes, and how many fields an inner object may have: each level copies them.
_DEEPEST, _MOST_FIELDS = 4, 1_000
_CUT = re.compile(r"\s*(?:…|\.\.\.)?\s*\[(?:\+\d+ chars|…|\.\.\.)\]\s*$")
"""How NewsAPI and WordPress end a text that they cut off."""


def records_in(value: Any) -> list[Any] | None:
    """Return the records of a list, or of an object that holds one at some depth; None for a single record."""
    if isinstance(value, list):
        return value
    if _holds_text(value, _BODY):
        return None
    level = [value]
    for _ in range(_DEEPEST):
        # Level by level: a list near the top is that of the articles, one further down belongs to one of them.
        fields = [field for node in level for field in fields_by_name(node).items()]
        lists = [inner for name, inner in fields if isinstance(inner, list) and name in _LISTS]
        lists += [inner for _, inner in fields if isinstance(inner, list) and any(map(_is_article, inner[:1]))]
        if lists:
            return lists[0]
        level = [inner for _, inner in fields if isinstance(inner, dict)]
        if sum(map(_is_article, level)) > 1:
            return [node for node in level if _is_article(node)]
    return None


def add_article(parts: Parts, record: Any, field_names: FieldNames) -> None:
    """Add the article of a record; raise UnreadableFile when it has no text, or too much."""
    fields = _fields(record)
    for name, name_in_record in field_names.items():
        # Named as people write it, looked up as `fields_by_name` writes it.
        value = fields.get(next(iter(fields_by_name({name_in_record: None}))))
        fields |= {MAY_BE_NAMED[name]: value} if value else {}
    if not fields:
        raise UnreadableFile("is not an object with fields")
    text, cut_off = _text(fields)
    if not text:
        raise UnreadableFile(
            f"has no text (in a field such as {', '.join(_BODY[:3])}; name another: QA_FIELDS=text=FIELD)"
        )
    identity = first_line(fields, _IDENTITY) or first_line(fields, URL)
    parts.add(text, declared(fields), identity, cut_off=cut_off)


def _fields(record: Any, depth: int = _DEEPEST) -> dict[str, Any]:
    """Return the fields of a record by name, and those of the objects in it.

    A field of an inner object goes by both names (`headline.main` is `headlinemain`); of an envelope, which is an inner
    object that holds the text, it goes by its own name too.
    """
    fields = fields_by_name(record)
    for name, inner in list(fields.items()) if depth else ():
        if not isinstance(inner, dict) or len(inner) > _MOST_FIELDS:
            continue
        inner_fields = _fields(inner, depth - 1)
        is_envelope = (name in _ENVELOPES and _holds_text(inner, _LEAD)) or _holds_text(inner_fields, _BODY)
        if is_envelope:
            del fields[name]
            # A field outside an envelope goes before one of the same name inside.
            fields = inner_fields | fields
        fields = {name + key: value for key, value in inner_fields.items()} | fields
    return fields


def _holds_text(record: Any, names: Sequence[str]) -> bool:
    fields = fields_by_name(record)
    return any(first_text(fields, [name]) for name in names)


def _is_article(value: Any) -> bool:
    return _holds_text(_fields(value), (*_BODY, *_LEAD)) if isinstance(value, dict) else False


def _text(fields: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the text of an article, and whether it is only its beginning or a summary.

    A lead stands above the body where the body does not repeat it. A record that has no text, but names an article and
    its address, has the text of the headline.
    """
    body = _whole_sentences(_readable(first_text(fields, _BODY)))
    leads = [_whole_sentences(_readable(first_text(fields, [name]))).text for name in _LEAD]
    pieces: list[str] = []
    # The longest first: a lead that another lead or the body repeats is left out.
    for piece in sorted(filter(None, (*leads, body.text)), key=len, reverse=True):
        if not any(_comparable(piece) in _comparable(longer) for longer in pieces):
            pieces.append(piece)
    text = "\n".join(piece for piece in dict.fromkeys((*leads, body.text)) if piece in pieces) or body.half_sentence
    if not text and first_line(fields, URL):
        text = unescaped(first_line(fields, HEADLINE))
    return text, body.is_cut or not body.text


def _readable(text: str) -> str:
    return text_of(storable(text)) if looks_like_markup(text) else unescaped(text).strip()


class _WholeSentences(NamedTuple):
    """The whole sentences of a text, and the half one at its end where it `is_cut` off."""

    text: str
    half_sentence: str = ""
    is_cut: bool = False


def _whole_sentences(text: str) -> _WholeSentences:
    mark = _CUT.search(text)
    if not mark:
        return _WholeSentences(text)
    import sentencex

    text = text[: mark.start()]
    last = list(sentencex.get_sentence_boundaries("en", text))[-1:]
    # The last sentence is the one that was cut; alone, it is still better than nothing.
    start = last[0]["start_index"] if last else 0
    return _WholeSentences(text[:start].strip(), text[start:].strip(), is_cut=True)


def _comparable(text: str) -> str:
    return " ".join(normalised(text).casefold().rstrip("….").split())
