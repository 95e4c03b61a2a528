"""The lexical leg: a tantivy index over passages, stemmed, scored by BM25 (Robertson 1994).

The headline and the outlet count as words of each passage: one that stands deep in an article is found by what the
article is about, and by who printed it. Texts are indexed by their tokens (`index.text.words`), and so are questions:
a word is found in every script, however it is written. Only ids are read back, so offsets do not matter here.

Passages of copies (articles that are not the most typical of their story) do not count for the rarity of a word. Nor do
they displace others: where most hits are of copies, a search adds hits that are not.
"""

import math
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from index.errors import SnapshotBroken
from index.models import Article, Passage
from index.passages.chunking import embedded_text
from index.store.catalog import Catalog
from index.store.dense import first_of
from index.text.words import tokens

_ANALYZER = "news"
_TEXT, _BODY, _OUTLET, _COPY = "text", "body", "outlet", "copy"
_IS_COPY = "yes"
_HEAP_BYTES = 128_000_000
"""Memory for a segment before it is written: a search goes through each segment, so few large ones are faster."""
_MIN_FUZZY = 5
_COMMON, _MANY = 0.2, 10_000
"""A word in a fifth of the passages says little, and takes most of the time of a search when they are many."""
_NOTABLY = 1.2
_REMEMBERED = 10_000
_LOG_2 = math.log(2)
_REMEMBERED_QUERIES = 64


class _Hit(NamedTuple):
    """A passage, whether its article is a copy, and its score."""

    id: str
    copy: bool
    score: float


