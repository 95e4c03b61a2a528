"""Benchmarks: figures to read, never tests; ratios are taken side by side in one run."""
