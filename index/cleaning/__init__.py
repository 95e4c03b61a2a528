"""From the lines of a page to what the article needs: its metadata, and the spans that are article text.

A wrong value is worse than a missing one, so only labelled metadata is read. Nothing is deleted and no offset moves; in
doubt a line is kept. Whoever changes what is drawn here raises INGEST_VERSION in `index.sync.ingesting`.
"""
