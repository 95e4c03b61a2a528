"""Which sentence of the passages found answers a question, and how sure that is."""
