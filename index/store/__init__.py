"""One snapshot of the index on disk: how it is written, searched, verified and published.

A published snapshot is only read; where its folder cannot be written to, Chroma and tantivy, which take locks beside
their files, open a private copy. Nothing here reads the corpus or cuts text.
"""
