"""Questions about the collection itself: how many articles, which, from whom, of when, and what a file says.

`kinds.Kinds` decides whether a question asks for articles and what of them, by a fitted model over the vectors that the
bundled encoder gives it; no English word is looked for. `wanted.wanted` reads what the articles must have: outlets,
days, files, names, quotations and words of a topic. `counting.count` finds all articles of the snapshot that have it,
and says how it counted. `listing.Collection` makes of that what the service tells: sentences with the headlines they
cite, and the list of the articles. Nothing here ranks sentences or asks a model; an ordinary question is left alone.
"""
