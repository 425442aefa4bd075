"""Datasets as the report reads them: readings, gaps, sources, outliers."""
