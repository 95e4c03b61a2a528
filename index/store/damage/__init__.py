"""How damage of a snapshot is noticed before it can reach an answer.

`file_check` compares the files with what the manifest says of them, the large ones a block at a time while the rest
goes on. `probe` opens the vector index in a process of its own first: what crashes or hangs there harms no server.
Rows of the catalog carry digests of their own (`index/store/catalog.py`). Nothing here repairs or falls back.
"""
