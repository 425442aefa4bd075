"""Calibration: known loads are applied and read back by the kit's own meters; docs/calibration.md says the rules."""
