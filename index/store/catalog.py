"""The catalog of a snapshot: articles, passages, stories and the ingest report, in one SQLite file."""

import hashlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from index.errors import SnapshotBroken
from index.models import Article, IngestReport, ListedArticle, Passage, Scope, Span

# `about_articles` has every column that `about` and `_copies` ask for: neither reads the long rows with the texts.
_SCHEMA = """
CREATE TABLE articles (
    path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, encoding TEXT NOT NULL, text TEXT NOT NULL, headline TEXT,
    outlet TEXT, author TEXT, published TEXT, updated TEXT, language TEXT, url TEXT, cut_off INTEGER NOT NULL,
    found TEXT NOT NULL, kept TEXT NOT NULL, digest BLOB NOT NULL, junk_lines INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, story TEXT
);
CREATE INDEX articles_by_story ON articles (story);
CREATE INDEX about_articles ON articles (path, story, outlet, published);
CREATE TABLE passages (
    id TEXT PRIMARY KEY, path TEXT NOT NULL REFERENCES articles (path), start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    text TEXT NOT NULL, sentences TEXT NOT NULL, speakers TEXT NOT NULL, digest BLOB NOT NULL,
    sentence_vectors BLOB NOT NULL, vectors_digest BLOB NOT NULL
);
CREATE INDEX passages_by_path ON passages (path, start);
CREATE TABLE reports (report TEXT NOT NULL);
"""
_ARTICLE = (
    "path, sha256, encoding, text, headline, outlet, author, published, updated, language, url, cut_off, found, kept, "
    "digest"
)
_PASSAGE = 'id, path, start, "end", text, sentences, speakers, digest'
_PASSAGES_OF = f"SELECT {_PASSAGE} FROM passages WHERE path = ? ORDER BY start"
_PASSAGE_IDS = "SELECT id FROM passages ORDER BY id"
_WITHIN = f"""
CREATE TEMP TABLE within (path TEXT PRIMARY KEY, story TEXT NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE headless (story TEXT PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID;
CREATE TEMP VIEW articles AS SELECT {_ARTICLE}, junk_lines, within.story FROM within JOIN main.articles USING (path);
CREATE TEMP VIEW passages AS SELECT p.* FROM within JOIN main.passages AS p USING (path);
"""
"""Names of temporary tables go before those of the file: each query of the catalog then sees these articles alone."""
_FILL = """
INSERT INTO within SELECT path, story FROM main.articles
    WHERE (:outlets = '[]' OR outlet IN (SELECT value FROM json_each(:outlets))) -- the 0 follows the slash:
    AND (:folder = '' OR path > :folder || '/' AND path < :folder || '0')
    AND (:first IS NULL OR published >= :first) AND (:last IS NULL OR published <= :last)
"""
# A story without its most typical article gets the first of the others. ANALYZE makes large indexes 100 times faster.
_NAME_STORIES = """
INSERT INTO headless SELECT story, min(path) FROM within WHERE story NOT IN (SELECT path FROM within) GROUP BY story;
UPDATE within SET story = (SELECT path FROM headless WHERE headless.story = within.story)
    WHERE story IN (SELECT story FROM headless);
ANALYZE temp.within;
"""
# SQLite before 3.32 takes at most 999 variables in a statement.
_MAX_VARIABLES = 500
_ROWS_PER_FETCH = 500
_CACHE_KIB = 64 * 1024
"""The rows are long for SQLite's own small cache. Its file is never mapped: one cut short would end the process."""
_DAMAGED = "The catalog is damaged ({}). Run: newsdesk doctor --repair"


class About(NamedTuple):
    """The fields that decide between articles that say the same."""

    outlet: str | None
    published: date | None
    story: str


