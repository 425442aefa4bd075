"""Runs on several machines, or several at once on this one, with Dask."""
