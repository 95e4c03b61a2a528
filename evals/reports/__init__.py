"""Say what a run came to: `report` makes the report of a run, the other modules write it."""
