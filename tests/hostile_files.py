"""The tables of hostile files: for each its name, what it is, and what becomes of it."""

import gzip
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from format_files import FLOOD, deflated, docx, packed_pdf, pdf, stream_of, zipped

from index.corpus import reading

INDEXED, IGNORED = "indexed", "ignored"
NOT_TEXT, NO_TEXT, OVER, NOT_REGULAR = "not text", "holds no text", "over the limit", "not a regular file"
CAFE = FLOOD.replace("harbour", "caf\u00e9")
LAUGHS = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><rss><channel><item><description>&b;</description>'
FETCHES = (
    '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&a;</title></item></channel>'
)
ENDLESS = (
    b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: 999999999999\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n" + b" " * 1_000
)
BOMB = b"WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 73400320\r\n\r\n" + b" " * 70 * 1024**2
DEEP_MESSAGE = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth) for depth in range(1_900)
)

BYTES: dict[str, tuple[bytes, str]] = {
    "latin-1.txt": (CAFE.encode("latin-1"), INDEXED),
    "utf-8-mark.txt": (CAFE.encode("utf-8-sig"), INDEXED),
    "utf-16-le-mark.txt": (b"\xff\xfe" + CAFE.encode("utf-16-le"), INDEXED),
    "utf-16-be-mark.txt": (b"\xfe\xff" + CAFE.encode("utf-16-be"), INDEXED),
    "utf-16-le.txt": (CAFE.encode("utf-16-le"), NOT_TEXT),
    "utf-16-be.txt": (CAFE.encode("utf-16-be"), NOT_TEXT),
    "utf-16-odd.txt": (b"\xff\xfe" + CAFE.encode("utf-16-le") + b"x", NOT_TEXT),
    "utf-32.txt": (CAFE.encode("utf-32"), NOT_TEXT),
    "mixed.txt": (CAFE.encode() + b"\n" + CAFE.encode("latin-1"), INDEXED),
    "half-a-letter.txt": (CAFE.encode() + b" Repairs cost 4 \xe2\x82", INDEXED),
    "half-a-pair.txt": (FLOOD.encode() + b" \xed\xa0\x80 seen.", INDEXED),
    "undefined-byte.txt": (FLOOD.encode() + b"\x81", NOT_TEXT),
    "crlf.txt": (FLOOD.encode() + b"\r\n" + FLOOD.encode() + b"\r\n", INDEXED),
    "cr.txt": (FLOOD.encode() + b"\r" + FLOOD.encode(), INDEXED),
    "no-newline.txt": (FLOOD.encode(), INDEXED),
    "nothing.txt": (b"", NO_TEXT),
    "blank.txt": (b" \r\n\t\n", NO_TEXT),
    "mark-only.txt": (b"\xef\xbb\xbf", NO_TEXT),
    "nul.txt": (FLOOD.encode() + b"\0", NOT_TEXT),
    "controls.txt": (FLOOD.encode() + b"\x01\x02\x03", NOT_TEXT),
    "escapes.txt": (FLOOD.encode() * 9 + b" \x1b[2J", INDEXED),
    "photo.txt": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)), NOT_TEXT),
    "packed.txt": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + bytes(range(256)), NOT_TEXT),
    "program.md": (b"\x7fELF\x02\x01\x01\x00" + bytes(64), NOT_TEXT),
    "line-of-5-mb.txt": (FLOOD.encode() * 60_000, f"{len(FLOOD) * 60_000:,} characters"),
    "million-lines.txt": (b"a\n" * 1_000_000, "2,000,000 characters"),
    "many-lines.txt": (b"a\r" * 50_001, "50,001 lines"),
    "punctuation.txt": (b"... --- !!!\n" * 20, INDEXED),
    "empty.html": (b"<html></html>", "no article text"),
    "deep.html": (b"<div>" * 20_000, "no article text"),
    "not.json": (b"{", "not JSON"),
    "deep.json": (b"[" * 100_000, "nested too deeply"),
    "settings.json": (b'{"indent": 4}', "no text"),
    "deep.jsonl": (b'{"a":' * 100_000, "line 1 is nested too deeply"),
    "laughs.rss": (LAUGHS.encode(), "document type"),
    "fetches.xml": (FETCHES.encode(), "document type"),
    "deep.atom": (b"<feed>" * 100_000, "more than 200 deep"),
    "page.xml": (b"<html/>", "neither an RSS nor an Atom feed"),
    "bomb.docx": (docx("<w:p/>" + " " * 51 * 1024 * 1024), "unpacks to"),
    "entities.docx": (docx("", before='<!DOCTYPE a [<!ENTITY b "&c;">]>'), "document type"),
    "cut.docx": (docx("<w:p/>")[:60], "not a Word document"),
    "cut.pdf": (pdf([FLOOD])[:100], "not a whole PDF"),
    "scan.pdf": (pdf([]), "may be a scan"),
    "header.eml": (b'From: <<<>>,;:"\nDate: \x00\n\n', NO_TEXT),
    "header-only.csv": (b"title,text\n", "holds no article"),
    "figures.csv": (b"1,2\n3,4\n", "row 2 has no text"),
    "open-quote.csv": (b'title,text\n"' + FLOOD.encode() * 20, "row 2 cannot be read"),
    "photo.csv": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)), NOT_TEXT),
    "long-cell.tsv": (b"title\ttext\nx\t" + b"a " * 600_000, "field larger than field limit"),
    "wrong-types.json": (b'{"text": {"a": [[1]]}, "title": [[]], "date": {}}', "no text"),
    "wrong-types.ndjson": (b'{"text": true, "title": null}\n', "line 1 has no text"),
    "deep.ndjson": (b'{"a":' * 100_000, "line 1 is nested too deeply"),
    "bomb.pdf": (packed_pdf(stream_of(deflated(2_000))), "takes too much memory"),
    "loop.pdf": (pdf([FLOOD]).replace(b"/Kids [6 0 R]", b"/Kids [2 0 R]"), "not a whole PDF"),
    "cut.zip": (zipped({"a.txt": FLOOD})[:-30], "not a ZIP archive"),
    "escape.zip": (zipped({"../secret.txt": FLOOD}), "leads out of the archive"),
    "root.zip": (zipped({"/etc/passwd.txt": FLOOD}), "leads out of the archive"),
    "nested.zip": (zipped({"inner.zip": zipped({"a.txt": FLOOD})}), "an archive in an archive"),
    "big.zip": (zipped({"a.txt": b" " * (reading.MAX_BYTES + 1)}), "over the limit"),
    "crowd.zip": (b"PK\x01\x02" * 20_001, "more than 20,000 files"),
    "long-name.zip": (zipped({"a" * 2_000 + ".txt": FLOOD}), "longer than 1,000 characters"),
    "terminal.zip": (zipped({"escape\x1b[2J.txt": ""}), "escape\\x1b[2J.txt: it holds no text"),
    "empty.zip": (zipped({}), "holds no file that is read"),
    "packed.warc": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + bytes(range(256)), "cut off or damaged"),
    "text.warc": (FLOOD.encode(), "holds no page of text"),
    "bomb.warc.gz": (gzip.compress(BOMB), "unpacks to more than"),
    "endless.warc": (ENDLESS, "not a whole web archive"),
    "nothing.wet": (b"", "not a web archive"),
    "deep.mhtml": (DEEP_MESSAGE, "not a saved web page"),
    "no-page.mhtml": (b"Subject: x\n\nplain text", "holds no web page"),
    "no-header.mhtml": (b"<html>", "no header"),
    "picture.png": (b"\x89PNG", IGNORED),
    "no suffix": (FLOOD.encode(), IGNORED),
    ".hidden.txt": (FLOOD.encode(), IGNORED),
}
NAMES: dict[str, str] = {
    "new\nline.txt": INDEXED,
    "escape\x1b[2J\x9b31m.txt": INDEXED,
    "right-to-left\u202etxt.txt": INDEXED,
    "<script>alert(1)</script>.txt".replace("/", "\u2215"): INDEXED,
    " leading and trailing .txt": INDEXED,
    "-rf.txt": INDEXED,
    "%2e%2e%2f?#.txt": INDEXED,
    "\u00e9".join("ab") + ".txt": INDEXED,
    "x" * 251 + ".txt": INDEXED,
    "bad\udcff.txt": "not valid UTF-8",
    "UPPER.TXT": INDEXED,
}
SPECIAL: dict[str, tuple[Callable[[Path], object], str]] = {
    "sparse-200-mb.txt": (lambda path: sparse(path, 200 * 1024**2), OVER),
    "sparse-10-gb.txt": (lambda path: sparse(path, 10 * 1024**3), OVER),
    "over.pdf": (lambda path: sparse(path, reading.MAX_BYTES + 1), OVER),
    "over.html": (lambda path: sparse(path, 5 * 1024**2 + 1), "5,242,880; save the article alone"),
    "over.zip": (lambda path: sparse(path, reading.MAX_BYTES + 1), OVER),
    "over.warc.gz": (lambda path: sparse(path, reading.MAX_BYTES + 1), OVER),
    "over.mhtml": (lambda path: sparse(path, 10 * 1024**2 + 1), "10,485,760; save the article alone"),
    "over.eml": (lambda path: sparse(path, 10 * 1024**2 + 1), "10,485,760; save it without attachments"),
    "self.txt": (lambda path: path.symlink_to(path.name), "leads to itself"),
    "ring-1.txt": (lambda path: path.symlink_to("ring-2.txt"), "leads to itself"),
    "ring-2.txt": (lambda path: path.symlink_to("ring-1.txt"), "leads to itself"),
    "nowhere.txt": (lambda path: path.symlink_to("missing.txt"), "leads to nothing"),
    "outside.txt": (lambda path: path.symlink_to("../secret.txt"), "leads out"),
    "absolute.txt": (lambda path: path.symlink_to("/etc/passwd"), "leads out"),
    "zero.txt": (lambda path: path.symlink_to("/dev/zero"), "leads out"),
    "outside-folder": (lambda path: path.symlink_to("../closet"), "leads out"),
    "folder-loop": (lambda path: path.symlink_to("."), "link to a folder"),
    "inside.txt": (lambda path: path.symlink_to("no-newline.txt"), INDEXED),
    "hard.txt": (lambda path: path.hardlink_to(path.parent / "no-newline.txt"), INDEXED),
    "pipe.txt": (os.mkfifo, NOT_REGULAR),
    "socket.txt": (lambda path: _socket(path), NOT_REGULAR),
    "device.txt": (lambda path: _device(path), NOT_REGULAR),
    "folder.txt/in.txt": (lambda path: path.write_text(FLOOD), INDEXED),
}
EXPECTED = (
    {name: outcome for name, (_, outcome) in BYTES.items()}
    | NAMES
    | {name: outcome for name, (_, outcome) in SPECIAL.items()}
)


def sparse(path: Path, size: int) -> None:
    """A file of that many bytes, all of them zero and none of them on the disk."""
    with path.open("wb") as file:
        file.truncate(size)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        folder = os.open(path.parent, os.O_RDONLY)
        opened.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)


def _device(path: Path) -> None:
    """A device like /dev/zero; a pipe stands in where none may be made."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        os.mkfifo(path)
