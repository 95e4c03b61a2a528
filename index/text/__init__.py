"""What the rooms above ask of a text; nothing here knows an article or a question."""
