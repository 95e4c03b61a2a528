"""Find the passages for a question; whether a sentence answers it, `qa.reader` decides.

`Retriever.retrieve` is the one entry: it takes a Query and returns a Retrieval with its hits.
"""
