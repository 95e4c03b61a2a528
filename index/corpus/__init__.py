"""Read a folder: list its files, turn their bytes into text, and say what has changed since they were indexed.

Text is never normalised, so offsets point into the file as decoded, or into what a format extracts.
"""
