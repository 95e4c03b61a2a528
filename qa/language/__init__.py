"""Read a text, whatever is asked: its words, names, figures, amounts, dates, facts and quotations.

Nothing here knows a question, an article or a snapshot. The rules are for English; another language yields fewer names
and terms, not an error.
"""
