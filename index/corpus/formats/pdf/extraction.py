"""Read a PDF in a process of its own: a broken or hostile one may take all memory, hang, or end the process."""

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

from index.corpus.documents import Contents, Document, storable
from index.errors import UnreadableFile

_MAX_CHARACTERS = 20 * 1024 * 1024
_MAX_SECONDS = 60
_MAX_MEMORY = 1024**3
_PASSWORD = 4
"""PDFium's number for a file that only opens with a password."""


def read_pdf(data: bytes) -> Contents:
    """Return the text of a PDF; its title and dates are not read: they are those of the program that wrote it."""
    if not find_spec("pypdfium2"):
        raise UnreadableFile('PDF needs a library: pip install "newsdesk[formats]"')
    try:
        done = subprocess.run(
            [sys.executable, "-m", "index.corpus.formats.pdf.extraction"],
            input=data,
            capture_output=True,
            timeout=_MAX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableFile(f"its pages take more than {_MAX_SECONDS} s to read") from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise UnreadableFile("it is not a whole PDF, or takes too much memory to read") from None
    if reason := answer.get("reason"):
        raise UnreadableFile(str(reason))
    text = storable(str(answer["text"])).strip()
    if not text:
        raise UnreadableFile("the PDF holds no text; it may be a scan")
    return Contents((Document(text, "pdf"),))


def _text(data: bytes) -> str:
    import pypdfium2

    from index.corpus.formats.pdf.columns import columns_in_order
    from index.corpus.formats.pdf.paragraphs import paragraphs_text
    from index.corpus.formats.pdf.pieces import pieces

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        encrypted = getattr(error, "err_code", None) == _PASSWORD
        raise UnreadableFile("it is encrypted with a password" if encrypted else "it is not a whole PDF") from None
    pages, characters = [], 0
    for page in document:
        page_pieces = pieces(page)
        characters += sum(len(piece.text) for piece in page_pieces)
        if characters > _MAX_CHARACTERS:
            raise UnreadableFile(f"its pages hold more than {_MAX_CHARACTERS:,} characters")
        pages.append(columns_in_order(page_pieces))
    return paragraphs_text(pages)


def _answer(data: bytes) -> dict[str, str]:
    try:
        return {"text": _text(data)}
    except UnreadableFile as error:
        return {"reason": str(error)}
    except Exception as error:  # PDFium opens some broken files, and fails at their pages
        return {"reason": f"it is not a whole PDF ({type(error).__name__})"}


if __name__ == "__main__":
    import resource

    # The memory of this process alone; and no core file, which would hold the text.
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(json.dumps(_answer(sys.stdin.buffer.read())))
