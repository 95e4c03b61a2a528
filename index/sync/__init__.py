"""Bring the index in step with a folder, once (`syncing.sync`) or as it changes (`watching.follow`).

`sync` takes the lock, reads what has changed (`ingesting.ingest` gives the article and all that is drawn from it),
embeds only new passages, changes a copy of the snapshot in use, verifies it and publishes it. A crash at any moment
leaves the old snapshot serving. `VectorWorker` does all work on Chroma's files in a process of its own: broken files
can kill or hang the process that opens them. Raise `INGEST_VERSION` when something else is drawn from a file.
"""
