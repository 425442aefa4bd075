"""The factors, one module each: what of the lab host may change a cost, and is set, read back and printed."""
