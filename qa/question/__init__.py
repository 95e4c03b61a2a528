"""Understand a question, whatever the articles say: nothing here searches.

`query.understand` needs no model; a Rewriter has one write a follow-up so that it stands alone.
"""
