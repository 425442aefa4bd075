"""Looks whether a machine can do what a study asks of it; changes nothing."""
