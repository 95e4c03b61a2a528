"""Writers: from the hits of a question to drafts that point at evidence sentences by number.

A Writer has `name`, `prompt_version` and `write`, which takes an Assignment and yields Pieces. `ExtractiveWriter`
quotes what `selection.select` chooses of the reader's ranking, and says how sure it is, and `differing.sides` where
articles give different values; `ModelWriter` prompts a model, and `splitting.StatementSplitter` cuts its reply into
drafts. `leaks` finds statements that repeat the instructions. `repair.Repairer` has failing statements written once
more. A writer gives out no markers and no verdicts.
"""
