"""One snapshot of the index on disk: catalog, words, vectors."""
