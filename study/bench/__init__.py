"""hvlab's own durations as one table, each against its floor, and their history."""
