"""Texts as vectors: the bundled encoder, and models of providers."""
