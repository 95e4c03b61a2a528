"""Make citations, and check statements against what they cite.

Checks see the passages that were shown and their headings, never the question; a statement that fails is marked, never
dropped.
"""
