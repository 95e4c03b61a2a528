"""The passages for a question: found, ranked, narrowed, varied."""
