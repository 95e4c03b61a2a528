"""Mail (RFC 5322): a newsletter as one article; attachments are left out."""

from index.corpus.documents import Contents, Declared, Document, storable
from index.corpus.fields import day
from index.corpus.formats.markup import fault_of_markup, text_of
from index.corpus.reflow import reflowed
from index.errors import UnreadableFile

_MAX_LINES = 200_000
_MAX_PARTS = 2_000


def read_mail(data: bytes) -> Contents:
    """Return the body of a mail (the plain one where there are two), with its subject, sender and date."""
    from email import message_from_bytes, policy
    from email.message import EmailMessage

    # The email package keeps an object for each line and each part: tens of bytes for one, thousands for the other.
    if data.count(b"\n") > _MAX_LINES or data.count(b"\n--") > _MAX_PARTS:
        raise UnreadableFile(
            f"it has more than {_MAX_LINES:,} lines or {_MAX_PARTS:,} parts; save it without attachments, or as text"
        )
    try:
        message = message_from_bytes(data, EmailMessage, policy=policy.default)
        body = message.get_body(("plain", "html"))
        content = body.get_content() if body else ""
        sender = message["From"].addresses[0].display_name if message["From"] else ""
        about = {"headline": message["Subject"], "author": sender}
        sent = day(str(message["Date"] or ""))
    except Exception as error:  # the email package lets many errors out of a broken header
        raise UnreadableFile(f"it is not a whole mail ({type(error).__name__})") from None
    if not message.keys():
        raise UnreadableFile("it is not a mail: it has no header")
    text = storable(str(content))
    is_html = bool(body and body.get_content_subtype() == "html")
    if is_html and (fault := fault_of_markup(text)):
        raise UnreadableFile(f"it {fault}")
    text = text_of(text) if is_html else reflowed(text)
    declared: Declared = {"published": sent} if sent else {}
    declared |= {name: storable(" ".join(str(value).split())) for name, value in about.items() if value}
    return Contents((Document(text, "mail", declared),))
