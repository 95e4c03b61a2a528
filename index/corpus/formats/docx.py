"""Word documents (ECMA-376): the paragraphs of the main part; deleted text and field codes are left out."""

import re
import zipfile
import zlib
from io import BytesIO

from index.corpus.documents import Contents, Declared, Document, storable
from index.corpus.formats import xml
from index.corpus.formats.xml import Name
from index.errors import UnreadableFile

_MAX_PART = 50 * 1024 * 1024
_MAIN_PART = re.compile(r"word/document\d*\.xml")
_NAMESPACE = "wordprocessingml"
_HEADLINES = ("Title", "Heading1")


def read_docx(data: bytes) -> Contents:
    """Return the text of a Word document, a line for each paragraph; its first title or heading is the headline."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            main = next(part for part in archive.infolist() if _MAIN_PART.fullmatch(part.filename))
            # zipfile gives no more than this size says, whatever the archive holds.
            if main.file_size > _MAX_PART:
                raise UnreadableFile(f"its text unpacks to {main.file_size:,} bytes, over the limit of {_MAX_PART:,}")
            paragraphs = _Paragraphs()
            with archive.open(main) as part:
                xml.parse(part, xml.Handlers(paragraphs.start, paragraphs.end, paragraphs.text))
    except (zipfile.BadZipFile, StopIteration, RuntimeError, NotImplementedError, EOFError, zlib.error):
        raise UnreadableFile("it is not a Word document (.docx), or it is encrypted or damaged") from None
    declared: Declared = {"headline": paragraphs.headline} if paragraphs.headline else {}
    return Contents((Document(storable("\n".join(paragraphs.lines)).strip("\n"), "docx", declared),))


class _Paragraphs:
    """Receives the events of the main part; a text box stands in the middle of a paragraph, hence the stack."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.headline = ""
        self._open: list[list[str]] = []
        self._styles: list[str] = []
        self._in_text = False
        self._fallbacks = 0

    def start(self, name: Name, attributes: dict[str, str]) -> None:
        # What an older program shows in place of a drawing has the same text once more.
        if name.local == "Fallback":
            self._fallbacks += 1
        if _NAMESPACE not in name.space or self._fallbacks:
            return
        if name.local == "p":
            self._open.append([])
            self._styles.append("")
        elif not self._open:
            return
        elif name.local == "pStyle":
            # The name of the attribute comes with its namespace before it.
            self._styles[-1] = next((value for key, value in attributes.items() if key.endswith(" val")), "")
        elif name.local == "t":
            self._in_text = True
        elif name.local in ("br", "cr"):
            self._open[-1].append("\n")
        elif name.local == "noBreakHyphen":
            self._open[-1].append("-")

    def text(self, text: str) -> None:
        if self._in_text:
            self._open[-1].append(text)

    def end(self, name: Name) -> None:
        if name.local == "Fallback":
            self._fallbacks -= 1
        if _NAMESPACE not in name.space or self._fallbacks:
            return
        if name.local == "t":
            self._in_text = False
        elif name.local == "tab" and self._open:
            self._open[-1].append("\t")
        elif name.local == "p" and self._open:
            line, style = "".join(self._open.pop()).strip(), self._styles.pop()
            self.lines.append(line)
            self.headline = self.headline or (" ".join(line.split()) if style in _HEADLINES else "")
