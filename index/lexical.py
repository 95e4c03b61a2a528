"""The lexical leg: a tantivy index over headline, outlet and body, stemmed, scored by BM25 (Robertson 1994).

Texts are indexed in their plain form, and so are questions: a word is found however it is written. Nothing but ids is
read back, so that offsets are not touched.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from index.errors import SnapshotBroken
from index.models import Article, Passage
from index.plain import plain

_ANALYZER = "news"
_BOOSTS = {"headline": 1.5, "outlet": 1.0, "body": 1.0}
_HEAP_BYTES = 32_000_000
_ALTERNATIVE = 0.5
_MIN_FUZZY = 5


class LexicalIndex:
    """The passages of one snapshot by their words."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the index in `folder`; raise SnapshotBroken when it is not there and `create` is not set."""
        import tantivy

        self._tantivy = tantivy
        stemmed = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.remove_long(60))
        for step in (
            tantivy.Filter.lowercase(),
            tantivy.Filter.ascii_fold(),
            tantivy.Filter.stopword("english"),
        ):
            stemmed = stemmed.filter(step)
        self._analyzer = stemmed.filter(tantivy.Filter.stemmer("english")).build()
        builder = tantivy.SchemaBuilder().add_text_field("id", stored=True, tokenizer_name="raw")
        for field in _BOOSTS:
            builder.add_text_field(field, tokenizer_name=_ANALYZER)
        builder.add_text_field("published", tokenizer_name="raw")
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
        self._searcher = self._index.searcher()

    def update(self, removed: Iterable[str], added: Iterable[tuple[Article, Passage]]) -> None:
        """Delete and add passages in one commit."""
        writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for identity in removed:
            writer.delete_documents_by_term("id", identity)
        for article, passage in added:
            writer.add_document(
                self._tantivy.Document(
                    id=passage.id,
                    headline=plain(article.headline or ""),
                    outlet=plain(article.outlet or ""),
                    body=plain(passage.text),
                    published=str(article.published or ""),
                )
            )
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, text: str, limit: int, also: Sequence[str] = ()) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, BM25 score), best first; `text` is words, never query syntax.

        `also` are words that may stand for those of the text; they count less. A word of the text that no passage
        holds is looked up with one letter changed.
        """
        should = self._tantivy.Occur.Should
        terms = self._terms(text)
        others = [term for phrase in also for term in self._terms(phrase) if term not in terms]
        queries = [self._term_query(term, 1.0) for term in terms]
        queries += [self._term_query(term, _ALTERNATIVE) for term in dict.fromkeys(others)]
        if not queries:
            return []
        query = self._tantivy.Query.boolean_query([(should, query) for query in queries])
        found = self._searcher.search(query, limit, count=False).hits
        return [(self._id(address), float(score)) for score, address in found]

    def frequency(self, term: str) -> int:
        """Return the number of passages whose body holds a stemmed term."""
        return self._held("body", term)

    def count(self) -> int:
        """Return the number of passages in the index."""
        return int(self._searcher.num_docs)

    def _terms(self, text: str) -> list[str]:
        return list(dict.fromkeys(self._analyzer.analyze(plain(text))))

    def _term_query(self, term: str, weight: float) -> Any:
        query = self._tantivy.Query
        if weight == 1.0 and len(term) >= _MIN_FUZZY and not any(self._held(field, term) for field in _BOOSTS):
            return query.fuzzy_term_query(self._schema, "body", term, distance=1)
        fields = [
            query.boost_query(query.term_query(self._schema, field, term), boost * weight)
            for field, boost in _BOOSTS.items()
        ]
        return query.disjunction_max_query(fields, 0.1)

    def _held(self, field: str, term: str) -> int:
        """Count the passages that hold a term; tantivy's own count goes on counting the deleted ones."""
        query = self._tantivy.Query.term_query(self._schema, field, term)
        found: Any = self._searcher.search(query, 1, count=True)
        return int(found.count)

    def _id(self, address: Any) -> str:
        return str(self._searcher.doc(address).get_first("id"))
