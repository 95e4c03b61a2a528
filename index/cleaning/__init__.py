"""From the lines of a page to what the article needs: its metadata, and the spans that are article text.

`metadata.parse` reads headline, outlet, author, dates and language where the page labels them; a wrong value is worse
than a missing one. `cleaning.clean` separates article text from page junk by `line_model` (fitted by `python -m
evals.benchmarks.reading.line_weights`), and keeps a text whole where no page stands around it. Nothing is deleted and
no offset moves; in doubt a line is kept. What changes here changes the index: raise INGEST_VERSION in
`index.sync.ingesting`.
"""
