"""The file formats beyond plain text and HTML: a function for each, from bytes to a Document or Contents.

Offsets point into the text of the Document. `FORMATS` in `index.corpus.reading` registers the functions; `front_matter`
reads the fields above a text, `markup` and `xml` are shared helpers. A function raises UnreadableFile with the reason.
Nothing in a file makes it fetch, expand or run anything: XML with a document type is refused, compressed parts are
bounded, and what takes many times its size in memory is counted before it is parsed. A library that fails on a broken
file is a file that cannot be read.
"""
