"""What a server keeps of its answers: each for some hours, so that an address leads back to it, and what readers said.

`records` has the records, `database` the SQLite file, `answer_store` the way to it from the event loop. A file that
cannot be written or read costs a line in the log, never an answer. Nothing here writes what people asked anywhere but
into that file, which only its owner may read.
"""
