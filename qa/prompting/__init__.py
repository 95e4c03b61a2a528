"""What a model is shown of the hits and of earlier turns.

`evidence.number_evidence` numbers the sentences of the hits; `evidence.shown` writes them for a prompt, one a line,
under headings with the nonce, so that no article can forge one. `context.excerpts` adds the sentence that a passage
leans on, and `context.fitted` leaves out the least likely passages until the prompt fits the budget. `history.told`
sums up earlier turns; they are never evidence. Text is made harmless in the copy for the prompt; citations quote the
article. `evidence.inert` does so for what is said, which clients render.
"""
