"""The meters: one module each, found by study.meters.registry."""
