"""The list of articles as a reader wants it: which, in which order, and which page of them; kept in the address."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from index.models import IngestReport, ListedArticle
from index.store.snapshots import Snapshot
from qa.language.terms import fold

PAGE = 50
"""So many articles stand on one page."""
_MOST = 200
_KEYS: dict[str, Callable[[ListedArticle], Any]] = {
    "date": lambda article: article.published,
    "headline": lambda article: fold(article.headline) if article.headline else None,
    "outlet": lambda article: fold(article.outlet) if article.outlet else None,
    "file": lambda article: article.path,
}


@dataclass(frozen=True)
class Choice:
    """What a reader chose; what is empty narrows nothing. `sort` is a column, with `-` before it the other way."""

    words: str = ""
    outlet: str = ""
    folder: str = ""
    first: date | None = None
    last: date | None = None
    sort: str = "-date"
    page: int = 1

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Self:
        """Return what an address asks for; what cannot be read of it is left out."""
        said = {name: asked.get(name, "")[:_MOST] for name in ("words", "outlet", "folder", "sort", "page")}
        return cls(
            words=said["words"].strip(),
            outlet=said["outlet"],
            folder=said["folder"].strip("/"),
            first=_day(asked.get("first", "")),
            last=_day(asked.get("last", "")),
            sort=said["sort"] if said["sort"].removeprefix("-") in _KEYS else "-date",
            page=int(said["page"]) if said["page"].isdecimal() and len(said["page"]) < 8 else 1,
        )

    def address(self, **changed: Any) -> str:
        """Return the address of this choice with some of it changed; but for a change of page, at the first page."""
        other = replace(self, **{"page": 1, **changed})
        values = {name: getattr(other, name) for name in vars(other)}
        return "?" + urlencode({name: value for name, value in values.items() if value != getattr(Choice, name)})

    @property
    def narrows(self) -> bool:
        """Whether this is fewer than all articles."""
        return bool(self.words or self.outlet or self.folder or self.first or self.last)


class Table(NamedTuple):
    """All articles of a snapshot, each with the words that it is searched by, and the report of how they were read."""

    snapshot: str
    rows: tuple[tuple[ListedArticle, str], ...]
    report: IngestReport

    def chosen(self, choice: Choice) -> list[ListedArticle]:
        """Return the articles of a choice in its order, on all its pages; what lacks the field sorted by comes last."""
        words = fold(choice.words).split()
        found = [article for article, text in self.rows if _fits(article, choice) and all(one in text for one in words)]
        key = _KEYS[choice.sort.removeprefix("-")]
        known = [article for article in found if key(article) is not None]
        known.sort(key=key, reverse=choice.sort.startswith("-"))
        return known + [article for article in found if key(article) is None]

    def outlets(self) -> Counter[str]:
        """Return how many articles each outlet has."""
        return Counter(article.outlet for article, _ in self.rows if article.outlet)

    def folders(self) -> Counter[str]:
        """Return how many articles lie in each folder and those below it; a file of several counts as one."""
        return Counter(folder for article, _ in self.rows for folder in folders_of(article.path))


def folders_of(path: str) -> Sequence[str]:
    """Return the folders that a file lies in, the outermost first."""
    steps = path.split("/")[:-1]
    return ["/".join(steps[: at + 1]) for at in range(len(steps))]


def table_of(snapshot: Snapshot) -> Table:
    """Return the articles of a snapshot."""
    rows = tuple((article, _text(article)) for article in snapshot.catalog.listed())
    return Table(snapshot.name, rows, snapshot.catalog.report())


def _text(article: ListedArticle) -> str:
    return fold(" ".join(filter(None, (article.headline, article.author, article.outlet, article.path))))


def _fits(article: ListedArticle, choice: Choice) -> bool:
    if choice.outlet and article.outlet != choice.outlet:
        return False
    if choice.folder and not article.path.startswith(f"{choice.folder}/"):
        return False
    if not (choice.first or choice.last):
        return True
    day = article.published
    return day is not None and (choice.first or date.min) <= day <= (choice.last or date.max)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
