"""The articles of a mail: its text, each message attached to it (RFC 2046), and each that it quotes with a header."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from typing import NamedTuple

from index.corpus.documents import Contents, Declared, storable
from index.corpus.fields import Parts, day, storable_fields
from index.corpus.formats.mail.quoted import message_pieces
from index.corpus.formats.markup import fault_of_markup, text_of
from index.corpus.formats.mime import message_of
from index.corpus.reflow import reflowed
from index.errors import UnreadableFile

_MAX_MESSAGES = 1_000
_MUCH_FULLER = 1.2
"""So much more text makes an HTML body the one that is read; by judgement."""
_ADDRESS = re.compile(r"\S+://\S+")


class _Body(NamedTuple):
    text: str
    is_plain: bool

    @property
    def letters(self) -> int:
        """The number of its letters, those of web addresses left out."""
        return sum(map(str.isalpha, _ADDRESS.sub("", self.text)))


@dataclass(frozen=True)
class _Header:
    subject: str
    sender: str
    sent: date | None
    is_from_a_list: bool
    identity: str

    @property
    def declared(self) -> Declared:
        """The fields of the article; the sender of a mailing list (RFC 2369) is an outlet, any other an author."""
        sender = "outlet" if self.is_from_a_list else "author"
        return {"headline": self.subject, sender: self.sender, "published": self.sent}


def read_mail(data: bytes) -> Contents:
    """Return the articles of a mail: one, unless it forwards or gathers others."""
    message = message_of(data, "a mail", "save it without attachments, or as text")
    parts, is_alone = Parts("mail"), True
    try:
        for number, attached in enumerate(_messages(message)):
            pieces = _add(parts, attached, number)
            is_alone = is_alone and number == 0 and pieces == 1
    except UnreadableFile:
        raise
    except Exception as error:  # the email package lets many errors out of a broken header
        raise UnreadableFile(f"it is not a whole mail ({type(error).__name__})") from None
    if not len(parts):
        raise UnreadableFile("it holds no text")
    return parts.contents().alone() if is_alone else parts.contents()


def _messages(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield a message and those attached to it, as they stand; a message that forwards one comes before it."""
    # A stack of its own, as a hostile mail may nest deeper than Python calls.
    waiting, count = [message], 0
    while waiting:
        part = waiting.pop()
        if part is message or part.get_content_type() == "message/rfc822":
            count += 1
            if count > _MAX_MESSAGES:
                raise UnreadableFile(f"it holds more than {_MAX_MESSAGES:,} messages; save them one by one")
            inner = part if part is message else part.get_payload(0)
            if not isinstance(inner, EmailMessage):
                continue
            yield inner
            part = inner
        if part.is_multipart():
            children = [child for child in part.iter_parts() if isinstance(child, EmailMessage)]
            # The last of the stack comes next: turned round, the parts come as they stand in the mail.
            waiting += reversed(children)


def _add(parts: Parts, message: EmailMessage, number: int) -> int:
    """Add the articles of one message, but those without text; return into how many pieces it was cut."""
    header, body = _header(message), _body(message)
    pieces = message_pieces(body.text, header.subject)
    for place, piece in enumerate(pieces):
        text = reflowed(piece.text) if body.is_plain else piece.text.strip()
        if not text:
            continue
        fields = storable_fields(header.declared)
        if piece.quoted:
            fields |= storable_fields({"headline": piece.subject, "author": piece.sender, "published": piece.sent})
        # The place is counted with pieces that are left out, so it stays the same when one of them gets a text.
        parts.add(text, fields, identity=f"{header.identity or number} {place}")
    return len(pieces)


def _header(message: EmailMessage) -> _Header:
    def line(name: str) -> str:
        return storable(" ".join(str(message[name] or "").split()))

    # A group such as `undisclosed-recipients:;` has no address (RFC 5322, 3.4).
    addresses = message["From"].addresses if message["From"] else ()
    sender = addresses[0].display_name if addresses else ""
    is_from_a_list = any(message[name] for name in ("List-Id", "List-Unsubscribe", "List-Post"))
    return _Header(line("Subject"), sender, day(line("Date")), is_from_a_list, line("Message-ID"))


def _body(message: EmailMessage) -> _Body:
    """Return the fuller one of a plain and an HTML body: the plain one of many newsletters only links to the other."""
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    as_plain = _Body(storable(str(plain.get_content())), True) if plain else _Body("", True)
    if not html:
        return as_plain
    markup = storable(str(html.get_content()))
    # What is too much to read as HTML may still have a plain body.
    if fault := fault_of_markup(markup):
        if as_plain.text.strip():
            return as_plain
        raise UnreadableFile(f"it {fault}")
    as_html = _Body(text_of(markup), False)
    return as_html if as_html.letters > _MUCH_FULLER * as_plain.letters else as_plain
