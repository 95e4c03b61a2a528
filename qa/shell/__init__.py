"""Answers as the shell prints them, and the longer commands, which `qa/cli.py` registers."""
