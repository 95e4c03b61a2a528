"""The text of a PDF page as pieces: runs of characters on one line, with nothing wider than a letter between them."""

import ctypes
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

_HYPHENS = "\x02\ufffe"
"""What PDFium gives for a hyphen that cuts a word at the end of a line."""
_ENDS = "\r\n\0"
# In heights of letters: the widest gap within a piece, the gap between two words, and how much of their height letters
# of one line have in common.
_WIDE_GAP, _WORD_GAP, _SHARED_HEIGHT = 1.0, 0.3, 0.4
# Letters in the form of their place: ligatures, and Arabic and Hebrew as they are drawn.
_PRESENTED = re.compile("[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufdff\ufe70-\ufefe]")
_WRITTEN_TO_THE_RIGHT = "[0-9A-Za-z\u00c0-\u024f\u0660-\u0669\u06f0-\u06f9]+"
_LEFT_TO_RIGHT = re.compile(f"{_WRITTEN_TO_THE_RIGHT}(?:[ .,:/%-]*{_WRITTEN_TO_THE_RIGHT})*%?")


@dataclass(frozen=True)
class Piece:
    """Text and where it stands on the page, in points; y grows upwards."""

    left: float
    bottom: float
    right: float
    top: float
    text: str

    @property
    def height(self) -> float:
        """How high its letters may be."""
        return self.top - self.bottom

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left


def pieces(page: "PdfPage") -> list[Piece]:
    """Return the pieces of a page in the order of the file; each reads from its beginning to its end."""
    runs: list[_Run] = []
    run: _Run | None = None
    for letter in _letters(page):
        if letter.text in _ENDS:
            run = None
        elif letter.text.isspace():
            if run:
                run.letters.append(letter)
        else:
            if not run or not run.reaches(letter):
                run = _Run(letter)
                runs.append(run)
            run.add(letter)
    return [run.piece() for run in runs]


def runs_right_to_left(text: str) -> bool:
    """Whether more letters of a text are of scripts that run from right to left than of others."""
    kinds = [unicodedata.bidirectional(char) for char in text]
    return kinds.count("R") + kinds.count("AL") > kinds.count("L")


class _Run:
    """A piece while it grows."""

    def __init__(self, first: Piece) -> None:
        self.left, self.bottom, self.right, self.top = first.left, first.bottom, first.right, first.top
        self.letters: list[Piece] = []

    def reaches(self, letter: Piece) -> bool:
        """Whether a letter stands on the same line, near enough to be of the same text."""
        height = self.top - self.bottom
        shared = min(self.top, letter.top) - max(self.bottom, letter.bottom)
        gap = max(letter.left - self.right, self.left - letter.right)
        return shared >= _SHARED_HEIGHT * min(height, letter.height) and gap <= _WIDE_GAP * max(height, letter.height)

    def add(self, letter: Piece) -> None:
        self.left, self.right = min(self.left, letter.left), max(self.right, letter.right)
        self.bottom, self.top = min(self.bottom, letter.bottom), max(self.top, letter.top)
        self.letters.append(letter)

    def piece(self) -> Piece:
        text = "".join(letter.text for letter in self.letters)
        if runs_right_to_left(text):
            text = self._from_the_right()
        # The forms of presentation alone: NFKC would change fractions and raised figures as well.
        usual = _PRESENTED.sub(lambda char: unicodedata.normalize("NFKC", char.group()), text)
        return Piece(self.left, self.bottom, self.right, self.top, " ".join(usual.split()))

    def _from_the_right(self) -> str:
        """Return the letters from right to left, and figures and Latin words from left to right.

        A PDF holds them as they are seen, and some programs write one word forwards and the next backwards.
        """
        text, last = "", self.right
        for letter in sorted(self.letters, key=lambda letter: -(letter.left + letter.right)):
            if letter.text.isspace() and letter.width <= 0:
                continue
            if last - letter.right > _WORD_GAP * (self.top - self.bottom):
                text += " "
            text, last = text + letter.text, letter.left
        return _LEFT_TO_RIGHT.sub(lambda run: run.group()[::-1], text)


def _letters(page: "PdfPage") -> Iterator[Piece]:
    """Yield the characters of a page with their boxes: their own width, and the height of their font."""
    import pypdfium2.raw as pdfium

    # The width of its own box shows the gaps between words; the height of the font is the same for all of a line.
    text_page = page.get_textpage()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    box = pdfium.FS_RECTF()
    for index in range(text_page.count_chars()):
        char = chr(pdfium.FPDFText_GetUnicode(text_page, index))
        pdfium.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
        pdfium.FPDFText_GetLooseCharBox(text_page, index, box)
        low, high = sorted((box.bottom, box.top))
        yield Piece(left.value, low, right.value, high, "-" if char in _HYPHENS else char)
