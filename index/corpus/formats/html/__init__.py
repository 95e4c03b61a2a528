"""Saved web pages: the article, with what the page declares of itself."""
