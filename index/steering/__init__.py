"""Text in an article that talks to a model: found and reported."""
