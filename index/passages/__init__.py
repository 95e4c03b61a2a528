"""Cut articles into passages, and group near-identical articles into stories.

The id of a passage is a digest of all that is stored for it, so a set difference brings an index up to date.
"""
