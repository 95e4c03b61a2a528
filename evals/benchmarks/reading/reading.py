"""Reading: what is lost between a file and the index, of plain texts and of saved pages.

Reads `gold/*.txt` (main texts of web pages, a paragraph a line) and, where it is there, `articles/*.txt` (a title, a
line about the article, the body). Each text is read as a .txt (whole, and its first six lines) and the lines that are
not kept are counted. Of every gold text of enough lines a page is built around it, in the next of `web_pages.FORMS`:
the gold texts come without their pages, so heads and JSON-LD are written as content systems write them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.benchmarks import Figures
from evals.benchmarks.reading.web_pages import FORMS, built
from evals.errors import EvalError
from index.errors import UnreadableFile
from index.sync.ingesting import read_article
from index.text.lines import Line, lines

_FIRST_LINES = 6
_FEWEST_LINES = 4


@dataclass(frozen=True)
class PageRead:
    """Of one page: whether its lead was kept and its date is right, and the share of its text that was kept."""

    form: str
    lead: bool
    date: bool
    share: float


def run(data: Path) -> Figures:
    """Count lost lines of plain texts, and what is right of the pages, in all and for each form."""
    gold = _texts(data / "gold")
    if not gold:
        raise EvalError(f"The reading benchmark finds no gold/*.txt in {str(data)!r}. Give the folder of such texts")
    figures: Figures = {}
    for name, texts in (
        ("gold texts", gold),
        ("articles", [_without_second_line(t) for t in _texts(data / "articles")]),
    ):
        if texts:
            figures[name] = len(texts)
            figures[f"{name}, whole: lines lost"] = lost_share(texts)
            figures[f"{name}, first {_FIRST_LINES} lines: lines lost"] = lost_share(map(_beginning, texts))
    return figures | _of_pages(gold)


def lost_share(texts: Iterable[str]) -> float:
    """Return the share of the lines of texts, read as .txt, that the index would leave out."""
    lost = total = 0
    for text in texts:
        found = lines(text)
        kept = set(read_article("a.txt", text.encode()).article_lines)
        lost += sum(line.span not in kept for line in found)
        total += len(found)
    return lost / max(1, total)


def read_page(form: str, number: int, paragraphs: Sequence[str]) -> PageRead:
    """Build a page around a text, read it, and compare."""
    page = built(form, number, paragraphs)
    try:
        article = read_article("a.html", page.html.encode())
    except UnreadableFile:
        return PageRead(form, False, False, 0.0)
    kept = _plain(" ".join(article.text[start:end] for start, end in article.article_lines))
    held = sum(len(text) for text in paragraphs if _plain(text) in kept)
    return PageRead(
        form, _plain(paragraphs[0]) in kept, article.published == page.published, held / sum(map(len, paragraphs))
    )


def _of_pages(gold: Sequence[str]) -> Figures:
    texts = [[line.text for line in found] for text in gold if _is_article(found := lines(text))]
    pages = [read_page(FORMS[at % len(FORMS)], at, paragraphs) for at, paragraphs in enumerate(texts)]
    figures: Figures = {"pages": len(pages)}
    for form in ("", *FORMS):
        some = [page for page in pages if form in ("", page.form)]
        if some:
            name = f"pages, {form}" if form else "pages"
            figures[f"{name}: lead kept"] = sum(page.lead for page in some) / len(some)
            figures[f"{name}: date right"] = sum(page.date for page in some) / len(some)
            figures[f"{name}: share of the text"] = sum(page.share for page in some) / len(some)
    return figures


def _is_article(found: Sequence[Line]) -> bool:
    return len(found) >= _FEWEST_LINES and found[0].is_prose


def _texts(folder: Path) -> list[str]:
    return [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.txt"))]


def _beginning(text: str) -> str:
    return "\n\n".join(line.text for line in lines(text)[:_FIRST_LINES])


def _without_second_line(text: str) -> str:
    first, _, rest = text.partition("\n")
    return f"{first}\n{rest.partition(chr(10))[2]}"


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
