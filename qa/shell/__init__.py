"""Answers as the shell prints them, and the conversation of `newsdesk chat`."""
