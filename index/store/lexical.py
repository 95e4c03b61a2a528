"""The lexical leg: a tantivy index over passages, stemmed, scored by BM25 (Robertson 1994).

The headline and the outlet count as words of each passage: one that stands deep in an article is found by what the
article is about, and by who printed it. Texts are indexed by their tokens (`index.text.words`), and so are questions:
a word is found in every script, however it is written. Nothing but ids is read back, so that offsets are not touched.

Passages of copies (articles that are not the most typical of their story) do not make words common: how rare a word is
tells of stories. Nor do they take the places of others: where most of what is found are copies, a search goes on to
what else there is.
"""

import math
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from index.errors import SnapshotBroken
from index.models import Article, Passage
from index.passages.chunking import embedded_text
from index.text.words import tokens

_ANALYZER = "news"
_TEXT, _BODY, _OUTLET, _COPY = "text", "body", "outlet", "copy"
_IS_COPY = "yes"
_HEAP_BYTES = 128_000_000
"""What is held in memory before a segment is written: a search goes through each, so few large ones are faster."""
_MIN_FUZZY = 5
_COMMON, _MANY = 0.2, 10_000
"""A word that a fifth of the passages hold tells little, and costs most of a search when they are many."""
_NOTABLY = 1.2
_REMEMBERED = 10_000
_LOG_2 = math.log(2)
_ASKED = 64


class _Found(NamedTuple):
    """A passage, whether it is of a copy, and its score."""

    id: str
    copy: bool
    score: float


