"""The loads that there are, their sizes, run in the guests."""
