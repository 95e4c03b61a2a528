"""Answers of a server, each stored for some hours under its id, and the feedback of readers on them.

A file that cannot be written or read costs a line in the log, never an answer. Nothing here writes what people asked
anywhere but into that file, which only its owner may read.
"""
