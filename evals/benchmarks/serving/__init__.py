"""Figures of a running service: `python -m evals.benchmarks.serving.load` has many people ask it, for long or short.

It is a program of its own and no `newsdesk benchmark`: it starts the service, a model and indexers as processes.
"""
