"""Calibration: apply known loads and read them back with the kit's own meters (docs/reference/calibration.md)."""
