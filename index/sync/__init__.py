"""A folder brought into a new snapshot, once or as it changes."""
