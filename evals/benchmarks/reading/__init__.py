"""Outside pages and articles as they are read: what `index.cleaning` and `index.passages.stories` get right.

`reading` counts what plain texts and saved pages lose, `cleaning` the characters of article text that are kept,
`metadata` the fields that are read, `stories` the edited copies that end in one story. `web_pages` builds the pages of
`reading`. `line_weights` fits the line model of cleaning on the split `train`, and is no
benchmark.
"""
