"""Find text in an article that gives orders to a model; it is reported and indexed all the same: news may quote it.

Nothing here drops or changes text. Hidden text has exact marks; of open orders, most are missed that are not in the
words that the signs were tuned on. A logistic layer over the vectors that a sync makes of sentences found fewer still,
for as few clean articles flagged: inside a passage the vector of a sentence is mostly that of its neighbours.
"""
