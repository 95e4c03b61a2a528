"""Statements and attacks on outside texts: support, injection."""
