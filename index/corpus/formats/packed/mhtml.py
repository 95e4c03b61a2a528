"""A web page that a browser saved with all that is on it, in one file (MHTML, RFC 2557): only the page is read."""

import codecs
from dataclasses import replace

from index.corpus.documents import Contents, Declared, storable
from index.corpus.formats.mime import message_of
from index.corpus.formats.packed.inner import Inner
from index.errors import UnreadableFile


def read_mhtml(data: bytes, read: Inner) -> Contents:
    """Return the article of the page, with the address at which it was saved."""
    message = message_of(data, "a saved web page", "save the article alone (.html)")
    try:
        pages = (part for part in message.walk() if part.get_content_type() in ("text/html", "application/xhtml+xml"))
        page = next(pages, None)
        html = page.get_payload(decode=True) if page else None
        charset = page.get_content_charset() if page else None
        address = message["Snapshot-Content-Location"] or (page["Content-Location"] if page else None)
        header = {"headline": message["Subject"], "url": address}
        if isinstance(html, bytes) and charset:
            # The header of the mail says the charset that the browser saved in, and goes before what the page declares:
            # with a byte order mark nothing else is looked at.
            html = codecs.BOM_UTF8 + html.decode(charset, "replace").encode()
    except Exception as error:  # the email package lets many errors out of a broken header
        raise UnreadableFile(f"it is not a whole saved web page ({type(error).__name__})") from None
    if not isinstance(html, bytes):
        raise UnreadableFile("it holds no web page")
    fields: Declared = {name: storable(" ".join(str(value).split())) for name, value in header.items() if value}
    contents = read("page.html", html)
    documents = tuple(replace(document, declared=fields | document.declared) for document in contents.documents)
    return replace(contents, documents=documents)
