"""Statements and attacks on outside texts: what the checks of `qa.checking` and `index.steering` catch.

`verify` judges supported and unsupported statements, and false copies of true ones (`perturbations`); `injection`
counts the attacks on a model that are flagged, on outside ones and on `in_other_words.jsonl`, and the clean articles
flagged without reason.
"""
