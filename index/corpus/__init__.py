"""Read a folder: list its files, turn their bytes into text, and say what has changed since they were indexed.

`reading.source_files` lists the files. `reading.read` selects a function by the suffix and returns
`Contents`: one `Document` for each article in the file, and a sentence for each part that it could not read. A file
that cannot be read raises UnreadableFile with the reason; one that may be wrong (a guessed encoding, a page of which
little was read) says so in `doubts`. `encodings` turns bytes into text. Links out of the folder are refused. Text is
never normalised, so offsets point into the file as decoded, or into what a format extracts. `freshness.since` compares
articles with their files. What is article text and what is page junk is decided in `index.cleaning`, not here.
"""
