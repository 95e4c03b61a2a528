"""The file formats beyond plain text and HTML: a function for each, from bytes to a Document or Contents.

Rooms: `records` (JSON and tables), `mail`, `pdf`, and `packed` (archives, web archives, saved pages). `docx` and
`feeds` read one kind of file each, `front_matter` reads the fields above a text; `markup`, `xml` and `mime` are shared.
Offsets point into the text of the Document. The tables of `index.corpus.reading` register the functions; those for
records are told what they call their fields, those for packed files how to read what is in them. A function raises
UnreadableFile with the reason. Nothing in a file makes it fetch or run anything: an entity of XML for more than a few
characters is refused, what is compressed is bounded, and what takes many times its size in memory is counted before it
is parsed. A library that fails on a broken file is a file that cannot be read.
"""
