"""The file formats beyond plain text and HTML: each turns bytes into documents, whose text offsets then point into.

Nothing in a file makes the reader fetch, expand or run anything: XML with a document type is refused, compressed
parts are bounded, and a library that fails on a broken file is a file that cannot be read.
"""
