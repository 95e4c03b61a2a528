"""The words of a text, for the rooms above: nothing here knows an article or a question.

`lines` splits a text into lines with their offsets; `plain` returns the form that texts are compared in (it moves
offsets, so it serves matching only); `words` cuts it into words, or pairs of letters, by its script; `language` names
the language of a text or gives None; `file_names.shown` returns a file name that is safe to print.
"""
