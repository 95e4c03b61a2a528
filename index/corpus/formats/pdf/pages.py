"""PDF: the text of the pages, with the lines of the page joined to paragraphs; needs pypdf."""

import logging
import time
from io import BytesIO
from typing import TYPE_CHECKING

from index.corpus.documents import Contents, Document, storable
from index.corpus.reflow import reflowed
from index.errors import UnreadableFile

if TYPE_CHECKING:
    from pypdf import PdfReader

_MAX_CHARACTERS = 20 * 1024 * 1024
_MAX_SECONDS = 60


def read_pdf(data: bytes) -> Contents:
    """Return the text of a PDF; its title and dates are the program's that wrote it, so none is taken from there."""
    try:
        import pypdf
        from pypdf.errors import DependencyError
    except ImportError:
        raise UnreadableFile('PDF needs a library: pip install "newsdesk[formats]"') from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile("it is encrypted with a password")
        pages = _pages(reader)
    except UnreadableFile:
        raise
    except DependencyError:
        raise UnreadableFile("it is encrypted") from None
    except Exception as error:  # pypdf lets nearly any error out of a broken file
        raise UnreadableFile(f"it is not a whole PDF ({type(error).__name__})") from None
    text = reflowed(storable("\n".join(pages)))
    if not text:
        raise UnreadableFile("the PDF holds no text; it may be a scan")
    return Contents((Document(text, "pdf"),))


def _pages(reader: "PdfReader") -> list[str]:
    pages, characters, began = [], 0, time.monotonic()
    for page in reader.pages:
        pages.append(page.extract_text().strip())
        characters += len(pages[-1])
        if time.monotonic() - began > _MAX_SECONDS:
            raise UnreadableFile(f"its pages take more than {_MAX_SECONDS} s to read")
        if characters > _MAX_CHARACTERS:
            raise UnreadableFile(f"its pages hold more than {_MAX_CHARACTERS:,} characters")
    return pages
