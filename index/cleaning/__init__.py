"""From a page to an article: its metadata, and which lines are page furniture."""
