"""Find text in an article that gives orders to a model; it is reported and indexed all the same: news may quote it.

`suspicion.suspicions` is the one entry: it flags a sentence when the weights of its signs reach 1. The signs are rows
of `orders.ORDERS` and `guises.GUISES` (made by `signs.sign`), hidden or encoded text (`concealment`), and a request in
words that the rest of the article does not use. It must never drop or change text.
"""
