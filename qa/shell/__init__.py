"""Answers as the shell prints them, the conversation of `newsdesk chat`, and the commands of `newsdesk eval`."""
