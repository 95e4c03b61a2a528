"""Which sentence of the hits answers a question, and how sure that is: a Reader has a `name` and `rank`.

`late_interaction.LateInteraction` ships: it compares each token of the question with the tokens of a sentence (ColBERT)
and has one fitted layer; `CARD.md` says on what it was trained, `evals/training` how. `baseline.Baseline` is the plain
comparison for every figure. What the encoder does not know the language of, `unread` orders by the words that it shares
with the question. `rank` returns a Reading: the sentences, likeliest first, and the calibrated probability that those
to be shown hold the answer. `telling` adds the figures and dates of a sentence, with what their tokens mean. It knows
no statuses: `qa.writing.selection` holds the marks for them.
"""
