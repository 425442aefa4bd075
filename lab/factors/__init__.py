"""The factors as the lab uses them: found, given values, set on a lab host."""