class LexicalIndex:
    """The passages of one snapshot by their words."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the index in `folder`; raise SnapshotBroken when it is not there and `create` is not set."""
        import tantivy

        self._tantivy = tantivy
        stemmed = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).filter(tantivy.Filter.remove_long(60))
        for step in (
            tantivy.Filter.lowercase(),
            tantivy.Filter.ascii_fold(),
            tantivy.Filter.stopword("english"),
        ):
            stemmed = stemmed.filter(step)
        self._analyzer = stemmed.filter(tantivy.Filter.stemmer("english")).build()
        builder = tantivy.SchemaBuilder().add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field(_OUTLET, tokenizer_name="raw").add_text_field(_COPY, stored=True, tokenizer_name="raw")
        for field in (_TEXT, _BODY):
            builder.add_text_field(field, tokenizer_name=_ANALYZER)
        self._schema = builder.build()
        try:
            if create:
                folder.mkdir(parents=True, exist_ok=True)
            elif not tantivy.Index.exists(str(folder)):
                raise ValueError("no index")
            self._index = tantivy.Index(self._schema, path=str(folder))
        except ValueError as error:
            message = f"The lexical index in {str(folder)!r} cannot be opened ({error}). Run: newsdesk index"
            raise SnapshotBroken(message) from error
        self._index.register_tokenizer(_ANALYZER, self._analyzer)
        self._look_up()

    def _look_up(self) -> None:
        self._searcher = self._index.searcher()
        self._held = lru_cache(_REMEMBERED)(self._count)
        self._told = lru_cache(_REMEMBERED)(self._count_told)
        self._query = lru_cache(_REMEMBERED)(self._term_query)
        self._terms = lru_cache(_REMEMBERED)(self._analyzed)
        self._asked = lru_cache(_ASKED)(self._queries)
        self._document = lru_cache(_REMEMBERED)(self._stored)

    def update(
        self, removed: Iterable[str], added: Iterable[tuple[Article, Passage]], copies: Container[str] = ()
    ) -> None:
        """Delete passages by id, and add some or put them in anew, in one commit; `copies` are paths of articles."""
        writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for identity in removed:
            writer.delete_documents_by_term("id", identity)
        for article, passage in added:
            writer.delete_documents_by_term("id", passage.id)
            body = _joined(embedded_text(None, passage))
            about = (_joined(part) for part in (article.headline, article.outlet) if part)
            fields = {"id": passage.id, _OUTLET: article.outlet or "", _TEXT: "\n".join((*about, body)), _BODY: body}
            if article.path in copies:
                fields[_COPY] = _IS_COPY
            writer.add_document(self._tantivy.Document(**fields))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._look_up()

    def search(self, text: str, limit: int, outlet: str | None = None) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, BM25 score), best first; `text` is words, never query syntax.

        Where more than half are of copies, as many others are added. Words that very many passages hold are left out
        beside others. A word that no passage holds is looked up with one letter changed. With `outlet`, only passages
        of that outlet are returned.
        """
        queries, only = self._asked(text), [(_OUTLET, [outlet])] if outlet else []
        found = self._ranked(queries, limit, only)
        if sum(one.copy for one in found) > limit / 2:
            others = self._ranked(queries, limit, only, copies=False)
            found = sorted({*found, *others}, key=lambda one: (-one.score, one.id))
        return [(one.id, one.score) for one in found]

    def scores(self, text: str, ids: Sequence[str]) -> dict[str, float]:
        """Return the BM25 score of each of some passages, as `search` would give it; 0 where no word is held."""
        found = self._ranked(self._asked(text), len(ids), [("id", ids)])
        return dict.fromkeys(ids, 0.0) | {one.id: one.score for one in found}

    def _ranked(
        self, queries: Sequence[Any], limit: int, only: Sequence[tuple[str, Sequence[str]]], *, copies: bool = True
    ) -> list[_Found]:
        if not queries or not limit:
            return []
        query, occur = self._tantivy.Query, self._tantivy.Occur
        clauses = [(occur.Must, self._any_of(queries))]
        for field, values in only:
            one_of = self._any_of([query.term_query(self._schema, field, value) for value in values])
            clauses.append((occur.Must, query.const_score_query(one_of, 0.0)))
        if not copies:
            clauses.append((occur.MustNot, query.term_query(self._schema, _COPY, _IS_COPY)))
        with _readable():
            found = self._searcher.search(query.boolean_query(clauses), limit, count=False).hits
        return [_Found(*self._document(at.segment_ord, at.doc), float(score)) for score, at in found]

    def frequency(self, term: str, *, copies: bool = True) -> int:
        """Return the number of passages whose body holds a stemmed term, those of copies counted or not."""
        return self._held(_BODY, term) if copies else self._told(_BODY, term)

    def holders(self, term: str) -> list[str]:
        """Return the ids of all passages whose body holds a stemmed term."""
        if not (held := self._held(_BODY, term)):
            return []
        query = self._tantivy.Query.term_query(self._schema, _BODY, term)
        return [self._document(at.segment_ord, at.doc)[0] for _, at in self._searcher.search(query, held).hits]

    def count(self, *, copies: bool = True) -> int:
        """Return the number of passages in the index, those of copies counted or not."""
        return int(self._searcher.num_docs) - (0 if copies else self._held(_COPY, _IS_COPY))

    def terms(self, text: str) -> tuple[str, ...]:
        """Return the stems of a text's words, each once; words that every text has are left out."""
        return self._terms(text)

    def rarity(self, term: str) -> float:
        """Return how rare a stem is among the passages, those of copies not counted: 0 where all have it, 1 where none.

        It is log(1 + passages / (1 + passages with the stem)), brought to the same range for every size of index.
        """
        passages = self.count(copies=False)
        told = math.log(1 + passages / (1 + self._told(_BODY, term)))
        return min(1.0, max(0.0, told - _LOG_2) / max(math.log(1 + passages) - _LOG_2, _LOG_2))

    def _analyzed(self, text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._analyzer.analyze(_joined(text))))

    def _queries(self, text: str) -> list[Any]:
        """Return a query for each word of a text, all of which add up."""
        terms = self._terms(text)
        telling = [term for term in terms if not self._is_common(term)]
        return [self._query(term) for term in telling or terms]

    def _is_common(self, term: str) -> bool:
        return self._told(_TEXT, term) > max(_COMMON * self.count(copies=False), _MANY)

    def _term_query(self, term: str) -> Any:
        if len(term) >= _MIN_FUZZY and not self._held(_TEXT, term):
            return self._tantivy.Query.fuzzy_term_query(self._schema, _TEXT, term, distance=1)
        query = self._tantivy.Query.term_query(self._schema, _TEXT, term)
        told = idf(self._told(_TEXT, term), self.count(copies=False))
        rarer = told / idf(self._held(_TEXT, term), self.count())
        if 1 / _NOTABLY < rarer < _NOTABLY:
            return query  # a boost costs the search its shortcuts
        return self._tantivy.Query.boost_query(query, rarer)

    def _any_of(self, queries: Sequence[Any]) -> Any:
        return self._tantivy.Query.boolean_query([(self._tantivy.Occur.Should, query) for query in queries])

    def _count(self, field: str, term: str) -> int:
        """Count the passages that hold a term; tantivy's own count goes on counting the deleted ones."""
        return self._number(self._tantivy.Query.term_query(self._schema, field, term))

    def _count_told(self, field: str, term: str) -> int:
        """Count the passages that hold a term, without copies."""
        held = self._held(field, term)
        if not held or not self._held(_COPY, _IS_COPY):
            return held
        query, must = self._tantivy.Query, self._tantivy.Occur.Must
        both = [query.term_query(self._schema, *pair) for pair in ((field, term), (_COPY, _IS_COPY))]
        return held - self._number(query.boolean_query([(must, one) for one in both]))

    def _number(self, query: Any) -> int:
        with _readable():
            found: Any = self._searcher.search(query, 1, count=True)
        return int(found.count)

    def _stored(self, segment: int, document: int) -> tuple[str, bool]:
        with _readable():
            fields = self._searcher.doc(self._tantivy.DocAddress(segment, document))
        return str(fields.get_first("id")), fields.get_first(_COPY) == _IS_COPY


@contextmanager
def _readable() -> Iterator[None]:
    """Tell tantivy's errors about its files as damage."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise SnapshotBroken(f"The lexical index cannot be read ({error}). Run: newsdesk doctor --repair") from error


def _joined(text: str) -> str:
    """Return the tokens of a text with spaces between, as tantivy takes them."""
    return " ".join(tokens(text))


def idf(held: int, passages: int) -> float:
    """Return the inverse passage frequency of what some passages hold, as BM25 has it."""
    return math.log(1 + (passages - held + 0.5) / (held + 0.5))
