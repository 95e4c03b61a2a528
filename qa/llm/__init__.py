"""Calls to a model, and what to do when they fail."""
