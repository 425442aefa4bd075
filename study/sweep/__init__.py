"""Sweeps: studies that differ in stated parameters, planned from a file and run cell by cell."""