class LexicalIndex:
    """The passages of one snapshot by their words."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the index in `folder`; raise SnapshotBroken when it is not there and `create` is not set."""
        import tantivy

        self._tantivy = tantivy
        # The list of stop words and the stemmer know lower case only, so these two steps come last.
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
        self._own: Catalog | Sequence[str] | None = None
        self._look_up()

    def _look_up(self) -> None:
        # The caches hold counts and addresses of this searcher: an update makes new ones.
        self._searcher = self._index.searcher()
        self._frequency = lru_cache(_REMEMBERED)(self._count_passages)
        self._story_frequency = lru_cache(_REMEMBERED)(self._count_without_copies)
        self._query = lru_cache(_REMEMBERED)(self._term_query)
        self._terms = lru_cache(_REMEMBERED)(self._analyzed)
        self._queries_of = lru_cache(_REMEMBERED_QUERIES)(self._queries)
        self._document = lru_cache(_REMEMBERED)(self._stored)

    def update(
        self, removed: Iterable[str], added: Iterable[tuple[Article, Passage]], copies: Container[str] = ()
    ) -> None:
        """Delete passages by id, and add or replace others, in one commit; `copies` are paths of articles."""
        writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for identity in removed:
            writer.delete_documents_by_term("id", identity)
        for article, passage in added:
            # tantivy replaces nothing: a document with an id that is there already would be a second one.
            writer.delete_documents_by_term("id", passage.id)
            body = _joined(embedded_text(None, passage))
            about = (_joined(part) for part in (article.headline, article.outlet) if part)
            fields = {"id": passage.id, _OUTLET: article.outlet or "", _TEXT: "\n".join((*about, body)), _BODY: body}
            if article.path in copies:
                fields[_COPY] = _IS_COPY
            writer.add_document(self._tantivy.Document(**fields))
        writer.commit()
        # The files get their digests next, so no merge may still be at work on them.
        writer.wait_merging_threads()
        self._index.reload()
        self._look_up()

    def within(self, own: Catalog | Sequence[str]) -> "LexicalIndex":
        """Return this index as it finds only the passages of a catalog, or, faster if they are few, those of some ids.

        How many passages hold a word stays the number in the whole index.
        """
        part = copy(self)
        part._own = own
        return part

    def search(self, text: str, limit: int, outlet: str | None = None) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, BM25 score), best first; `text` is words, never query syntax.

        Where more than half are of copies, as many others are added. Words in very many passages count only where there
        are no others. A word in no passage is looked up with one letter changed. With `outlet`, only passages of that
        outlet are returned.
        """
        queries, conditions = self._queries_of(text), [(_OUTLET, [outlet])] if outlet else []
        hits = self._ranked(queries, limit, conditions)
        if sum(hit.copy for hit in hits) > limit / 2:
            others = self._ranked(queries, limit, conditions, copies=False)
            hits = sorted({*hits, *others}, key=lambda hit: (-hit.score, hit.id))
        return [(hit.id, hit.score) for hit in hits]

    def scores(self, text: str, ids: Sequence[str]) -> dict[str, float]:
        """Return the BM25 score of each of some passages, as `search` returns it; 0 where it has none of the words."""
        hits = self._best(self._queries_of(text), [("id", ids)], True, len(ids))
        return dict.fromkeys(ids, 0.0) | {hit.id: hit.score for hit in hits}

    def _ranked(
        self,
        queries: Sequence[Any],
        limit: int,
        conditions: Sequence[tuple[str, Sequence[str]]],
        *,
        copies: bool = True,
    ) -> list[_Hit]:
        """Return the best hits that meet the conditions and are passages of this part of the index."""
        if isinstance(self._own, Catalog):
            return first_of(self._own, partial(self._best, queries, conditions, copies), limit)
        of_part = [("id", self._own)] if self._own is not None else []
        return self._best(queries, [*conditions, *of_part], copies, limit)

    def _best(
        self, queries: Sequence[Any], conditions: Sequence[tuple[str, Sequence[str]]], copies: bool, limit: int
    ) -> list[_Hit]:
        if not queries or not limit:
            return []
        query, occur = self._tantivy.Query, self._tantivy.Occur
        clauses = [(occur.Must, self._any_of(queries))]
        for field, values in conditions:
            one_of = self._any_of([query.term_query(self._schema, field, value) for value in values])
            # A condition selects and adds nothing to the BM25 score.
            clauses.append((occur.Must, query.const_score_query(one_of, 0.0)))
        if not copies:
            clauses.append((occur.MustNot, query.term_query(self._schema, _COPY, _IS_COPY)))
        # Without a count tantivy may leave out what cannot be among the best.
        with _readable():
            hits = self._searcher.search(query.boolean_query(clauses), limit, count=False).hits
        return [_Hit(*self._document(address.segment_ord, address.doc), float(score)) for score, address in hits]

    def frequency(self, term: str, *, copies: bool = True) -> int:
        """Return the number of passages with a stemmed term in their body, with or without copies."""
        return self._frequency(_BODY, term) if copies else self._story_frequency(_BODY, term)

    def holders(self, term: str) -> list[str]:
        """Return the ids of all passages with a stemmed term in their body."""
        if not (frequency := self._frequency(_BODY, term)):
            return []
        query = self._tantivy.Query.term_query(self._schema, _BODY, term)
        return [
            self._document(address.segment_ord, address.doc)[0]
            for _, address in self._searcher.search(query, frequency).hits
        ]

    def count(self, *, copies: bool = True) -> int:
        """Return the number of passages in the index, with or without copies."""
        return int(self._searcher.num_docs) - (0 if copies else self._frequency(_COPY, _IS_COPY))

    def terms(self, text: str) -> tuple[str, ...]:
        """Return the stems of a text's words, each once; words that every text has are left out."""
        return self._terms(text)

    def rarity(self, term: str) -> float:
        """Return the rarity of a stem among the passages without copies: 0 where all have it, 1 where none has.

        It is log(1 + passages / (1 + passages with the stem)), brought to the same range for every size of index.
        """
        passages = self.count(copies=False)
        raw = math.log(1 + passages / (1 + self._story_frequency(_BODY, term)))
        return min(1.0, max(0.0, raw - _LOG_2) / max(math.log(1 + passages) - _LOG_2, _LOG_2))

    def _analyzed(self, text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._analyzer.analyze(_joined(text))))

    def _queries(self, text: str) -> list[Any]:
        """Return a query for each word of a text, all of which add up."""
        terms = self._terms(text)
        # A question of common words alone still has to be searched for by them.
        telling = [term for term in terms if not self._is_common(term)]
        return [self._query(term) for term in telling or terms]

    def _is_common(self, term: str) -> bool:
        return self._story_frequency(_TEXT, term) > max(_COMMON * self.count(copies=False), _MANY)

    def _term_query(self, term: str) -> Any:
        if len(term) >= _MIN_FUZZY and not self._frequency(_TEXT, term):
            return self._tantivy.Query.fuzzy_term_query(self._schema, _TEXT, term, distance=1)
        query = self._tantivy.Query.term_query(self._schema, _TEXT, term)
        # tantivy weighs a word by all passages. The boost makes that the weight it has where copies are not counted.
        wanted_idf = idf(self._story_frequency(_TEXT, term), self.count(copies=False))
        factor = wanted_idf / idf(self._frequency(_TEXT, term), self.count())
        if 1 / _NOTABLY < factor < _NOTABLY:
            return query  # a boost costs the search its shortcuts
        return self._tantivy.Query.boost_query(query, factor)

    def _any_of(self, queries: Sequence[Any]) -> Any:
        return self._tantivy.Query.boolean_query([(self._tantivy.Occur.Should, query) for query in queries])

    def _count_passages(self, field: str, term: str) -> int:
        """Count the passages with a term; tantivy's own count includes the deleted ones."""
        return self._number(self._tantivy.Query.term_query(self._schema, field, term))

    def _count_without_copies(self, field: str, term: str) -> int:
        """Count the passages with a term, without copies."""
        frequency = self._frequency(field, term)
        if not frequency or not self._frequency(_COPY, _IS_COPY):
            return frequency
        query, must = self._tantivy.Query, self._tantivy.Occur.Must
        both = [query.term_query(self._schema, *pair) for pair in ((field, term), (_COPY, _IS_COPY))]
        return frequency - self._number(query.boolean_query([(must, clause) for clause in both]))

    def _number(self, query: Any) -> int:
        with _readable():
            result: Any = self._searcher.search(query, 1, count=True)
        return int(result.count)

    def _stored(self, segment: int, document: int) -> tuple[str, bool]:
        with _readable():
            fields = self._searcher.doc(self._tantivy.DocAddress(segment, document))
        return str(fields.get_first("id")), fields.get_first(_COPY) == _IS_COPY


@contextmanager
def _readable() -> Iterator[None]:
    """Raise SnapshotBroken for tantivy's errors about its files."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise SnapshotBroken(f"The lexical index cannot be read ({error}). Run: newsdesk doctor --repair") from error


def _joined(text: str) -> str:
    """Return the tokens of a text with spaces between, as the whitespace tokenizer of tantivy takes them."""
    return " ".join(tokens(text))


def idf(frequency: int, passages: int) -> float:
    """Return the inverse frequency, as in BM25, of a term that `frequency` of the passages hold."""
    return math.log(1 + (passages - frequency + 0.5) / (frequency + 0.5))
