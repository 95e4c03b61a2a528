"""Web archives: WARC (ISO 28500) with the pages themselves, and WET, in which Common Crawl gives their text."""

from collections.abc import Iterator
from dataclasses import dataclass
from gzip import GzipFile
from io import BytesIO
from typing import TYPE_CHECKING

from index.corpus.documents import MAX_BYTES, Contents, Declared
from index.corpus.fields import Parts
from index.corpus.formats.packed.inner import Allowance, Bounded, Inner
from index.errors import UnreadableFile
from index.text.file_names import printable

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

_GZIP = b"\x1f\x8b"
_SUFFIXES = {"text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt", "application/pdf": ".pdf"}
_KINDS = ("response", "resource", "conversion")
_BLOCK = 64 * 1024
_MAX_RECORDS = 200_000
_LONGEST_ADDRESS = 200


@dataclass(frozen=True)
class _Page:
    address: str
    name: str
    data: bytes


def read_warc(data: bytes, read: Inner) -> Contents:
    """Return the articles of the pages in a web archive; other records are passed over."""
    try:
        import warcio  # noqa: F401
    except ImportError:
        raise UnreadableFile('web archives need a library: pip install "newsdesk[formats]"') from None
    parts, address = Parts("warc"), ""
    try:
        for page in _pages(data, parts):
            address = printable(page.address[:_LONGEST_ADDRESS])
            if parts.is_full(f"the page {address}"):
                break
            _add(parts, page, read)
    except UnreadableFile as error:
        if not len(parts):
            raise
        parts.stop(f"the page {address}", f"is not read: {error}")
    except Exception as error:  # warcio lets nearly any error out of a broken archive
        if not len(parts):
            raise UnreadableFile(f"it is not a whole web archive ({type(error).__name__})") from None
        parts.stop(f"the page {address}", f"cannot be read ({type(error).__name__})")
    if not parts.holds_anything:
        raise UnreadableFile("it holds no page of text")
    return parts.contents()


def _add(parts: Parts, page: _Page, read: Inner) -> None:
    where = _where(page.address)
    try:
        contents = read(page.name, page.data)
    except UnreadableFile as error:
        parts.refuse(where, str(error))
        return
    for problem in contents.problems:
        parts.refuse(where, problem)
    fields: Declared = {"url": page.address}
    for document in contents.documents:
        parts.put(document, fields | document.declared, page.address + document.part)


def _pages(data: bytes, parts: Parts) -> Iterator[_Page]:
    from warcio.archiveiterator import ArchiveIterator

    stream = Bounded(GzipFile(fileobj=BytesIO(data)) if data.startswith(_GZIP) else BytesIO(data), Allowance())
    stream.expect_headers(True)
    number = 0
    for number, record in enumerate(ArchiveIterator(stream), 1):
        stream.expect_headers(False)
        if number > _MAX_RECORDS:
            raise UnreadableFile(f"it holds more than {_MAX_RECORDS:,} records; cut it into smaller files")
        if (suffix := _suffix(record)) is not None:
            address = (record.rec_headers.get_header("WARC-Target-URI") or f"record {number}").strip("<>")
            with parts.refusing(_where(address)):
                yield _Page(address, f"page{suffix}", _content(record))
        # The next record begins behind the rest of this one, which counts against the allowance too.
        while record.raw_stream.read(_BLOCK):
            pass
        stream.expect_headers(True)
    if not number:
        raise UnreadableFile("it is not a web archive (.warc, .wet): it holds no record")


def _where(address: str) -> str:
    return f"{printable(address[:_LONGEST_ADDRESS])}:"


def _suffix(record: "ArcWarcRecord") -> str | None:
    """Return the suffix that a file of the page would have; None for a record that is no page, or an error page."""
    http = record.http_headers
    if record.rec_type not in _KINDS or (http and http.get_statuscode() != "200"):
        return None
    # A page fetched over HTTP has the type in the server's header; that of the record is the type of the whole message.
    kind = (http.get_header("Content-Type") if http else record.content_type) or ""
    return _SUFFIXES.get(kind.partition(";")[0].strip().lower())


def _content(record: "ArcWarcRecord") -> bytes:
    """Return the bytes of a page, as its server would have sent them without packing them."""
    stream, allowance, blocks = record.content_stream(), Allowance(MAX_BYTES), list[bytes]()
    while block := stream.read(_BLOCK):
        blocks.append(block)
        allowance.spend(len(block))
    return b"".join(blocks)
