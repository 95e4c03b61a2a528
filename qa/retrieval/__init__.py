"""Find the passages for a question: `Retriever.retrieve` is the one entry, from a Query to a Retrieval with its hits.

For each part, `ranking.rank` searches the lexical leg, adds what the dense leg finds, and scores 32 candidates: the
relevance of the best sentence (`relevance`), the similarity of the passage, its share of the best BM25 score, and the
quotations it holds. A passage is a hit only if one of its sentences reaches `FLOOR`. `reranking` may set another
order, `narrowing` applies windows of publication, and `variety` chooses: one article of a story, and no more than half
of the hits from one article or from passages that say nearly the same. Search may guess; whether a sentence answers is
decided by `qa.reader`.
"""
