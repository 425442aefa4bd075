"""Bundles: the cache's content for the present recipes in one archive, for another machine or another year."""
