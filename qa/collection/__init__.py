"""Answer questions about the collection itself: how many articles, which, from whom, of when, and what a file says.

Nothing here ranks sentences or asks a model, and no English word is looked for; other questions are left alone.
"""
