"""The hypervisors, one folder each: all that hvlab knows of it."""
