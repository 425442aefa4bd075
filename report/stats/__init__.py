"""Intervals and tolerances."""
