"""Files of the formats beyond plain text, as the tests need them."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

FLOOD = "The harbour of Northport was closed on Tuesday after a flood damaged two of its piers."
FUEL = "The treasury announced on Friday that taxes on fuel will rise in the spring of next year."
COURT = "A court in Westford ruled on Monday that the mayor may stand in the election again."

RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Coast Times</title><image><title>Logo</title></image>
<item><title>Flood &amp;amp; storm</title><atom:link href="https://no.example"/><link>https://example.org/1</link>
<guid>one</guid><dc:creator>Ada Berg</dc:creator><pubDate>Tue, 05 Mar 2024 23:30:00 PST</pubDate>
<media:title>Not this</media:title><description>Not this either.</description>
<content:encoded><![CDATA[<p>The harbour of <b>Northport</b> closed.</p>
<p>Repairs cost &pound;4m.</p>]]></content:encoded></item>
<item><title>Bare</title></item><item><description>No name, no date.</description>
<author>bo@example.org (Bo Lind)</author></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom Times</title>
<entry><title type="html">A &lt;i>flood&lt;/i></title><id>urn:1</id><link rel="self" href="https://no.example"/>
<link href="https://example.org/2"/><author><name>Bo Lind</name></author><updated>2024-03-06T00:00:00Z</updated>
<published>2024-03-05T00:00:00Z</published><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>One &lt; two.</p><p>Three <em>four</em>.</p></div></content></entry>
<entry><id>urn:2</id><summary>Plain &lt;p> text</summary><source><title>Wire</title></source></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Old Times</title></channel><item><title>Flood</title>
<link>https://example.org/3</link><description>It rained.</description><dc:date>2004-03-05</dc:date></item></rdf:RDF>"""
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PARAGRAPHS = """<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>Flood closes harbour</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">The </w:t></w:r><w:ins><w:r><w:t>harbour</w:t></w:r></w:ins><w:del><w:r>
<w:delText>port</w:delText></w:r></w:del><w:r><w:t xml:space="preserve"> closed.</w:t><w:br/>
<w:t>Again.</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"""
MAIL = """From: Ada Berg <ada@example.org>\r
Subject: =?utf-8?q?Caf=C3=A9_closed?=\r
Date: Tue, 05 Mar 2024 08:00:00 +0000\r
\r
The harbour of Northport was closed on Tuesday after a flood damaged two of its\r
piers, the port authority said.\r
\r
More tomorrow.\r
"""


def pdf(*pages: list[str]) -> bytes:
    """A PDF with these lines on its pages."""
    return placed_pdf(*([(50, 780 - 14 * at, 11, line) for at, line in enumerate(lines)] for lines in pages))


def placed_pdf(*pages: list[tuple[float, float, float, str]], meanings: Mapping[str, str] = {}) -> bytes:
    """A PDF with texts at places of its pages: x, y and size in points.

    By `meanings` a letter is read as another text, as a glyph of a font that holds other scripts or ligatures is.
    """
    contents = [
        "".join(f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET " for x, y, size, text in page).encode("latin-1")
        for page in pages
    ]
    return packed_pdf(*(stream_of(one, packed=False) for one in contents), meanings=meanings)


def packed_pdf(*contents: bytes, meanings: Mapping[str, str] = {}) -> bytes:
    """A PDF whose pages have these objects as their contents."""
    rows = "".join(f"<{ord(letter):02x}> <{text.encode('utf-16-be').hex()}> " for letter, text in meanings.items())
    cmap = f"1 begincodespacerange <00> <ff> endcodespacerange {len(meanings)} beginbfchar {rows} endbfchar".encode()
    to_unicode = b" /ToUnicode 4 0 R" if meanings else b""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica%s >>" % to_unicode,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(cmap), cmap),
    ]
    kids = []
    for content in contents:
        objects.append(content)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, places = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table))
    return out.getvalue()


def stream_of(data: bytes, packed: bool = True) -> bytes:
    """An object of a PDF with this data, packed by zlib or not."""
    return b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(data), b" /Filter /FlateDecode" * packed, data)


def deflated(megabytes: int) -> bytes:
    """So many megabytes of blanks as zlib packs them, without packing each (its check sum is wrong)."""
    packer = zlib.compressobj(9)
    first = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (megabytes - 1) + packer.flush()


def docx(body: str, name: str = "word/document.xml", before: str = "") -> bytes:
    """A Word document with this body."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, f'{before}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>')
    return out.getvalue()


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """A ZIP archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def web_archive(pages: Sequence[tuple[str, str, str, bytes]], packed: bool = True, kind: str = "response") -> bytes:
    """A WARC of pages: HTTP status, content type, address, bytes; of other kinds than `response` without HTTP."""
    records = [_warc_record("warcinfo", "", "application/warc-fields", b"software: test\r\n")]
    for status, content_type, address, data in pages:
        http = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n".encode()
        told = ("application/http; msgtype=response", http + data) if kind == "response" else (content_type, data)
        records.append(_warc_record(kind, address, *told))
    return b"".join(map(gzip.compress, records) if packed else records)


def _warc_record(kind: str, address: str, content_type: str, block: bytes) -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {address}\r\nWARC-Date: 2024-03-05T06:00:00Z\r\n"
    length = f"Content-Type: {content_type}\r\nContent-Length: {len(block)}\r\n\r\n"
    return (head + length).encode() + block + b"\r\n\r\n"
