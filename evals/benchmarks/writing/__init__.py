"""Benchmarks of what a model is shown before it writes."""
