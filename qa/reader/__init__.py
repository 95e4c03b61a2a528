"""Rank the sentences of the hits for a question, and say how probable it is that the first of them answer it.

`LateInteraction` ships; `CARD.md` says on what it was trained, `evals/training` how. This room knows no statuses:
`qa.writing.selection` compares the probability with its marks.
"""