class Catalog:
    """Read access to a snapshot's catalog; the file is opened read-only and never changes once published."""

    def __init__(self, file: Path) -> None:
        """Open the file; it may be used from several threads. Raises SnapshotBroken when it is not a catalog."""
        self._file, self._lock = file, threading.Lock()
        try:
            # Immutable: SQLite takes no lock and looks for no journal, so the folder need not be writable.
            self._db = sqlite3.connect(f"file:{_url_path(file)}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            self._db.execute("PRAGMA mmap_size = 0")
            self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            # To connect reads nothing yet. This does, and fails for what is no database, or one without these tables.
            self._db.execute("SELECT 1 FROM articles, passages, reports LIMIT 1")
        except sqlite3.DatabaseError as error:
            message = f"The catalog {str(file)!r} cannot be opened ({error}). Run: newsdesk index"
            raise SnapshotBroken(message) from error

    def within(self, scope: Scope) -> "Catalog":
        """Return a catalog of the articles within a scope, as if there were no others; close it after use."""
        part = Catalog(self._file)
        with _readable():
            part._db.executescript(_WITHIN)
            values = scope.model_dump(mode="json", exclude={"outlets"}) | {"outlets": json.dumps(scope.outlets)}
            part._db.execute(_FILL, values)
            part._db.executescript(_NAME_STORIES)
        return part

    def articles(self) -> Iterator[Article]:
        """Yield all articles, ordered by path."""
        return map(_article, self._rows(f"SELECT {_ARTICLE} FROM articles ORDER BY path"))

    def article(self, path: str) -> Article | None:
        """Return one article, or None."""
        row = self._row(f"SELECT {_ARTICLE} FROM articles WHERE path = ?", path)
        return _article(row) if row else None

    def listed(self) -> Iterator[ListedArticle]:
        """Yield the fields of each article that a list shows, ordered by path."""
        names = "path, headline, outlet, author, published, url"
        for row in self._rows(f"SELECT {names} FROM articles ORDER BY path"):
            yield ListedArticle.model_validate(dict(zip(names.split(", "), row, strict=True)))

    def about(self, paths: Iterable[str]) -> dict[str, About]:
        """Return by path the fields that decide between articles; unknown paths are left out."""
        result = {}
        for path in dict.fromkeys(paths):
            query = "SELECT outlet, published, story FROM articles WHERE path = ?"
            if row := self._row(query, path):
                result[path] = About(row[0], _day(row[1]), row[2])
        return result

    def outlets(self) -> list[str]:
        """Return the outlets of the snapshot, sorted."""
        rows = self._rows("SELECT DISTINCT outlet FROM articles WHERE outlet IS NOT NULL ORDER BY outlet")
        return [row[0] for row in rows]

    def paths(self) -> list[str]:
        """Return the paths of all articles, sorted."""
        return [row[0] for row in self._rows("SELECT path FROM articles ORDER BY path")]

    def digests(self) -> dict[str, str]:
        """Return the sha256 of each article's file by path."""
        return dict(self._rows("SELECT path, sha256 FROM articles"))

    def junk_lines(self) -> dict[str, int]:
        """Return the number of lines left out of the index, by path."""
        return dict(self._rows("SELECT path, junk_lines FROM articles"))

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Return passages by id; unknown ids are left out."""
        return {row[0]: _passage(row) for row in self._by_id(_PASSAGE, ids)}

    def paths_of(self, ids: Sequence[str]) -> set[str]:
        """Return the paths of the articles that hold some passages."""
        return {row[0] for row in self._by_id("path", ids)}

    def present_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of `ids` that are passages of this snapshot."""
        return {row[0] for row in self._by_id("id", ids)}

    def copies(self, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return path and story of those of some passages that stand in another article than its most typical one."""
        return {identity: self._copies[identity] for identity in ids if identity in self._copies}

    @cached_property
    def _copies(self) -> dict[str, tuple[str, str]]:
        """All copies: a question has too many candidates to look each up in the file."""
        articles_first = "articles CROSS JOIN passages USING (path)"  # else SQLite may read through all passages
        rows = self._rows(f"SELECT id, path, story FROM {articles_first} WHERE story != path")
        return {identity: (path, story) for identity, path, story in rows}

    def _by_id(self, columns: str, ids: Sequence[str]) -> Iterator[Sequence[Any]]:
        for first in range(0, len(ids), _MAX_VARIABLES):
            batch = list(ids[first : first + _MAX_VARIABLES])
            marks = ",".join("?" * len(batch))
            yield from self._rows(f"SELECT {columns} FROM passages WHERE id IN ({marks})", batch)

    def passages_of(self, path: str) -> list[Passage]:
        """Return the passages of one article, in the order of the text."""
        return [_passage(row) for row in self._rows(_PASSAGES_OF, (path,))]

    def ids_of(self, path: str) -> list[str]:
        """Return the ids of the passages of one article, in the order of the text."""
        return [row[0] for row in self._rows("SELECT id FROM passages WHERE path = ? ORDER BY start", (path,))]

    def sentence_vectors(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Return by passage id the vectors of its sentences: float16, row-major, `[sentences, dimension]`."""
        rows = self._by_id("id, sentence_vectors, vectors_digest", ids)
        return {row[0]: row[1] for row in map(_checked_values, rows)}

    def all_sentence_vectors(self) -> Iterator[tuple[str, bytes]]:
        """Yield passage ids with the vectors of their sentences, ordered by id."""
        yield from self._rows("SELECT id, sentence_vectors FROM passages ORDER BY id")

    def passage_ids(self) -> list[str]:
        """Return all passage ids, sorted."""
        return [row[0] for row in self._rows(_PASSAGE_IDS)]

    def story_of(self, path: str) -> str:
        """Return the story (the path of its most typical article) that an article belongs to."""
        row = self._row("SELECT story FROM articles WHERE path = ?", path)
        return str(row[0]) if row else path

    def story_paths(self, story: str) -> list[str]:
        """Return the paths of the articles of one story, sorted."""
        return [row[0] for row in self._rows("SELECT path FROM articles WHERE story = ? ORDER BY path", (story,))]

    def names(self) -> set[str]:
        """Return the outlets and authors of the snapshot."""
        rows = self._rows("SELECT outlet FROM articles UNION SELECT author FROM articles")
        return {row[0] for row in rows if row[0]}

    def counts(self) -> tuple[int, int]:
        """Return the number of articles and of passages."""
        query = "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)"
        articles, passages = self._row(query) or (0, 0)
        return articles, passages

    def holds_more_than(self, passages: int) -> bool:
        """Return whether there are more passages than so many, without counting them all."""
        return self._row("SELECT 1 FROM passages LIMIT 1 OFFSET ?", str(passages)) is not None

    def period(self) -> tuple[date, date] | None:
        """Return the first and the last day of publication; None where no article has one."""
        first, last = self._row("SELECT min(published), max(published) FROM articles") or (None, None)
        return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None

    def naming(self) -> tuple[int, int]:
        """Return how many articles name an outlet, and how many a day of publication."""
        named, dated = self._row("SELECT count(outlet), count(published) FROM articles") or (0, 0)
        return named, dated

    def newest(self, limit: int) -> list[tuple[str, str | None]]:
        """Return path and outlet of the newest stories, undated ones last: of each the most typical article."""
        order = "ORDER BY published IS NULL, published DESC, path LIMIT ?"
        return [
            (row[0], row[1])
            for row in self._rows(f"SELECT path, outlet FROM articles WHERE story = path {order}", [str(limit)])
        ]

    def report(self) -> IngestReport:
        """Return the report of the sync that made this snapshot."""
        try:
            return IngestReport.model_validate_json((self._row("SELECT report FROM reports") or [""])[0])
        except ValidationError:
            raise SnapshotBroken(_DAMAGED.format("its report cannot be read")) from None

    def _rows(self, query: str, values: Sequence[str] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, one thread at a time: two that run the same query at once lose rows (3.13)."""
        with self._lock, _readable():
            cursor = self._db.execute(query, values)
            rows = cursor.fetchmany(_ROWS_PER_FETCH)
        # Outside the lock: whoever takes the rows may be slow, or never ask for the rest.
        while rows:
            yield from rows
            with self._lock, _readable():
                rows = cursor.fetchmany(_ROWS_PER_FETCH)

    def _row(self, query: str, *values: str) -> tuple[Any, ...] | None:
        return next(self._rows(query, values), None)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class CatalogWriter:
    """Makes the catalog of a new snapshot, from nothing or from a copy of the one before."""

    def __init__(self, file: Path, previous: Path | None = None) -> None:
        """Begin `file`, as a copy of `previous` when there is one."""
        if previous:
            shutil.copyfile(previous, file)
        self._db = sqlite3.connect(file)
        # A build that breaks off is deleted whole, and what is published is synced file by file: no journal is needed.
        self._db.executescript(
            "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;" + ("" if previous else _SCHEMA)
        )

    def remove(self, paths: Iterable[str], passages: Iterable[str]) -> None:
        """Delete articles by path and passages by id."""
        self._db.executemany("DELETE FROM articles WHERE path = ?", ((path,) for path in paths))
        self._db.executemany("DELETE FROM passages WHERE id = ?", ((identity,) for identity in passages))

    def add_article(self, article: Article, junk_lines: int, fingerprint: bytes) -> None:
        """Insert an article with the number of its junk lines and its fingerprint; `finish` adds its story."""
        row = (*_article_row(article), junk_lines, fingerprint)
        self._db.execute(f"INSERT INTO articles VALUES ({', '.join('?' * len(row))}, NULL)", row)

    def add_passages(self, passages: Iterable[tuple[Passage, bytes]]) -> None:
        """Insert passages with the vectors of their sentences: float16, row-major, `[sentences, dimension]`."""
        self._db.executemany(f"INSERT INTO passages VALUES (?{', ?' * 9})", (_passage_row(*p) for p in passages))

    def fingerprints(self) -> dict[str, bytes]:
        """Return the fingerprint of each article by path."""
        return dict(self._db.execute("SELECT path, fingerprint FROM articles"))

    def article(self, path: str) -> Article:
        """Return one of the articles."""
        return _article(self._db.execute(f"SELECT {_ARTICLE} FROM articles WHERE path = ?", (path,)).fetchone())

    def passage_ids(self) -> list[str]:
        """Return all passage ids, sorted."""
        return [row[0] for row in self._db.execute(_PASSAGE_IDS)]

    def passages_to_reindex(self, stories: Mapping[str, str]) -> Iterator[tuple[Article, Passage]]:
        """Yield the passages of articles that are new, or that have become copies, or are no longer copies."""
        before = dict(self._db.execute("SELECT path, story FROM articles"))
        # A story names its most typical article, so an article is a copy when its story is another path than its own.
        for path, story in stories.items():
            if before[path] is None or (before[path] == path) != (story == path):
                article = self.article(path)
                yield from ((article, _passage(row)) for row in self._db.execute(_PASSAGES_OF, (path,)))

    def finish(self, stories: Mapping[str, str], report: IngestReport) -> None:
        """Write the story of each path and the report, and close the file."""
        before = dict(self._db.execute("SELECT path, story FROM articles"))
        rows = ((story, path) for path, story in stories.items() if before[path] != story)
        self._db.executemany("UPDATE articles SET story = ? WHERE path = ?", rows)
        self._db.execute("DELETE FROM reports")
        self._db.execute("INSERT INTO reports VALUES (?)", (report.model_dump_json(),))
        self._db.commit()
        self.close()

    def close(self) -> None:
        """Close the file as it is."""
        self._db.close()


@contextmanager
def _readable() -> Iterator[None]:
    """Raise SnapshotBroken for SQLite's errors about the file; use of a closed catalog is an error of the program."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        raise SnapshotBroken(_DAMAGED.format(error)) from error


def _digest(values: Sequence[Any]) -> bytes:
    """Return the digest of the values of a row (BLAKE2b, RFC 7693, 8 bytes)."""
    digest = hashlib.blake2b(digest_size=8)
    for value in values:
        content = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        # The length goes before each value: else "ab", "c" and "a", "bc" had one digest.
        digest.update(b"%d\x00" % len(content))
        digest.update(content)
    return digest.digest()


def _checked_values(row: Sequence[Any]) -> Sequence[Any]:
    """Return a row without the digest at its end; raise SnapshotBroken when the row is not as it was written."""
    *values, digest = row
    if digest != _digest(values):
        raise SnapshotBroken(_DAMAGED.format("a row is not as it was written"))
    return values


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise SnapshotBroken(_DAMAGED.format("a date cannot be read")) from None


def _url_path(file: Path) -> str:
    # The characters that would end the path of a `file:` URI, or be decoded in it.
    return str(file.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _article_row(article: Article) -> tuple[Any, ...]:
    days = (day.isoformat() if day else None for day in (article.published, article.updated))
    fields = (article.headline, article.outlet, article.author, *days, article.language, article.url)
    as_json = (json.dumps(article.found), json.dumps(article.article_lines))
    row = (article.path, article.sha256, article.encoding, article.text, *fields, int(article.cut_off), *as_json)
    return (*row, _digest(row))


def _article(row: Sequence[Any]) -> Article:
    # Not strict: `_ARTICLE` ends with the digest, which `_checked_values` takes off.
    fields = dict(zip(_ARTICLE.split(", "), _checked_values(row), strict=False))
    fields["found"] = json.loads(fields["found"])
    fields["article_lines"] = json.loads(fields.pop("kept"))
    return Article.model_validate(fields)


def _passage_row(passage: Passage, vectors: bytes) -> tuple[Any, ...]:
    place = (passage.id, passage.path, passage.start, passage.end)
    row = (*place, passage.text, json.dumps(passage.sentences), json.dumps(passage.speakers))
    # The vectors are read without the rest of their row, so they have a digest of their own. The id is in it: vectors
    # in the row of another passage are damage.
    return (*row, _digest(row), vectors, _digest((passage.id, vectors)))


def _passage(row: Sequence[Any]) -> Passage:
    identity, path, start, end, text, sentences, speakers = _checked_values(row)
    spans = tuple(Span(*span) for span in json.loads(sentences))
    said_by = tuple(json.loads(speakers))
    return Passage(id=identity, path=path, start=start, end=end, text=text, sentences=spans, speakers=said_by)
