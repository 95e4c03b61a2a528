"""What a question asks, whatever the articles say: nothing here searches.

`query.understand` returns a Query: the parts, each searched and answered on its own, and the earlier questions that a
follow-up leans on. `periods` reads windows of publication and "latest", `outlets` the outlets that a question names.
`rewriting.Rewriter` has a model write a follow-up so that it stands alone; if that fails, the Query stays as it is.
"""
