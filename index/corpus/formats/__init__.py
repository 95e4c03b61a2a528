"""The file formats beyond plain text: a function for each, from bytes to a Document or Contents.

Nothing in a file makes it fetch or run anything: an entity of XML for more than a few characters is refused, what is
compressed is bounded, and what takes many times its size in memory is counted before it is parsed. A library that
fails on a broken file is a file that cannot be read: the function raises UnreadableFile with the reason.
"""
