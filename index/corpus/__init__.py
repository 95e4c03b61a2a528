"""A folder of files read as articles: formats, encodings, what changed."""
