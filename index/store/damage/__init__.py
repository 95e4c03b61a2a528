"""How damage of a snapshot is noticed before it can reach an answer; nothing here repairs or falls back.

Rows of the catalog carry digests of their own (`index/store/catalog.py`).
"""
