"""The choice of articles for the list: which, in which order, and which page. It is in the address."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from index.models import IngestReport, ListedArticle
from index.store.snapshots import Snapshot
from qa.language.terms import fold

PAGE = 50
"""The articles on one page."""
_MAX_VALUE = 200
"""The most characters of a value in the address."""
_KEYS: dict[str, Callable[[ListedArticle], Any]] = {
    "date": lambda article: article.published,
    "headline": lambda article: fold(article.headline) if article.headline else None,
    "outlet": lambda article: fold(article.outlet) if article.outlet else None,
    "file": lambda article: article.path,
}


@dataclass(frozen=True)
class Choice:
    """What a reader chose; an empty field narrows nothing. `sort` is a column, with `-` before it in reverse order."""

    words: str = ""
    outlet: str = ""
    folder: str = ""
    first: date | None = None
    last: date | None = None
    sort: str = "-date"
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Return the choice in the query of an address; a value that cannot be read is left out."""
        text = {name: query.get(name, "")[:_MAX_VALUE] for name in ("words", "outlet", "folder", "sort", "page")}
        return cls(
            words=text["words"].strip(),
            outlet=text["outlet"],
            folder=text["folder"].strip("/"),
            first=_day(query.get("first", "")),
            last=_day(query.get("last", "")),
            sort=text["sort"] if text["sort"].removeprefix("-") in _KEYS else "-date",
            # Eight figures are no page of any list.
            page=int(text["page"]) if text["page"].isdecimal() and len(text["page"]) < 8 else 1,
        )

    def address(self, **changed: Any) -> str:
        """Return the address of this choice with some fields changed; it is that of page 1 unless `page` is given."""
        other = replace(self, **{"page": 1, **changed})
        values = {name: getattr(other, name) for name in vars(other)}
        return "?" + urlencode({name: value for name, value in values.items() if value != getattr(Choice, name)})

    @property
    def narrows(self) -> bool:
        """Whether this may choose fewer than all articles."""
        return bool(self.words or self.outlet or self.folder or self.first or self.last)


class Table(NamedTuple):
    """All articles of a snapshot, each with its text to search, and the report of the indexing."""

    snapshot: str
    rows: tuple[tuple[ListedArticle, str], ...]
    report: IngestReport

    def articles(self, choice: Choice) -> list[ListedArticle]:
        """Return the articles of a choice on all its pages; those without the field of the order come last."""
        words = fold(choice.words).split()
        articles = []
        for article, text in self.rows:
            if _fits(article, choice) and all(word in text for word in words):
                articles.append(article)
        key = _KEYS[choice.sort.removeprefix("-")]
        # None cannot be compared with a day or a text.
        with_field = [article for article in articles if key(article) is not None]
        with_field.sort(key=key, reverse=choice.sort.startswith("-"))
        return with_field + [article for article in articles if key(article) is None]

    def outlets(self) -> Counter[str]:
        """Return how many articles each outlet has."""
        return Counter(article.outlet for article, _ in self.rows if article.outlet)

    def folders(self) -> Counter[str]:
        """Return how many articles each folder and those below it hold; a file of several articles is a folder."""
        return Counter(chain.from_iterable(folders_of(article.path) for article, _ in self.rows))


def folders_of(path: str) -> Sequence[str]:
    """Return the folders that hold a file, the outermost first."""
    steps = path.split("/")[:-1]
    return ["/".join(steps[: depth + 1]) for depth in range(len(steps))]


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
