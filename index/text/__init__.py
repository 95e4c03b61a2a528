"""The words of a text: lines, plain text, language, names of files."""
