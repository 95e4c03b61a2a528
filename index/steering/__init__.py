"""Find text in an article that gives orders to a model; it is reported and indexed all the same: news may quote it.

Nothing here drops or changes text.
"""
