"""What answers got right: `scores` counts for one case, `metrics` are functions of a score, `figures` adds up.

`intervals` says how far a figure may be off by chance, `wording` compares the words of an answer. A Score holds counts
only, so that the same answers give the same figures.
"""
