"""Draft answers: turn the hits of a question into statements that point at evidence sentences by their numbers.

A Writer takes an Assignment and yields its outputs; it gives out no markers and no verdicts.
"""
