"""Known questions: `cases` says what a case is, `files` reads and writes JSON Lines and YAML, `checking` finds what is
not sound, `drafting` proposes cases for a folder, `accepting` has a person accept them.

A quote of the evidence stands in its article exactly once. A draft is never asked until a person has accepted it.
The format is published as `evals/case.schema.json`.
"""
