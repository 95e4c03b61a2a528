"""One snapshot of the index on disk: how it is kept, searched, verified and published.

`DataFolder` says which snapshot is in use and publishes a new one by rename; `SnapshotReader` hands the one in use to
many threads and follows changes. An open `Snapshot` has a `catalog` (SQLite), a `lexical` index (tantivy) and a `dense`
leg: exact over all sentences up to 2,000 passages, else Chroma's HNSW index, in the folder or in a server. A published
snapshot is only read. Opening Chroma writes to its SQLite file, so that file has no digest, and a place that cannot be
written to is read through a private copy. Nothing here reads the corpus or cuts text.
"""
